"""What the figures of the comparisons draw."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

from curves import make_curves
from matplotlib import pyplot as plt

from aconv.companion.pages import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_loss_has_a_line_at_the_minimum_of_each_panel():
    curves = pd.DataFrame(
        {
            "update": [0, 1] * 4,
            "loss": [1.0, 0.5, 0.8, 0.4, 1.0, 0.2, 0.8, 0.1],
            "kind": ["ordinary"] * 4 + ["adaptive"] * 4,
            "seed": [1, 1, 2, 2] * 2,
            "panel": "with",
        }
    )
    both = pd.concat([curves, curves.assign(panel="without")])
    fig = figures.loss_curves(both, {"with": 0.3, "without": 0.05})
    for ax, minimum in zip(fig.axes, (0.3, 0.05), strict=True):
        levels = [line for line in ax.lines if len(set(line.get_ydata())) == 1]
        assert [line.get_ydata()[0] for line in levels] == [minimum]
        (mean,) = [line for line in ax.lines if line.get_label() == "ordinary"]
        np.testing.assert_allclose(mean.get_ydata(), [0.9, 0.45])


def test_curves_have_a_panel_a_size_with_the_mean_of_each_kind():
    curves = make_curves(sizes=(3, 7), datasets=("MNIST", "CIFAR-10"))
    fig = figures.accuracy_curves(curves)
    assert len(fig.axes) == 4
    panel = fig.axes[1]  # MNIST, 7x7
    assert panel.get_title() == "7×7"
    for line in panel.lines:
        rows = curves.query(
            "dataset == 'MNIST' and kernel_size == 7 and kind == @line.get_label()"
        )
        mean = 100 * rows.groupby("epoch").val_accuracy.mean()
        np.testing.assert_allclose(line.get_ydata(), mean)
        np.testing.assert_allclose(line.get_xdata(), [1, 2, 3, 4])
        assert line.get_color() == figures.PALETTE[line.get_label()]
        assert line.get_linestyle() == figures.LINE_STYLES[line.get_label()]
    assert len(panel.collections) == 2
    assert fig.get_size_inches()[0] == figures.WIDTH


def test_panels_of_curves_name_their_profile_where_it_is_not_the_same_in_all():
    curves = make_curves(sizes=(3, 7))
    assert all(
        not ax.get_title(loc="right") for ax in figures.accuracy_curves(curves).axes
    )
    curves.loc[curves["kernel_size"] == 7, "profile"] = "full"
    small, large = figures.accuracy_curves(curves).axes
    assert small.get_title(loc="right") == "short"
    assert large.get_title(loc="right") == "full"


@pytest.mark.parametrize("order", [("adaptive", "ordinary"), ("ordinary", "adaptive")])
def test_legend_names_the_kinds_in_one_order(order):
    curves = make_curves().set_index("kind").loc[list(order)].reset_index()
    (legend,) = figures.accuracy_curves(curves).legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["ordinary", "adaptive"]


def test_curves_say_where_a_size_has_no_runs():
    curves = make_curves(sizes=(3, 7), datasets=("MNIST", "CIFAR-10"))
    curves = curves[(curves.dataset == "MNIST") | (curves.kernel_size == 3)]
    empty = figures.accuracy_curves(curves).axes[3]
    assert not empty.lines
    assert [text.get_text() for text in empty.texts] == ["no runs"]


def test_scale_of_curves_leaves_out_the_first_epochs_only():
    curves = make_curves(epochs=6)
    curves.loc[curves.epoch == 0, "val_accuracy"] = 0.1
    low, high = figures.accuracy_curves(curves).axes[0].get_ylim()
    late = 100 * curves[curves.epoch >= 2].val_accuracy
    assert 10 < low < late.groupby(curves.epoch).mean().min()
    assert high > late.groupby(curves.epoch).mean().max()


def test_curves_of_one_epoch_are_dots_inside_the_scale():
    curves = make_curves(epochs=1)
    panel = figures.accuracy_curves(curves).axes[0]
    low, high = panel.get_ylim()
    for line in panel.lines:
        assert line.get_marker() == "o"
        assert low < line.get_ydata()[0] < high


def test_differences_have_a_panel_a_data_set_and_a_dot_a_size():
    table = pd.DataFrame(
        {
            "dataset": ["MNIST", "MNIST", "CIFAR-10"],
            "kernel_size": [3, 7, 3],
            "profile": "short",
            "difference": [0.1, 0.4, -1.0],
            "low": [-0.1, 0.2, -1.5],
            "high": [0.3, 0.6, -0.5],
        }
    )
    fig = figures.differences(table)
    first, second = fig.axes
    assert not fig.legends
    assert (first.get_title(), second.get_title()) == ("MNIST", "CIFAR-10")
    assert first.lines[0].get_ydata().tolist() == [0.1, 0.4]
    assert [text.get_text() for text in first.get_xticklabels()] == ["3", "7"]
    assert len(figures.differences(table[:0]).axes) == 1


def test_differences_are_filled_dots_at_full_length_alone():
    table = pd.DataFrame(
        {
            "dataset": "MNIST",
            "kernel_size": [3, 7, 9],
            "profile": ["short", "full", "short"],
            "difference": [0.1, 0.4, -1.0],
            "low": [-0.1, 0.2, -1.5],
            "high": [0.3, 0.6, -0.5],
        }
    )
    fig = figures.differences(table)
    (panel,) = fig.axes
    (legend,) = fig.legends
    dots = {bars.get_label(): bars.lines[0] for bars in panel.containers}
    assert [text.get_text() for text in legend.get_texts()] == list(dots)
    full, hollow = dots["profile full"], dots["profile short"]
    assert (full.get_xdata().tolist(), full.get_ydata().tolist()) == ([1], [0.4])
    assert hollow.get_xdata().tolist() == [0, 2]
    assert full.get_markerfacecolor() == figures.PALETTE["adaptive"]
    assert hollow.get_markerfacecolor() == "white"


@pytest.fixture
def changes():
    filters = range(4)
    return pd.DataFrame(
        [
            (size, layer, first, first + 0.1, 2.0 + number, 2.5 + number)
            for size in (3, 5)
            for layer in ("conv_1", "conv_2")
            for number in filters
            for first in [0.35 + 0.05 * number]
        ],
        columns=[
            "kernel_size", "layer", "first", "last", "first_size", "last_size",
        ],
    )  # fmt: skip


def test_aperture_changes_are_dots_and_paths_are_lines(changes):
    paths = pd.DataFrame(
        [
            (size, number, epochs, 0.3 + 0.01 * epochs)
            for size in (3, 5)
            for number in range(4)
            for epochs in (0, 2)
        ],
        columns=["kernel_size", "filter", "epochs", "aperture"],
    )
    fig = figures.aperture_changes(changes, paths)
    above, _, below, _ = fig.axes
    dots = above.lines[1]
    np.testing.assert_allclose(dots.get_ydata() - dots.get_xdata(), 0.1)
    assert len(below.lines) == 4 + 1  # the filters and the bound
    assert below.lines[-1].get_ydata()[0] == pytest.approx(1 / 3)
    assert [text.get_text() for text in fig.legends[0].get_texts()] == [
        "conv 1",
        "conv 2",
    ]


def test_effective_sizes_have_two_boxes_a_layer(changes):
    ax = figures.effective_sizes(changes).axes[0]
    assert len(ax.patches) == 2 * 2
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2"]
    medians = [line.get_ydata()[0] for line in ax.lines[4:20:5]]
    np.testing.assert_allclose(medians, [3.5, 3.5, 4.0, 4.0])


def test_kernel_sheet_centres_each_kernel_on_zero():
    kernels = np.random.default_rng(0).normal(size=(5, 5, 10))
    fig = figures.kernel_sheet(kernels, np.linspace(0.1, 0.5, 10), columns=4)
    drawn = [ax for ax in fig.axes if ax.images]
    assert len(drawn) == 10
    for ax, kernel in zip(drawn, np.moveaxis(kernels, -1, 0), strict=True):
        np.testing.assert_allclose(ax.images[0].get_array(), kernel)
        low, high = ax.images[0].get_clim()
        assert high == -low == np.abs(kernel).max()
    assert drawn[0].get_title() == r"$\sigma$ = 0.10"
