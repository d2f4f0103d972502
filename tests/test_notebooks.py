"""Every notebook runs by papermill from anywhere, refuses bad values, is kept clean."""

import time
from pathlib import Path

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

# Small parameters for a quick run of each notebook, and values that it must refuse.
SMALL = {
    "adaptive_kernel": {"kernel_size": 5},
    "data_sets": {"seed": 1},
    "filter_learning": {"seeds": 2, "updates": 20, "size": 20},
    "unet": {"seeds": 1, "epochs": 1},
    "variance_theorem": {"channels": 4, "filters": 8, "steps": 5, "repeats": 10},
}
BAD = {
    "adaptive_kernel": [
        ("kernel_size", 8),
        ("small_aperture", -1),
        ("large_aperture", "wide"),
        ("seed", 0.5),
    ],
    "data_sets": [("shown", "embedded"), ("seed", -1)],
    "filter_learning": [
        ("image", "no/such/picture.png"),
        ("size", 4),
        ("seeds", 1),
        ("updates", "many"),
        ("confidence", 95),
    ],
    "unet": [
        ("profile", "fast"),
        ("dataset", "oxford_pets"),
        ("seeds", 6),
        ("epochs", 0),
    ],
    "variance_theorem": [
        ("kernel_size", 0),
        ("filters", 1),
        ("largest_aperture", -2.5),
        ("repeats", 2.5),
    ],
}


def run(name, parameters, folder, monkeypatch):
    # From a folder that is not the repository, as a user would.
    monkeypatch.chdir(folder)
    output = folder / f"{name}.ipynb"
    papermill.execute_notebook(
        NOTEBOOKS / f"{name}.ipynb",
        output,
        parameters=parameters,
        kernel_name="python3",
        progress_bar=False,
    )
    return nbformat.read(output, as_version=4)


def test_every_notebook_has_small_parameters_and_bad_values():
    names = {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
    assert names == set(SMALL) == set(BAD)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_notebook_runs_with_small_parameters(name, tmp_path, monkeypatch):
    notebook = run(name, SMALL[name], tmp_path, monkeypatch)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    figures = [o for o in outputs if "image/png" in o.get("data", {})]
    captions = [c for c in notebook.cells if "figure" in c.metadata.get("mystnb", {})]
    assert len(figures) >= len(captions) > 0


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [(name, *pair) for name, pairs in BAD.items() for pair in pairs],
)
def test_bad_value_is_refused_before_any_work(
    name, parameter, value, tmp_path, monkeypatch
):
    start = time.monotonic()
    with pytest.raises(PapermillExecutionError) as refusal:
        run(name, {parameter: value}, tmp_path, monkeypatch)
    assert refusal.value.ename == "ValueError"
    assert f"`{parameter}` must be" in refusal.value.evalue
    assert repr(value) in refusal.value.evalue
    # Nothing was imported, let alone trained: the check is the first cell that runs.
    assert refusal.value.exec_count == 3  # parameters, injected values, check
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    "path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda p: p.stem
)
def test_notebook_is_kept_without_outputs_and_with_parameters(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert "parameters" in code[0].metadata.tags
