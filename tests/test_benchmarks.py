"""The benchmarks run and print a line per kernel size."""

import dataclasses
import runpy
import sys
from pathlib import Path

import keras
import pandas as pd
import pytest

from aconv.companion.experiments import choosing_size, methods, peer_accuracy, peers
from aconv.companion.experiments.results import read_result, write_result

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
@pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="only JAX compiles a whole epoch"
)
def test_epoch_compares_the_engines(monkeypatch, capsys):
    arguments = "--sizes 3 --images 16 --epochs 2 --batch 8"
    header, columns, row = run("epoch", arguments, monkeypatch, capsys).splitlines()
    assert "jax" in header
    assert "batch 8, 16 images" in header
    assert columns.split() == ["kernel", "fit", "compiled", "ratio"]
    fit, compiled, ratio = map(float, row.split()[1:])
    assert ratio == pytest.approx(compiled / fit, abs=0.02)


def test_peers_are_compared_and_written_where_asked(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    arguments = "--sizes 3 --rounds 2 --batch 2 --side 8 --filters 2"
    arguments += " --layers ordinary DCLS --json result.json"
    header, columns, *rows = run("peers", arguments, monkeypatch, capsys).splitlines()
    assert "batch 2, 2 rounds" in header
    assert columns.split()[:2] == ["layer", "kernel"]
    name, kernel, step, inference, peak, _ = rows[0].split()
    assert (name, kernel) == ("ordinary", "3x3")
    assert min(map(float, (step, inference, peak))) > 0
    reason = peers.missing("DCLS")
    if reason:
        assert rows[-1] == f"DCLS: {reason}"
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]
    values = read_result(tmp_path / "result.json").values
    assert values["settings"]["filters"] == 2
    assert set(values["times"]["phase"]) == {"training", "inference"}


def test_accuracies_of_peers_are_added_to_their_file(monkeypatch, capsys, tmp_path):
    scale = peer_accuracy.Scale("digits", 60, 30, 3, 2, 1, 32, (0.01,), (31, 48))
    monkeypatch.setattr(peer_accuracy, "REAL", scale)
    file = tmp_path / "result.json"
    arguments = f"--layers ordinary GMConv --accuracy {file}"
    first = run("peers", f"{arguments} --at-most 3", monkeypatch, capsys).splitlines()
    assert [line.split(",")[0] for line in first] == ["ordinary", "GMConv", "ordinary"]
    assert len(read_result(file).values["runs"]) == 3
    then = run("peers", arguments, monkeypatch, capsys).splitlines()
    assert [line.split(",")[0] for line in then] == ["GMConv", "ordinary", "GMConv"]
    assert len(read_result(file).values["runs"]) == 6
    assert run("peers", arguments, monkeypatch, capsys) == ""
    other = dataclasses.replace(scale, epochs=2)
    # One that tries another rate goes on with the runs that are there.
    more = dataclasses.replace(scale, rates=(0.001, *scale.rates))
    monkeypatch.setattr(peer_accuracy, "REAL", more)
    before = read_result(file).values["runs"]
    run("peers", arguments, monkeypatch, capsys)
    after = read_result(file).values
    assert after["settings"]["rates"] == [0.001, 0.01]
    pd.testing.assert_frame_equal(after["runs"][: len(before)], before)
    assert after["runs"]["rate"][len(before) :].iloc[0] == 0.001
    monkeypatch.setattr(peer_accuracy, "REAL", other)
    with pytest.raises(ValueError, match=r"`--accuracy` must be.*Received"):
        run("peers", arguments, monkeypatch, capsys)


def test_methods_are_compared_and_written_for_the_chapter(
    monkeypatch, capsys, tmp_path
):
    backend = keras.backend.backend()
    monkeypatch.setitem(methods.FILES, backend, tmp_path / "result.json")
    arguments = "--sizes 3 --side 6 --batch 2 --channels 2 --seconds 0 --here --write"
    out = run("methods", f"{arguments} --memory-sizes", monkeypatch, capsys)
    header, *rows = out.splitlines()
    assert backend in header
    assert "2 to 2 channels, 6x6, batch 2" in header
    assert [row.split(":")[0] for row in rows] == ["3x3 direct", "3x3 fft"]
    result = read_result(tmp_path / "result.json")
    assert result.values["times"]["kernel_size"].tolist() == [3, 3]
    assert result.values["scale"]["batch"] == 2
    assert result.provenance.backend == backend


def test_choosing_size_adds_the_seeds_that_are_missing(monkeypatch, capsys, tmp_path):
    file = tmp_path / "result.json"
    monkeypatch.setattr(choosing_size, "FILE", file)

    def runs(scale, on_run):
        (seed,) = scale.seeds
        on_run(f"run of {seed}")
        return pd.DataFrame({"seed": [seed], "accuracy": [0.5]})

    for name in ("learned_sizes", "from_trained"):
        monkeypatch.setattr(choosing_size, name, runs)
    out = run("choosing_size", "--quick --at-most 1", monkeypatch, capsys)
    assert "run of 31" in out
    assert not file.exists()
    for seeds, new in (([31], True), ([31, 48], True), ([31, 48], False)):
        out = run("choosing_size", "--quick --at-most 1 --write", monkeypatch, capsys)
        assert ("run of" in out) == new
        result = read_result(file)
        assert result.values["scale"]["seeds"] == seeds
        for table in ("learned", "from_trained"):
            assert result.values[table]["seed"].tolist() == seeds
    assert len(result.provenance.earlier) == 1
    # As from before a field was taken out.
    values = result.values | {"scale": result.values["scale"] | {"rate": 1}}
    write_result(file, values, result.provenance)
    with pytest.raises(ValueError, match="The file must be of the scale"):
        run("choosing_size", "--quick --write", monkeypatch, capsys)
    write_result(file, result.values, result.provenance)
    other = dataclasses.replace(choosing_size.QUICK, epochs=2)
    monkeypatch.setattr(choosing_size, "QUICK", other)
    with pytest.raises(ValueError, match="The file must be of the scale"):
        run("choosing_size", "--quick --write", monkeypatch, capsys)
