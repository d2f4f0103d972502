"""The benchmarks run and print a line per kernel size."""

import runpy
import sys
from pathlib import Path

import attrs
import keras
import pandas as pd
import pytest

from aconv.companion.chapters.choosing_size import compute as choosing_size
from aconv.companion.chapters.timing import methods
from aconv.companion.runs.results_cache import load_result, save_result
from aconv.companion.training.backends import missing

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(name, arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, *arguments.split()])
    runpy.run_path(str(BENCHMARKS / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


def test_training_step_compares_the_kinds_in_both_phases(monkeypatch, capsys):
    out = run("training_step", "--sizes 3 --steps 4 --batch 4", monkeypatch, capsys)
    assert "batch 4, 4 pairs of steps" in out
    for phase in ("training", "inference"):
        assert f"\n{phase}, milliseconds and ratio\n" in out
    assert sum(line.lstrip().startswith("3x3") for line in out.splitlines()) == 2


@pytest.mark.slow
@pytest.mark.backend
def test_engines_are_compared_where_a_backend_has_two(monkeypatch, capsys):
    arguments = "--sizes 3 --images 16 --epochs 2 --batch 8"
    backend = keras.backend.backend()
    other = {"jax": "compiled", "torch": "recorded"}.get(backend)
    if other is None:
        with pytest.raises(SystemExit):
            run("engines", arguments, monkeypatch, capsys)
        assert "must be jax or torch. Received: " in capsys.readouterr().err
        return
    header, columns, row = run("engines", arguments, monkeypatch, capsys).splitlines()
    assert backend in header and "batch 8, 16 images" in header
    assert columns.split() == ["kernel", "fit", other, "ratio"]
    fit, without, ratio = map(float, row.split()[1:])
    assert ratio == pytest.approx(without / fit, abs=0.02)


def test_peers_are_compared_and_written_where_asked(monkeypatch, capsys, results):
    arguments = "--sizes 3 --rounds 2 --batch 2 --side 8"
    arguments += " --layers ordinary DCLS --write"
    header, columns, *rows = run("peers", arguments, monkeypatch, capsys).splitlines()
    assert "batch 2, 2 rounds" in header
    assert columns.split()[:2] == ["layer", "kernel"]
    name, kernel, step, inference, peak, _ = rows[0].split()
    assert (name, kernel) == ("ordinary", "3x3")
    assert min(map(float, (step, inference, peak))) > 0
    reason = missing("DCLS")
    if reason:
        assert rows[-1] == f"DCLS: {reason}"
    assert [path.name for path in results.iterdir()] == ["peers.json"]
    result = load_result("peers")
    assert result.parameters == {"sizes": [3], "rounds": 2, "batch": 2, "side": 8}
    assert set(result.values["times"]["phase"]) == {"training", "inference"}


def test_methods_are_compared_and_written_for_the_chapter(monkeypatch, capsys, results):
    backend = keras.backend.backend()
    arguments = "--sizes 3 --side 6 --batch 2 --channels 2 --seconds 0 --here --write"
    out = run("methods", f"{arguments} --memory-sizes", monkeypatch, capsys)
    header, *rows = out.splitlines()
    assert backend in header
    assert "2 to 2 channels, 6x6, batch 2" in header
    assert [row.split(":")[0] for row in rows] == ["3x3 direct", "3x3 fft"]
    result = load_result(methods.RESULTS[backend])
    assert result.values["times"]["kernel_size"].tolist() == [3, 3]
    assert result.parameters["batch"] == 2
    assert result.provenance.backend == backend


def test_choosing_size_adds_the_seeds_that_are_missing(monkeypatch, capsys, results):
    def runs(scale, on_run):
        (seed,) = scale.seeds
        on_run(f"run of {seed}")
        return pd.DataFrame({"seed": [seed], "accuracy": [0.5]})

    for name in ("learned_sizes", "from_trained"):
        monkeypatch.setattr(choosing_size, name, runs)
    out = run("choosing_size", "--quick --at-most 1", monkeypatch, capsys)
    assert "run of 31" in out
    assert not list(results.iterdir())
    for seeds, new in (([31], True), ([31, 48], True), ([31, 48], False)):
        out = run("choosing_size", "--quick --at-most 1 --write", monkeypatch, capsys)
        assert ("run of" in out) == new
        result = load_result("choosing_size")
        assert result.parameters["seeds"] == seeds
        for table in ("learned", "from_trained"):
            assert result.values[table]["seed"].tolist() == seeds
    assert len(result.provenance.earlier) == 1
    # As from before a field was taken out.
    save_result("choosing_size", result.values, result.parameters | {"rate": 1})
    with pytest.raises(ValueError, match="The result must be of the scale"):
        run("choosing_size", "--quick --write", monkeypatch, capsys)
    save_result("choosing_size", result.values, result.parameters)
    other = attrs.evolve(choosing_size.QUICK, epochs=2)
    monkeypatch.setattr(choosing_size, "QUICK", other)
    with pytest.raises(ValueError, match="The result must be of the scale"):
        run("choosing_size", "--quick --write", monkeypatch, capsys)
