"""Steps by both methods: what is measured, and what the chapter on time says of it."""

import sys
import types

import attrs
import keras
import numpy as np
import pandas as pd
import pytest

from aconv.companion.chapters.timing import methods
from aconv.companion.chapters.timing import show_methods as page
from aconv.companion.pages import figures

SMALL = methods.Scale(kernel_sizes=(3, 5), side=6, channels=2, batch=2, seconds=0)


def test_each_size_has_a_row_for_each_method():
    lines = []
    rows = methods.measure(SMALL, on_case=lines.append)
    cases = list(zip(rows["kernel_size"], rows["method"], strict=True))
    assert cases == [(3, "direct"), (3, "fft"), (5, "direct"), (5, "fft")]
    assert [line.split(":")[0] for line in lines] == [f"{n}x{n} {m}" for n, m in cases]
    # No time is left for more than the least number of rounds.
    assert rows["rounds"].tolist() == [3] * 4
    assert (rows[["adaptive", "ordinary"]] > 0).all(axis=None)
    assert (rows["low"] <= rows["median"]).all()
    assert (rows["median"] <= rows["high"]).all()


@pytest.mark.parametrize("method", methods.METHODS)
@pytest.mark.parametrize("kind", methods.KINDS)
def test_a_step_is_forward_and_backward_of_the_layer(kind, method, monkeypatch):
    asked = {}

    def compile_gradients(loss, variables):
        asked.update(loss=loss(), variables=variables)
        return lambda: [np.zeros(1)]

    monkeypatch.setattr(methods, "compile_gradients", compile_gradients)
    methods._step(kind, method, 5, SMALL)()
    assert asked["loss"].shape == ()
    names = {"bias", "kernel", *(["aperture"] if kind == "adaptive" else [])}
    *weights, images = asked["variables"]
    # The smallest first: it is copied.
    assert weights[0].name == "bias"
    assert {weight.name for weight in weights} == names
    assert images.shape == (2, 6, 6, 2)
    made = methods._LAYERS[kind, method]
    assert issubclass(made, keras.layers.Conv2D)
    assert made.__name__.startswith("Adaptive") == (kind == "adaptive")


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are set back on Linux")
def test_more_images_take_more_memory():
    scale = attrs.evolve(SMALL, side=64, channels=16)
    few, many = (
        methods.step_memory("fft", 3, attrs.evolve(scale, batch=batch))
        for batch in (1, 256)
    )
    # The inputs' gradient alone is 64 MiB; some of it may lie where others were freed.
    assert many - few > 32


SCALE = {"channels": 32, "side": 16, "batch": 4}


def result(direct, fft, *, ratio=1.0):
    """A result whose steps take so many milliseconds at 3×3, 5×5 and 7×7."""
    rows = [
        {"kernel_size": size, "method": method, "adaptive": ratio * ms, "ordinary": ms}
        for size, *of_size in zip((3, 5, 7), direct, fft, strict=True)
        for method, ms in zip(("direct", "fft"), of_size, strict=True)
    ]
    times = pd.DataFrame(rows).assign(median=ratio)
    memory = times[["kernel_size", "method"]].assign(mebibytes=[1, 20, 2, 30, 3, 40])
    return types.SimpleNamespace(
        values={"times": times, "memory": memory},
        parameters=SCALE,
        provenance=types.SimpleNamespace(started="2026-11-29T12:00", device="cpu: X"),
    )


RESULTS = {
    "tensorflow": result([1, 9, 9], [2, 8, 8], ratio=1.034),
    "jax": result([9, 1, 9], [5, 5, 5], ratio=1.2),
    "torch": result([1, 2, 3], [5, 5, 5]),
}


def test_text_says_where_transforms_are_faster_and_counts_ratios_as_shown():
    facts = page.facts(RESULTS)
    # On JAX transforms are faster at 3×3, too, but not at 5×5.
    assert facts["faster"] == (
        "from 5×5 on with TensorFlow, from 7×7 on with JAX and at no size with PyTorch"
    )
    assert (facts["within"], facts["cases"]) == (12, 18)
    assert (facts["least"], facts["most"]) == (1.0, pytest.approx(1.2))
    assert facts["memory"] == "20 to 40"
    assert facts["smaller"] == "at 7×7 less than directly on no backend"
    assert facts["source"] == "one processor of cpu: X, 2026-11-29"


def test_table_and_figure_have_each_backend_and_method():
    times = page.joined(RESULTS, "times")
    table = page.by_method(times, "ordinary", ".0f", "").data
    backends = ("TensorFlow", "JAX", "PyTorch")
    columns = [f"{name}, {method}" for name in backends for method in ("direct", "fft")]
    assert table.columns.tolist() == ["size", *columns]
    assert table["JAX, direct"].tolist() == ["9", "1", "9"]
    assert table["TensorFlow, fft"].tolist() == ["2", "8", "8"]
    fig = figures.method_times(times)
    assert [ax.get_title() for ax in fig.axes] == ["TensorFlow", "JAX", "PyTorch"]
    # Both kinds by both methods.
    assert [len(ax.lines) for ax in fig.axes] == [4] * 3


def test_memory_is_compared_at_the_largest_kernel():
    table = page.joined(RESULTS, "memory").astype({"mebibytes": float})
    large = (table["kernel_size"] == 7) & (table["method"] == "fft")
    table.loc[large & (table["backend"] != "JAX"), "mebibytes"] = 0.5
    words = page._smaller(table)
    assert words == "at 7×7 less than directly on TensorFlow and PyTorch"
