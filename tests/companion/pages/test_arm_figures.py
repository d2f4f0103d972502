"""Figures that compare the arms of a study show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from aconv.companion.pages import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_curves_are_means_in_a_band_of_all_seeds():
    arms = [("ordinary", 3), ("ordinary", 7), ("adaptive", 7)]
    curves = pd.DataFrame(
        [
            {
                "kind": kind,
                "kernel_size": size,
                "seed": seed,
                "epoch": epoch,
                "loss": size + seed + epoch,
                "val_accuracy": 0.1 * seed,
            }
            for kind, size in arms
            for seed in (1, 2, 6)
            for epoch in range(4)
        ]
    )
    panels = {"loss": "training loss", "val_accuracy": "validation accuracy"}
    fig = figures.arm_curves(curves, panels)
    left, right = fig.axes
    assert [left.get_ylabel(), right.get_ylabel()] == list(panels.values())
    lines = {line.get_label(): line for line in left.lines}
    assert set(lines) == {"ordinary 3×3", "ordinary 7×7", "adaptive 7×7"}
    np.testing.assert_allclose(lines["ordinary 3×3"].get_xdata(), [1, 2, 3, 4])
    np.testing.assert_allclose(lines["ordinary 3×3"].get_ydata(), [6, 7, 8, 9])
    band = left.collections[0].get_paths()[0].get_extents()
    assert band.height == 5 + 3  # between the seeds, and over the epochs
    looks = {(line.get_color(), line.get_linestyle()) for line in left.lines}
    assert len(looks) == 3
    assert lines["adaptive 7×7"].get_linestyle() == "-"


def test_segmentations_show_maps_and_their_errors(rng):
    truth = rng.integers(0, 3, (2, 8, 8))
    wrong = truth.copy()
    wrong[0, :2] = (wrong[0, :2] + 1) % 3  # 16 of 64 pixels
    images = rng.integers(0, 256, (2, 8, 8, 3)).astype("uint8")
    near = np.zeros(truth.shape, bool)
    fig = figures.segmentations(images, truth, {"a": truth, "b": wrong}, near)
    panels = np.reshape(fig.axes, (4, 4))
    assert [ax.get_title() for ax in panels[0]] == ["input", "truth", "a", "b"]
    np.testing.assert_array_equal(panels[0, 3].images[0].get_array(), wrong[0])
    np.testing.assert_array_equal(panels[2, 0].images[0].get_array(), images[1])
    errors = panels[1, 3].images[0].get_array()
    np.testing.assert_array_equal(errors == 1, wrong[0] != truth[0])
    shares = [ax.get_xlabel() for ax in panels[1, 2:]]
    assert shares == ["100.0 % right", "75.0 % right"]


def test_aperture_shift_has_a_dot_a_filter_and_all_sizes(rng):
    first, last = rng.uniform(0.1, 0.5, (2, 3, 4))
    sizes = {"before": 10 * first, "after": 10 * last}
    fig = figures.aperture_shift(first, last, sizes, low=1 / 7)
    left, right = fig.axes
    dots = left.lines[-1]
    np.testing.assert_array_equal(dots.get_xdata(), first.ravel())
    np.testing.assert_array_equal(dots.get_ydata(), last.ravel())
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    assert legend == ["before", "after"]
