"""Every notebook runs by papermill from anywhere, refuses bad values, is kept clean."""

import ast
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from aconv.companion import datasets, runs
from aconv.companion.runs import execution
from aconv.companion.stats import Verdict

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

# Small parameters for a short run of each notebook, and values that it must refuse.
SMALL = {
    "adaptive_kernel": {"kernel_size": 5},
    "audit": {"simulations": 200},
    "claims": {"verdicts": ["misprint"]},
    "choosing_size": {"kernel_sizes": [3], "strengths": [0.5], "seeds": 1, "epochs": 1},
    "data_sets": {"seed": 1},
    "filter_learning": {"seeds": 2, "updates": 20},
    "resnet": {"kernel_sizes": [3], "epochs": 1},
    "results": {"confidence": 0.9},
    "simple_network": {"kernel_sizes": [3], "epochs": 1},
    "timing": {
        "kernel_sizes": [3],
        "batch": 4,
        "rounds": 4,
        "image_sides": [8, 16],
        "filter_numbers": [2, 4],
    },
    "unet": {"seeds": 1, "epochs": 1},
    "heatmaps": {"dataset": "face_patches", "seeds": 1, "epochs": 1, "examples": 8},
    "variance_theorem": {"channels": 4, "filters": 8, "steps": 5, "repeats": 10},
}
# Values that are refused beside those of another type, which every parameter refuses.
# What the checks themselves refuse is in companion/pages/test_checks.py.
BAD = {
    "adaptive_kernel": {"kernel_size": 8, "small_aperture": 0.35},  # as the large one
    "choosing_size": {"kernel_sizes": [3, 4], "strengths": [], "tolerance": 1.0},
    "claims": {"verdicts": ["wrong"]},
    "filter_learning": {"size": 15},
    "resnet": {"kernel_sizes": [9], "version": "code-2019"},
    "simple_network": {"datasets": ["mnist"], "epochs": 0},  # not of the profile "demo"
    "timing": {"kernel_sizes": [11], "image_sides": [16]},  # no printed time, too few
    "unet": {"version": "code-2020-06", "dataset": "oxford_pets", "epochs": 0},
    # Whose rescaled outputs no rule decomposes.
    "heatmaps": {"version": "code-2020-09", "dataset": "mnist", "examples": 401},
    "variance_theorem": {"kernel_size": 0, "filters": 1, "largest_aperture": 1.0},
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


def test_every_notebook_has_small_parameters():
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(SMALL)


# The book of the same run has run them all with their own parameters.
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SMALL))
def test_notebook_runs_with_small_parameters(name, tmp_path, monkeypatch):
    notebook = run(name, SMALL[name], tmp_path, monkeypatch)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    pictures = {"image/png", "image/svg+xml"}
    figures = [o for o in outputs if pictures & set(o.get("data", {}))]
    captions = [c for c in notebook.cells if "figure" in c.metadata.get("mystnb", {})]
    assert len(figures) >= len(captions) > 0


def test_heatmaps_are_of_images_that_no_network_was_trained_on(monkeypatch):
    cells = nbformat.read(NOTEBOOKS / "heatmaps.ipynb", as_version=4).cells
    names: dict[str, object] = {}
    for cell in cells[1:4]:
        exec(re.sub(r"(?m)^%.*$", "", cell.source), names)
    names |= {"seeds": 2, "glue_all": lambda *facts: None}
    used = []

    def train(spec, data):
        used.append((spec, data))
        return None, SimpleNamespace(last=0.5)

    monkeypatch.setattr(execution, "train_network", train)
    (training,) = [
        cell.source for cell in cells if "execution.train_network" in cell.source
    ]
    exec(training, names)
    assert {spec.seed for spec, _ in used} == set(runs.SEEDS[:2])
    # Each seed would draw a split of its own.
    assert datasets.info(names["dataset"]).resplit_per_seed
    assert {id(data) for _, data in used} == {id(names["data"])}
    assert len(names["inputs"]) == len(names["data"].x_test)


needs_mnist = pytest.mark.skipif(
    not os.environ.get("ACONV_DATA_DIR") or not datasets.is_cached("mnist"),
    reason="ACONV_DATA_DIR does not name a folder with the files of mnist",
)


@needs_mnist
@pytest.mark.parametrize("study", ["simple", "resnet"])
def test_classification_runs_on_real_data_and_is_recorded(study, tmp_path, monkeypatch):
    name = {"simple": "simple_network"}.get(study, study)
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path / "records"))
    parameters = {
        "profile": "short",
        "version": "code-2020-06",
        "datasets": ["mnist"],
        "kernel_sizes": [3],
        "seeds": 2,
        "epochs": 1,
    }
    notebook = run(name, parameters, tmp_path, monkeypatch)
    records = runs.RunStore(tmp_path / "records").records()
    assert len(records) == 4  # two seeds of either kind
    assert {record.spec.dataset for record in records} == {"mnist"}
    assert {record.spec.version for record in records} == {"code-2020-06"}
    assert all(record.status == "done" for record in records)
    # Runs of other lengths than the profile's are shown, but count as none of its own.
    html = "".join(
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    )
    assert "version code-2020-06, short: MNIST (2 seeds)" in html


@pytest.mark.slow
def test_filters_are_learned_from_another_image_than_the_digit(tmp_path, monkeypatch):
    parameters = SMALL["filter_learning"] | {"image": "camera", "size": 20}
    notebook = run("filter_learning", parameters, tmp_path, monkeypatch)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    glued = {
        output["metadata"]["scrapbook"]["name"]: text
        for output in outputs
        if "scrapbook" in output.get("metadata", {})
        # What is glued without being shown has a prefix to its type.
        for kind, text in output["data"].items()
        if kind.endswith("text/plain")
    }
    assert "camera man" in glued["source"]
    assert glued["side"] == "20"
    # What the authors recorded is of the digit.
    html = "".join(o.get("data", {}).get("text/html", "") for o in outputs)
    assert "by the authors" not in html


def test_apertures_of_the_variance_check_scatter_as_in_the_authors_check():
    code = [cell.source for cell in code_of("variance_theorem")[:5]]
    parameters, check, imports, _, figure = code
    names: dict[str, object] = {}
    for source in (parameters, check, imports):
        exec(re.sub(r"(?m)^%.*$", "", source), names)
    names |= {"steps": 6, "filters": 50, "channels": 2}
    used = []
    envelopes = names["envelopes"]

    def watched(apertures, normalize=True):
        used.append(apertures)
        return envelopes(apertures, normalize)

    exec(figure, names | {"envelopes": watched})
    # Two distributions, six apertures, normalised and not.
    assert len(used) == 2 * 6 * 2
    np.testing.assert_array_equal(used[0], 1e-3)
    for at, value in enumerate((0.5, 1, 1.5, 2, 2.5), start=1):
        ratio = used[2 * at] / value
        assert 0.99 <= ratio.min() < 0.993 < 1.007 < ratio.max() <= 1.01


def read(name):
    return load_notebook_node(str(NOTEBOOKS / f"{name}.ipynb"))


def code_of(name):
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def parameters_of(name):
    """The parameters of a notebook with their values."""
    values: dict[str, object] = {}
    exec(code_of(name)[0].source, {}, values)
    return values


def check(name, parameter, value):
    """Runs what papermill would, up to the check, but in this process and at once."""
    notebook = parameterize_notebook(read(name), {parameter: value})
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tags = [cell.metadata.tags for cell in code[:3]]
    assert tags[0][0] == "parameters"
    assert tags[1] == ["injected-parameters"]
    assert tags[2] == ["hide-input", "layout"]
    names = {"__name__": "__main__"}
    for cell in code[:3]:
        exec(compile(cell.source, name, "exec"), names)


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        *((n, parameter, "no value") for n in SMALL for parameter in parameters_of(n)),
        *((n, p, v) for n, bad in BAD.items() for p, v in bad.items()),
    ],
)
def test_bad_value_is_refused_at_once(name, parameter, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"`{parameter}` must be") as refusal:
        check(name, parameter, value)
    assert repr(value) in str(refusal.value)


# What names allowed values, and loads no backend.
LIGHT = {
    "aconv.companion.datasets",
    "aconv.companion.pages.checks",
    "aconv.companion.stats.Verdict",
}


@pytest.mark.parametrize("name", sorted(SMALL))
def test_parameters_are_checked_before_anything_else_is_loaded(name):
    # So that a bad value is refused at once, before data are read or a network trained.
    code = code_of(name)
    imported = set()
    for node in ast.walk(ast.parse(f"{code[0].source}\n{code[1].source}")):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            imported |= {start + alias.name for alias in node.names}
    ours = {module for module in imported if module.startswith("aconv")}
    assert ours <= LIGHT
    others = {module.split(".")[0] for module in imported - ours}
    assert others <= sys.stdlib_module_names


def test_every_notebook_with_a_profile_has_a_version():
    found = {}
    for name in SMALL:
        parameters = parameters_of(name)
        if "profile" in parameters:
            found[name] = parameters["profile"], parameters["version"]
    training = ["heatmaps", "resnet", "simple_network", "unet"]
    assert found == dict.fromkeys(training, ("demo", "paper"))


def test_papermill_stops_at_the_check(tmp_path, monkeypatch):
    # One of all, with a kernel: that the others stop so too is known from their cells.
    with pytest.raises(PapermillExecutionError, match="`kernel_size` must") as refusal:
        run("adaptive_kernel", {"kernel_size": 8}, tmp_path, monkeypatch)
    assert refusal.value.ename == "ValueError"
    assert refusal.value.exec_count == 3  # parameters, injected values, check


@pytest.mark.parametrize("name", sorted(SMALL))
def test_figure_says_what_it_shows_and_is_numbered_once(name):
    for cell in read(name).cells:
        mystnb = cell.metadata.get("mystnb", {})
        if "figure" not in mystnb:
            continue
        figure, caption = mystnb["figure"]["name"], mystnb["figure"]["caption"]
        # The book puts its own number before the caption.
        assert not caption.startswith("Fig"), figure
        alternative = mystnb.get("image", {}).get("alt", "")
        assert len(alternative) > 40 and alternative.endswith("."), figure
        assert alternative not in caption, figure
        # Numbers would have to come from data, which metadata cannot.
        assert "{glue" not in alternative, figure


@pytest.mark.parametrize("name", sorted(SMALL))
def test_notebook_is_kept_without_outputs_and_with_little_code(name):
    nbformat.validate(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4))
    code = code_of(name)
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert "parameters" in code[0].metadata.tags
    # No more than a reader follows.
    lines = [line for cell in code for line in cell.source.splitlines()]
    assert sum(bool(line.strip()) for line in lines) <= 250


@pytest.mark.parametrize(
    "path",
    [*sorted(NOTEBOOKS.glob("*.ipynb")), NOTEBOOKS.parent / "book" / "intro.md"],
    ids=lambda p: p.stem,
)
def test_no_verdict_is_typed(path):
    if path.suffix == ".md":
        text = path.read_text(encoding="utf-8")
    else:
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    words = "|".join(verdict.value for verdict in Verdict)
    assert not re.findall(rf"\*\*(?:{words})\b", text)
    assert not re.findall(r"(?:Theorem|Eqs?\.|Figure|Table) [\d.()]+ holds", text)


@pytest.mark.parametrize("name", SMALL)
def test_all_code_is_on_the_page_and_what_is_folded_says_what_it_does(name):
    for cell in code_of(name):
        tags = cell.metadata.get("tags", [])
        assert not {"remove-input", "remove-cell"} & set(tags)
        if "hide-input" in tags:
            shown = cell.metadata["mystnb"]["code_prompt_show"]
            assert shown.startswith(("Code that ", "Parameters of "))
            assert cell.metadata["mystnb"]["code_prompt_hide"] == shown
