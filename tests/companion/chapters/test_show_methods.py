"""What the chapter on time says of both methods, against results that are made up."""

import types

import pandas as pd
import pytest

from aconv.companion.chapters.timing import show_methods as page
from aconv.companion.pages import figures

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
