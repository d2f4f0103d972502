"""The benchmarks run and print a line per kernel size."""

import runpy
import sys
from pathlib import Path

import keras
import pytest

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
