"""What the figures draw."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from curves import make_curves

from aconv.companion.pages import figures
from aconv.companion.pages.figures import theme
from aconv.companion.stats import Verdict


def texts(artists):
    return [artist.get_text().strip() for artist in artists]


def legend_of(fig):
    (legend,) = fig.legends
    return texts(legend.get_texts())


def images_of(fig):
    return [ax.images[0] for ax in fig.axes if ax.images]


def test_loss_has_a_line_at_the_minimum_of_each_panel():
    curves = pd.DataFrame({"update": [0, 1] * 4, "seed": [1, 1, 2, 2] * 2})
    curves["kind"] = ["ordinary"] * 4 + ["adaptive"] * 4
    curves["loss"] = [1.0, 0.5, 0.8, 0.4, 1.0, 0.2, 0.8, 0.1]
    curves["panel"] = "with"
    both = pd.concat([curves, curves.assign(panel="without")])
    fig = figures.loss_curves(both, {"with": 0.3, "without": 0.05})
    for ax, minimum in zip(fig.axes, (0.3, 0.05), strict=True):
        levels = [line for line in ax.lines if len(set(line.get_ydata())) == 1]
        assert [line.get_ydata()[0] for line in levels] == [minimum]
        (mean,) = [line for line in ax.lines if line.get_label() == "ordinary"]
        np.testing.assert_allclose(mean.get_ydata(), [0.9, 0.45])


def test_curves_have_a_panel_a_size_that_has_runs_with_the_mean_of_each_kind():
    curves = make_curves(sizes=(3, 7), datasets=("MNIST", "CIFAR-10"))
    curves = curves[(curves.dataset == "MNIST") | (curves.kernel_size == 3)]
    fig = figures.accuracy_curves(curves)
    titles = [ax.get_title() for ax in fig.axes]
    assert titles == ["MNIST, 3×3", "MNIST, 7×7", "CIFAR-10, 3×3"]
    first, panel, other = fig.axes
    assert first.get_ylim() == panel.get_ylim() != other.get_ylim()
    rows = curves[(curves.dataset == "MNIST") & (curves.kernel_size == 7)]
    means = rows.groupby(["kind", "epoch"]).val_accuracy.mean()
    for line in panel.lines:
        kind = line.get_label()
        np.testing.assert_allclose(line.get_ydata(), 100 * means[kind])
        np.testing.assert_allclose(line.get_xdata(), [1, 2, 3, 4])
        assert line.get_color() == theme.PALETTE[kind]
    assert len(panel.collections) == 2
    # Whatever the order of the rows.
    assert legend_of(fig) == ["ordinary", "adaptive"]


def test_panels_of_curves_name_their_profile_where_it_is_not_the_same_in_all():
    curves = make_curves(sizes=(3, 7))
    for profiles, shown in (("short", ["", ""]), ("full", ["short", "full"])):
        curves.loc[curves["kernel_size"] == 7, "profile"] = profiles
        axes = figures.accuracy_curves(curves).axes
        assert [ax.get_title(loc="right") for ax in axes] == shown


@pytest.mark.parametrize("above", [0.5, 60])
def test_curves_have_the_accuracies_that_the_paper_prints(above):
    curves = make_curves(datasets=("MNIST",))
    low = 100 * curves["val_accuracy"].max()
    high = low + above
    printed = {"dataset": ["MNIST"], "mean_first": [high], "mean_second": [low]}
    panel = figures.accuracy_curves(curves, pd.DataFrame(printed)).axes[0]
    dotted = [line for line in panel.lines if line.get_linestyle() == ":"]
    levels = {line.get_ydata()[0] for line in dotted}
    is_near = above < 1
    assert levels == ({low, high} if is_near else set())
    assert (panel.get_ylim()[1] > high) == is_near
    above_all = [f"paper: {low:.1f}, {high:.1f} %, above"]
    assert texts(panel.texts) == ([] if is_near else above_all)


def test_scale_of_curves_leaves_out_the_first_epochs_only():
    curves = make_curves(epochs=6)
    curves.loc[curves.epoch == 0, "val_accuracy"] = 0.1
    low, high = figures.accuracy_curves(curves).axes[0].get_ylim()
    late = 100 * curves[curves.epoch >= 2].val_accuracy
    means = late.groupby(curves.epoch).mean()
    assert 10 < low < means.min() < means.max() < high


def test_curves_of_one_epoch_are_dots_inside_the_scale():
    panel = figures.accuracy_curves(make_curves(epochs=1)).axes[0]
    low, high = panel.get_ylim()
    for line in panel.lines:
        assert line.get_marker() == "o"
        assert low < line.get_ydata()[0] < high


DIFFERENCES = pd.DataFrame(
    [
        ("MNIST", 3, "short", 0.1, -0.2, 0.3),
        ("MNIST", 7, "short", 0.4, 0.2, 0.6),
        ("CIFAR-10", 3, "short", -1.0, -1.5, -0.5),
    ],
    columns=["dataset", "kernel_size", "profile", "difference", "low", "high"],
)


def test_differences_have_a_panel_a_data_set_and_a_dot_a_size():
    fig = figures.differences(DIFFERENCES)
    first, second = fig.axes
    assert not fig.legends
    assert (first.get_title(), second.get_title()) == ("MNIST", "CIFAR-10")
    assert first.lines[0].get_ydata().tolist() == [0.1, 0.4]
    ends = [line[:, 1] for line in first.containers[0].lines[2][0].get_segments()]
    np.testing.assert_allclose(ends, [[-0.2, 0.3], [0.2, 0.6]])
    assert texts(first.get_xticklabels()) == ["3", "7"]
    assert len(figures.differences(DIFFERENCES[:0]).axes) == 1


def test_differences_have_the_printed_one_at_its_size():
    rows = [("MNIST", 7, 0.05), ("CIFAR-10", 9, 0.9), ("LFW faces", 9, 1.9)]
    columns = ["dataset", "kernel_size", "difference"]
    fig = figures.differences(DIFFERENCES, pd.DataFrame(rows, columns=columns))
    for ax, height, sizes in zip(fig.axes, (0.05, 0.9), ("37", "39"), strict=True):
        (bar,) = ax.patches
        assert bar.get_x() + bar.get_width() / 2 == pytest.approx(1)
        assert bar.get_height() == height
        assert texts(ax.get_xticklabels()) == list(sizes)


def test_differences_are_filled_dots_at_full_length_alone():
    table = DIFFERENCES.assign(
        dataset="MNIST", kernel_size=[3, 7, 9], profile=["short", "full", "short"]
    )
    fig = figures.differences(table)
    (panel,) = fig.axes
    dots = {bars.get_label(): bars.lines[0] for bars in panel.containers}
    assert legend_of(fig) == list(dots)
    full, hollow = dots["profile full"], dots["profile short"]
    assert (full.get_xdata().tolist(), full.get_ydata().tolist()) == ([1], [0.4])
    assert hollow.get_xdata().tolist() == [0, 2]
    assert full.get_markerfacecolor() == theme.PALETTE["adaptive"]
    assert hollow.get_markerfacecolor() == "white"


# Of four filters in each of two layers at two sizes.
CHANGES = pd.DataFrame(
    {
        "kernel_size": size,
        "layer": layer,
        "filter": number,
        "first": 0.35 + 0.05 * number,
        "last": 0.45 + 0.05 * number,
        "first_size": 2.0 + number,
        "last_size": 2.5 + number,
    }
    for size in (3, 5)
    for layer in ("conv_1", "conv_2")
    for number in range(4)
)


def paths_of(changes):
    """The way of each aperture of the first layer."""
    first = changes[changes.layer == changes.layer.iloc[0]]
    ends = [first.assign(epochs=n, aperture=0.3 + 0.01 * n) for n in (0, 2)]
    return pd.concat(ends)


def test_aperture_changes_are_dots_and_paths_are_lines():
    fig = figures.aperture_changes(CHANGES, paths_of(CHANGES))
    above, _, below, _ = fig.axes
    dots = above.lines[1]
    np.testing.assert_allclose(dots.get_ydata() - dots.get_xdata(), 0.1)
    assert len(below.lines) == 4 + 1  # the filters and the bound
    assert below.lines[-1].get_ydata()[0] == pytest.approx(1 / 3)
    assert below.get_title() == "conv 1"
    assert legend_of(fig) == ["conv 1", "conv 2"]


def test_many_layers_have_three_kinds_of_dots_and_none_is_left_out():
    layers = ["stem", "level_1_block_1_conv_1", "level_1_block_1_conv_2", "conv_9"]
    one = CHANGES[(CHANGES.layer == "conv_1") & (CHANGES.kernel_size == 3)]
    changes = pd.concat(one.assign(layer=layer) for layer in layers)
    fig = figures.aperture_changes(changes, paths_of(changes))
    assert legend_of(fig) == ["stem", "layers between", "conv 9"]
    dots = [line for line in fig.axes[0].lines if line.get_linestyle() == "None"]
    assert [len(line.get_xdata()) for line in dots] == [4, 8, 4]
    assert len({line.get_marker() for line in dots}) == 3


def test_effective_sizes_are_those_of_each_layer_by_its_name():
    # The boxes are those of the chapter on classification: see ``test_starts``.
    changes = CHANGES.replace({"layer": {"conv_2": "level_2_block_1_conv_2"}})
    fig = figures.effective_sizes(changes)
    assert [ax.get_title() for ax in fig.axes] == ["3×3", "5×5"]
    labels = texts(fig.axes[0].get_yticklabels())
    assert labels == ["conv 1", "level 2, block 1, conv 2"]


def test_slopes_have_a_panel_a_coefficient_with_each_formula_and_the_circles():
    formulas = {"printed": 0, "halved": 1, "right": 2}
    rows = product(("inside", "outside"), formulas, (0.1, 0.2))
    slopes = pd.DataFrame(rows, columns=["coefficient", "formula", "aperture"])
    slopes["slope"] = slopes["formula"].map(formulas) * slopes["aperture"]
    fig = figures.envelope_slopes(slopes, slopes[slopes.formula == "right"])
    assert [ax.get_title() for ax in fig.axes] == ["inside", "outside"]
    assert legend_of(fig) == ["printed", "halved", "right", "measured"]
    for ax in fig.axes:
        lines = {line.get_label(): line for line in ax.lines}
        np.testing.assert_allclose(lines["halved"].get_ydata(), [0.1, 0.2])
        circles, right = lines["measured"], lines["right"]
        np.testing.assert_array_equal(circles.get_xydata(), right.get_xydata())
        assert circles.get_linestyle() == "None"


def test_mean_variance_is_drawn_again_near_one():
    cell = {"weights": ["uniform"], "aperture": [0.1]}
    kernels = {"kernel": ["W", "U∘W", "U0∘W"], "mvar": [1.01, 0.94, 0.02]}
    measured = pd.DataFrame({name: value * 3 for name, value in cell.items()} | kernels)
    expected = pd.DataFrame(cell | {"low": [0.92], "high": [1.08]})
    whole, near = figures.mean_variance(measured, expected).axes
    assert whole.get_ylim()[0] == 0
    low, high = near.get_ylim()
    assert 0.9 < low < 0.92 < 1.08 < high < 1.1
    for ax in (whole, near):
        values = [line.get_ydata()[0] for line in ax.lines]
        assert sorted(values) == [0.02, 0.94, 1.01]


def test_labels_at_the_right_stand_apart_in_the_order_of_the_lines():
    _, ax = theme.plt.subplots()
    ax.set(xlim=(1, 10), ylim=(1, 100), yscale="log")
    theme.label_right(ax, [(10.0, "b", "k"), (9.9, "a", "k"), (50.0, "c", "k")])
    heights = {text.get_text(): text.xy[1] for text in ax.texts}
    assert list(heights) == ["a", "b", "c"]
    assert heights["b"] - heights["a"] > 0.06
    assert heights["c"] == pytest.approx(np.log10(50) / 2)


def test_kernel_sheet_centres_each_kernel_on_zero(rng):
    kernels = rng.normal(size=(5, 5, 10))
    fig = figures.kernel_sheet(kernels, np.linspace(0.1, 0.5, 10))
    drawn = images_of(fig)
    for image, kernel in zip(drawn, np.moveaxis(kernels, -1, 0), strict=True):
        np.testing.assert_allclose(image.get_array(), kernel)
        low, high = image.get_clim()
        assert high == -low == np.abs(kernel).max()
    assert drawn[0].axes.get_title() == r"$\sigma$ = 0.10"


def test_apertures_have_their_labels_beside_their_ends():
    paths = np.linspace([0.2, 0.4, 0.3], [0.1, 0.5, 0.11], 5)
    (ax,) = figures.aperture_paths(paths, ["a", "b", "c"], low=0.1).axes
    drawn = [line for line in ax.lines if len(line.get_xdata()) == 5]
    for line, path in zip(drawn, paths.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), path)
    colors = {text.get_text(): text.get_color() for text in ax.texts}
    assert [colors[name] for name in "abc"] == [line.get_color() for line in drawn]


PANELS = {"loss": "training loss", "val_accuracy": "validation accuracy"}


def arm_curves(printed=None):
    """Curves of three networks; a seed adds the same to all of them."""
    arms = [("ordinary", 3), ("ordinary", 7), ("adaptive", 7)]
    names = ["kind", "kernel_size", "seed", "epoch", "loss", "val_accuracy"]
    rows = [
        (kind, size, seed, epoch, size + seed + epoch, 0.1 * seed + 0.01 * size)
        for (kind, size), seed, epoch in product(arms, (1, 2, 6), range(4))
    ]
    return figures.arm_curves(pd.DataFrame(rows, columns=names), PANELS, printed)


def test_curves_are_means_in_a_band_of_all_seeds_above_their_differences():
    fig = arm_curves()
    left, right = fig.axes[:2]
    assert [left.get_title(), right.get_title()] == list(PANELS.values())
    lines = {line.get_label(): line for line in left.lines}
    assert list(lines) == ["ordinary 3×3", "ordinary 7×7", "adaptive 7×7"]
    assert legend_of(fig) == list(lines)
    np.testing.assert_allclose(lines["ordinary 3×3"].get_xdata(), [1, 2, 3, 4])
    np.testing.assert_allclose(lines["ordinary 3×3"].get_ydata(), [6, 7, 8, 9])
    band = left.collections[0].get_paths()[0].get_extents()
    assert band.height == 5 + 3  # between the seeds, and over the epochs
    # Differences below are those of equal seeds.
    below = fig.axes[2]
    zero, small, large = below.lines
    assert set(zero.get_ydata()) == {0}
    np.testing.assert_allclose(small.get_ydata(), 4)  # 7 - 3, whatever the seed
    np.testing.assert_allclose(large.get_ydata(), 0)
    colors = [line.get_color() for line in left.lines]
    assert [line.get_color() for line in (small, large)] == colors[:2]
    assert below.collections[0].get_paths()[0].get_extents().height == 0


def test_scale_of_differences_leaves_out_the_first_epochs_only():
    curves = pd.DataFrame({"epoch": [*range(6)] * 2, "loss": [0] * 6 + [50] + [1] * 5})
    curves["kind"] = ["ordinary"] * 6 + ["adaptive"] * 6
    curves = curves.assign(kernel_size=7, seed=31)
    _, below = figures.arm_curves(curves, {"loss": "loss"}).axes
    low, high = below.get_ylim()
    assert low < 0 < 1 < high < 2


def test_validation_accuracies_have_the_printed_ones_beside_them():
    printed = {("ordinary", 3): 0.85, ("ordinary", 7): 0.84, ("adaptive", 7): 0.86}

    def levels(ax):
        return [line.get_ydata()[0] for line in ax.lines if len(line.get_xdata()) == 2]

    loss, accuracy, loss_below, below = arm_curves(printed).axes
    assert levels(loss) == []
    assert levels(loss_below) == [0]
    np.testing.assert_allclose(levels(accuracy), [85, 84, 86])
    np.testing.assert_allclose(levels(below), [0, 1, 2])
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), 33)  # of 0.3 and 0.03
    without = arm_curves().axes
    assert levels(without[1]) == []
    assert levels(without[3]) == [0]


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
    left, right = figures.aperture_shift(first, last, sizes, low=1 / 7).axes
    dots = left.lines[-1]
    np.testing.assert_array_equal(dots.get_xdata(), first.ravel())
    np.testing.assert_array_equal(dots.get_ydata(), last.ravel())
    assert texts(right.get_legend().get_texts()) == ["before", "after"]


def test_bars_have_the_counts():
    (ax,) = figures.verdict_counts({"holds": 3, "open": 0}).axes
    assert [bar.get_width() for bar in ax.patches] == [3, 0]
    assert set(texts(ax.texts)) == {"3", "0"}


def test_values_outside_their_range_are_crosses():
    rows = [("t", 1, 0, 2, "a"), ("t", 5, 0, 4, "b"), ("maximum", 0, -1, 1, "c")]
    table = pd.DataFrame(rows, columns=["panel", "value", "low", "high", "label"])
    fig = figures.allowed_ranges(table)
    crosses = [
        (ax.get_title(), x)
        for ax in fig.axes
        for line in ax.lines
        for x in line.get_xdata()
        if line.get_marker() == "X"
    ]
    assert crosses == [("t", 5)]


@pytest.mark.parametrize(("count", "panels"), [(3, 8), (8, 8), (9, 16)])
def test_every_image_is_on_its_sheet_with_its_label(count, panels, rng):
    images = rng.integers(256, size=(count, 5, 4, 1)).astype("uint8")
    labels = [*(f"class {i}" for i in range(count - 1)), "a name without end"]
    fig = figures.image_sheet(images, labels)
    assert len(fig.axes) == panels
    titles = [drawn.axes.get_title() for drawn in images_of(fig)]
    assert titles == [*labels[:-1], "a name withou…"]
    for image, drawn in zip(images, images_of(fig), strict=True):
        np.testing.assert_array_equal(drawn.get_array(), image[..., 0])
        assert drawn.get_clim() == (0, 255)


def test_every_trimap_is_to_the_right_of_its_image(rng):
    images = rng.integers(256, size=(3, 5, 4, 3)).astype("uint8")
    trimaps = np.arange(60).reshape(3, 5, 4) % 3
    drawn = images_of(figures.trimap_sheet(images, trimaps))
    for image, shown in zip(images, drawn[::2], strict=True):
        np.testing.assert_array_equal(shown.get_array(), image)
    for trimap, shown in zip(trimaps, drawn[1::2], strict=True):
        np.testing.assert_array_equal(shown.get_array(), trimap)
        assert shown.get_clim() == (0, 2)


def test_heatmaps_share_one_scale_and_errors_are_framed(rng):
    images = rng.integers(256, size=(3, 6, 5, 3)).astype("uint8")
    maps = {"one": rng.random((3, 6, 5)), "two": 9 * rng.random((3, 6, 5))}
    names = {"one": ["a", "b", "c"], "two": ["a", "a", "c"]}
    wrong = {"one": [False] * 3, "two": [False, True, False]}
    fig = figures.heatmap_rows(images, maps, names, wrong, ["a", "b", "c"])
    one, two = images_of(fig)[1:3]
    assert one.get_clim() == two.get_clim()
    assert one.get_clim()[0] == 0
    # A heatmap sums up to 100 %; there is nothing in the gaps.
    assert np.nansum(one.get_array()[:, :5]) == pytest.approx(100)
    assert texts(fig.axes[2].texts) == ["a", "✗ a", "c"]
    assert [len(ax.patches) for ax in fig.axes[:3]] == [0, 0, 1]
    maps = {"one": maps["one"] - 0.5}
    signed = figures.heatmap_rows(images, maps, names, wrong, ["a", "b", "c"])
    low, high = images_of(signed)[1].get_clim()
    assert low == -high
    alone = figures.heatmap_rows(images, {}, {}, {}, ["a", "b", "c"])
    assert len(images_of(alone)) == 1


NAMES = ["label", "paper", "paper_low", "paper_high", "difference", "low", "high"]
COMPARISONS = pd.DataFrame(
    [
        ("same", 0.9, 0.3, 1.5, 0.8, 0.2, 1.4, Verdict.SAME_WAY),
        ("other", 0.5, 0.3, 0.7, -0.9, -1.5, -0.3, Verdict.OTHER_WAY),
        ("open", 0.1, -0.2, 0.4, 0.2, -1.0, 1.4, Verdict.OPEN),
        ("far", 0.3, 0.1, 0.5, -20.46, -24.0, -17.0, Verdict.OTHER_WAY),
        ("none", 0.2, 0.1, 0.3, np.nan, np.nan, np.nan, Verdict.NOT_TESTED),
    ],
    columns=[*NAMES, "verdict"],
)


def test_each_row_has_the_printed_interval_and_ours():
    fig = figures.results(COMPARISONS)
    (ax,) = fig.axes
    assert texts(ax.get_yticklabels()) == COMPARISONS["label"].tolist()
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches[:5]]
    np.testing.assert_allclose(bars, COMPARISONS[["paper_low", "paper_high"]])
    ours = [line.get_xdata() for line in ax.lines if line.get_linewidth() == 1.7]
    np.testing.assert_allclose(ours[:3], COMPARISONS[["low", "high"]][:3])
    # Rows are read from above.
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    # Verdicts differ in shape, and are named.
    marks = {
        line.get_marker(): float(line.get_xdata()[0])
        for line in ax.lines
        if line.get_marker() not in ("", "None", "|", "<", ">")
    }
    assert set(marks.values()) == {0.8, -0.9, 0.2}
    words = ("points the same way", "points the other way", "open")
    assert legend_of(fig) == ["paper, interval", *(f"here: {word}" for word in words)]
    # What lies beyond the scale is an arrow, and of a difference its number.
    heads = [line.get_marker() for line in ax.lines if line.get_marker() in "<>"]
    assert heads == ["<", "<"]
    assert texts(ax.texts) == ["−20.5", "too few runs"]
    assert ax.texts[0].arrow_patch is not None
    low, high = ax.get_xlim()
    assert -20 < low < -1.5 and 1.5 < high < 20


def test_picture_without_runs_has_the_papers_intervals():
    empty = COMPARISONS.assign(difference=np.nan, low=np.nan, high=np.nan)
    ax = figures.results(empty).axes[0]
    assert len(ax.patches) == 5
    assert texts(ax.texts) == ["too few runs"] * 5


def test_scale_has_all_of_the_paper_and_no_interval_without_an_end():
    ends = pd.DataFrame({"low": [-1.0, -np.inf], "high": [2.0, np.inf]})
    paper = pd.DataFrame({"paper_low": [-0.5], "paper_high": [0.5]})
    limit = theme.scale_limit(ends, paper, 0.9)
    assert limit == pytest.approx(np.quantile([1, 2], 0.9))
    assert theme.scale_limit(ends, 10 * paper, 0.9) == 5


def test_steps_stand_below_print_and_end_in_arrows_beyond_the_scale():
    steps = pd.DataFrame(
        [
            ("MNIST", "start", 0.5, 0.0, 1.0),
            ("MNIST", "envelope", 0.0, -50.0, 1.0),
            ("CIFAR-10", "start", 1.0, 0.5, 1.5),
            ("CIFAR-10", "envelope", -0.5, -1.0, 1.0),
            ("MNIST", "training", 0.1, 0.0, 0.2),
            ("CIFAR-10", "training", 40.0, 0.5, 60.0),
        ],
        columns=["title", "step", "difference", "low", "high"],
    )
    steps["kernel_size"] = steps["title"].map({"MNIST": 7, "CIFAR-10": 9})
    printed = pd.DataFrame(
        {"paper": [0.3, 0.9], "paper_low": [0.1, 0.5], "paper_high": [0.5, 1.3]},
        index=["MNIST", "CIFAR-10"],
    )
    (ax,) = figures.steps_below_print(steps, printed).axes
    assert texts(ax.get_yticklabels()) == ["MNIST\n7×7", "CIFAR-10\n9×9"]
    assert [bar.get_width() for bar in ax.patches] == [0.3, 0.9]
    _, limit = ax.get_xlim()
    marked = [(line.get_marker(), line.get_xdata()[0]) for line in ax.lines]
    arrows = dict(mark for mark in marked if mark[0] in "<>")
    assert set(arrows) == {"<", ">"}
    assert -limit < arrows["<"] < -1 < 1 < arrows[">"] < limit
    # A mark at the edge would be at another difference than that beyond it.
    means = [value for marker, value in marked if marker in ("s", "o", "D")]
    assert sorted(means) == sorted(steps["difference"])[:-1]
