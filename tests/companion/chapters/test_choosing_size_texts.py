"""What the chapter on choosing the size says of its runs."""

import math

import attrs
import numpy as np
import pandas as pd
import pytest

from aconv.companion.chapters.choosing_size import show as page
from aconv.companion.chapters.choosing_size.compute import QUICK
from aconv.companion.pages import figures
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.results_cache import Result

SCALE = attrs.evolve(
    QUICK, kernel_sizes=(3, 9), strengths=(0.0, 0.3), chosen=0.3, seeds=(1, 2)
)


def runs(learned=(0.90, 0.92), milliseconds=2.0):
    """Of each seed two ordinary sizes, 9x9 better on average, and two strengths."""
    columns = ["seed", "kind", "kernel_size", "strength", "accuracy", "milliseconds"]
    rows = [
        (seed, *network)
        for seed, of_learned in enumerate(learned, start=1)
        for network in (
            ("ordinary", 3, math.nan, 0.80, 1.0),
            ("ordinary", 9, math.nan, 0.91, 4.0),
            ("learned", 9, 0.0, 0.85, 4.0),
            ("learned", 9, 0.3, of_learned, milliseconds),
        )
    ]
    table = pd.DataFrame(rows, columns=columns)
    sizes = table["kernel_size"]
    return table.assign(
        uncropped=table["accuracy"],
        kept=[f"{n}×{n}, {s}×{s}" for n, s in zip(sizes, table["seed"], strict=True)],
        multiply_adds=1_000_000 * sizes,
        train_seconds=sizes.astype(float),
    )


def test_summary_has_means_over_seeds_of_each_network():
    rows = page.summary(runs())
    assert rows["kind"].tolist() == ["ordinary"] * 2 + ["learned"] * 2
    last = rows.iloc[-1]
    assert last["accuracy"] == pytest.approx(91)
    assert last["std"] == pytest.approx(1)
    assert last["runs"] == 2
    assert last["kept"] == "9×9, 1×1; 9×9, 2×2"
    assert page.summary(runs((0.9,)))["std"].isna().all()  # one run has no spread


def test_a_slow_run_prolongs_no_time_in_the_summary():
    table = runs((0.9, 0.91, 0.92))
    slow = table.index[table["seed"] == 1]
    table.loc[slow, ["train_seconds", "milliseconds"]] = 1000.0
    rows = page.summary(table)
    assert rows["train_seconds"].tolist() == [3, 9, 9, 9]
    assert rows["milliseconds"].max() < 1000


def test_goal_is_against_the_best_ordinary_size():
    found = page.goal(runs(), 0.3, 9)
    assert found["best"] == "9×9"
    assert found["difference"] == pytest.approx(0)
    # Student of -1 and 1: 0 ± 12.71 · 1.
    assert found["interval"] == "-12.71 to 12.71"
    assert found["time_ratio"] == pytest.approx(0.5)
    assert found["sweep"] == pytest.approx((9 + 81) / 81)


@pytest.mark.parametrize(
    ("learned", "milliseconds", "expected"),
    [
        ((0.909, 0.91), 4.0, "reached on average, not beyond the interval"),
        ((0.91, 0.9105), 1.0, "reached"),
        ((0.91,), 2.0, "reached by the one seed there is"),
        ((0.9, 0.9), 1.0, "not reached (accuracy)"),
        ((0.92, 0.92), 4.1, "not reached (time)"),
        (
            (0.905, 0.92),
            4.1,
            "not reached (time; accuracy is reached by the mean, not by its interval)",
        ),
        ((0.9, 0.9), 4.1, "not reached (accuracy and time)"),
        ((0.9, 0.905), 4.1, "not reached (accuracy on average and time)"),
    ],
)
def test_goal_is_reached_within_the_margin_at_no_more_time(
    learned, milliseconds, expected
):
    found = page.goal(runs(learned, milliseconds), 0.3, 9)
    assert found["reached"] == expected
    assert (found["interval"] == "unknown") == (len(learned) == 1)


def on_two_grids():
    """The runs of ``runs``, and from a grid of 15x15 a better and slower network."""
    some = runs()
    large = some[some["kind"] == "learned"].assign(
        kernel_size=15, accuracy=0.94, milliseconds=8.0, train_seconds=15.0
    )
    return pd.concat([some, large], ignore_index=True)


def test_each_grid_has_its_own_goal():
    scale = attrs.evolve(SCALE, grids=(9, 15))
    small, large = page.facts_by_grid(on_two_grids(), scale).to_dict("records")
    assert small == page.facts(runs(), scale, 9)
    assert (large["learned_on"], large["best"], small["best"]) == (
        "15×15",
        "9×9",
        "9×9",
    )
    assert large["difference"] == pytest.approx(94 - 91)
    assert large["reached"] == "not reached (time)"
    assert large["sweep"] == pytest.approx((9 + 81) / 15**2)
    assert large["grid_seconds"] == pytest.approx(15)
    table = page.goals_table(on_two_grids(), scale, "").data
    assert table["grid"].tolist() == ["9×9", "15×15"]
    assert table["goal"].tolist() == [small["reached"], large["reached"]]
    # Steps are of the first grid.
    assert page.steps(on_two_grids(), scale) == page.steps(runs(), SCALE)


def further():
    """One network that was trained, trained on, and cropped, of two seeds."""
    rows = [
        (seed, stage, accuracy, "9×9", cost)
        for seed in (1, 2)
        for stage, accuracy, cost in (
            ("trained", 0.9, 2_000_000),
            ("trained on", 0.92 + seed / 100, 2_000_000),
            ("cropped", 0.91 + seed / 100, 500_000),
        )
    ]
    columns = ["seed", "stage", "accuracy", "kept", "multiply_adds"]
    return pd.DataFrame(rows, columns=columns)


def recorded():
    values = {"learned": runs(), "from_trained": further()}
    scale = attrs.asdict(SCALE)
    return Result("choosing_size", values, scale, "0", Provenance.collect())


def test_texts_have_the_numbers_of_what_is_recorded():
    texts = page.recorded_texts(recorded())
    found = page.facts(runs(), SCALE, 9)
    assert f"From a grid of 9×9 the goal is {found['reached']}: " in texts["answer"]
    assert "2 seeds" in texts["answer"]
    assert (found["sweep_seconds"], found["grid_seconds"]) == (3 + 9, 9)
    assert "the best ordinary size, 9×9, scores 91.00 %." in texts["answer"]
    assert "0.25 times the multiply-adds" in texts["trained"]
    # Student of 2 and 3: 2.5 ± 12.71 · 0.5.
    assert "2.50 points (95 % interval −3.85 to 8.85)" in texts["trained"]
    assert "minus that of the same trained on −1.00 (" in texts["trained"]
    assert "without a price, −6.00; the price, 6.00" in texts["steps"]


def test_texts_say_that_nothing_is_recorded():
    texts = page.recorded_texts(None)
    assert texts == dict.fromkeys(page.recorded_texts(recorded()), page.NOT_RECORDED)


def test_tables_have_a_row_per_network():
    table = page.sizes_table(runs(), "").data
    assert table["network"].tolist() == [
        "ordinary 3×3",
        "ordinary 9×9",
        "learned on 9×9, strength 0",
        "learned on 9×9, strength 0.3",
    ]
    assert table["accuracy (%)"].iloc[-1] == "91.00 ± 1.00"
    assert table["multiply-adds"].iloc[0] == "3.00 million"
    table = page.trained_table(further(), SCALE, "").data
    assert table["kernels"].tolist() == ["9×9", "9×9", "9×9"]
    assert table["accuracy (%)"].tolist()[1:] == ["93.50 ± 0.50", "92.50 ± 0.50"]


def test_steps_add_up_to_the_whole_difference():
    table = runs(learned=(0.87, 0.89))
    table.loc[table["kernel_size"] == 3, "accuracy"] = 0.95
    found = page.steps(table, SCALE)
    assert found == pytest.approx(
        {"by_grid": 91 - 95, "by_learning": 85 - 91, "by_price": 88 - 85}
    )
    whole = page.goal(table, 0.3, 9)["difference"]
    assert sum(found.values()) == pytest.approx(whole)


def test_figure_has_a_line_for_each_grid_and_leaves_out_none():
    learned = runs().query("kind == 'learned'")
    grids = range(11, 23, 2)
    many = [learned.assign(kernel_size=size) for size in grids]
    fig = figures.accuracy_against_cost(page.summary(pd.concat([runs(), *many])), 64)
    for ax in fig.axes:
        lines = {bars.get_label(): bars.lines[0] for bars in ax.containers}
        of_grids = [f"learned on {n}×{n}, by strength" for n in (9, *grids)]
        assert [*lines] == ["ordinary, by size", *of_grids]
        # The first three are told apart by their marks.
        assert len({line.get_marker() for line in [*lines.values()][:3]}) == 3


def test_figure_names_the_ends_of_each_line():
    between = runs().query("kernel_size == 3").assign(kernel_size=5, multiply_adds=4e6)
    alone = runs().query("kernel_size == 9 and not strength == 0")
    for some, names in (
        (pd.concat([runs(), between]), ["3×3", "9×9", "0.3", "0"]),
        (alone, ["9×9", "0.3"]),
    ):
        for ax in figures.accuracy_against_cost(page.summary(some), 64).axes:
            assert [text.get_text() for text in ax.texts] == names


def test_figure_has_a_mark_per_network_against_either_cost():
    rows = page.summary(runs())
    fig = figures.accuracy_against_cost(rows, 64)
    costs = rows["multiply_adds"] / 1e6, rows["milliseconds"]
    for ax, x in zip(fig.axes, costs, strict=True):
        drawn = [
            point for bars in ax.containers for point in bars.lines[0].get_xydata()
        ]
        expected = sorted(zip(x, rows["accuracy"], strict=True))
        np.testing.assert_allclose(sorted(map(tuple, drawn)), expected)
        assert all(bars.has_xerr and bars.has_yerr for bars in ax.containers)
    # Where the lines cross, names do not stand on each other.
    places = [text.get_position() for text in ax.texts]
    assert [(x > 0, y > 0) for x, y in places] == [
        *((False, True), (False, False), (False, False), (True, True))
    ]
