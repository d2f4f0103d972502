"""Comparisons of the two kinds, against statements with NumPy and SciPy alone."""

import numpy as np
import pandas as pd
import pytest
from curves import SEEDS, make_curves, make_runs, peaks
from scipy import stats

from aconv.companion import paper
from aconv.companion.analysis import accuracy
from aconv.companion.analysis.frames import settings_frame
from aconv.companion.pages.tables import (
    arms_table,
    beside_paper_table,
    choice_tests_table,
    choices_table,
    describe_runs,
    differences_table,
    gaps_table,
    settings_table,
)


@pytest.fixture
def curves():
    return make_curves()


@pytest.fixture
def runs(curves):
    return make_runs(curves)


def test_arms_have_the_statistics_of_numpy(runs):
    table = accuracy.summarise_arms(runs)
    assert len(table) == 4
    for row in table.itertuples():
        scores = peaks(runs, row.dataset, row.kernel_size, row.kind)
        assert row.n == 3
        np.testing.assert_allclose(
            [row.mean, row.std, row.max], [np.mean(scores), np.std(scores), max(scores)]
        )


def test_best_size_is_that_of_the_highest_run_of_either_kind(runs):
    runs.loc[runs.kernel_size == 5, "peak"] = 0.8
    runs.loc[
        runs.index[(runs.kernel_size == 5) & (runs.kind == "ordinary")][0], "peak"
    ] = 1
    assert accuracy.best_sizes(runs).to_dict() == {"mnist": 5}


def test_best_size_of_a_tie_is_the_smallest(runs):
    assert accuracy.best_sizes(runs.assign(peak=0.9))["mnist"] == 3


def test_sizes_without_two_runs_of_both_kinds_are_not_chosen(runs):
    runs.loc[runs.kernel_size == 5, "peak"] = 1.0
    few = runs[
        (runs.kernel_size == 3) | (runs.kind == "adaptive") | (runs.seed == SEEDS[0])
    ]
    assert accuracy.best_sizes(few)["mnist"] == 3
    only_adaptive = runs[runs.kind == "adaptive"]
    assert len(accuracy.best_sizes(only_adaptive)) == 0


@pytest.mark.parametrize("dropped", [0, 1])
def test_comparison_agrees_with_scipy_for_unequal_numbers_of_runs(runs, dropped):
    runs = runs[dropped:]
    (row,) = accuracy.compare_kinds(runs).itertuples()
    a, b = (peaks(runs, "mnist", row.kernel_size, k) for k in ("adaptive", "ordinary"))
    student = stats.ttest_ind(a, b)
    welch = stats.ttest_ind(a, b, equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert (row.n_adaptive, row.n_ordinary) == (len(a), len(b))
    np.testing.assert_allclose(
        [row.difference, row.t, row.p, row.p_welch, row.low, row.high],
        [
            a.mean() - b.mean(),
            student.statistic,
            student.pvalue,
            welch.pvalue,
            *interval,
        ],
    )
    assert row.profile == "reduced"
    assert row.outcome == accuracy.outcome(row.low, row.high)


def test_correction_is_over_the_data_sets_of_the_table():
    runs = make_runs(make_curves(datasets=("mnist", "cifar10")))
    table = accuracy.compare_kinds(runs)
    small, large = np.sort(table.p_welch)
    np.testing.assert_allclose(
        np.sort(table.p_holm), [2 * small, max(2 * small, large)], rtol=1e-12
    )
    assert table.dataset.tolist() == ["mnist", "cifar10"]


def test_runs_without_spread_leave_the_comparison_open(runs):
    runs = runs.assign(peak=0.9 + 0.05 * (runs.kind == "adaptive"))
    compared = accuracy.compare_kinds(runs)
    assert compared.outcome.tolist() == ["open"]
    assert differences_table(compared)["verdict"].tolist() == ["open"]


def test_nothing_to_compare_gives_tables_without_rows(curves):
    curves = curves[curves.kind == "adaptive"]
    runs = make_runs(curves)
    compared = accuracy.compare_kinds(runs)
    assert len(compared) == len(accuracy.compare_all_sizes(runs)) == 0
    effects = accuracy.choice_effects(curves)
    tests = accuracy.choice_tests(curves)
    assert len(differences_table(compared)) == len(beside_paper_table(compared)) == 0
    assert len(choices_table(effects)) == len(choice_tests_table(tests)) == 0
    printed = accuracy.printed_results("table2")
    beside = beside_paper_table(compared, printed)
    assert beside["from"].unique().tolist() == ["printed"]


def test_every_size_is_compared_as_if_it_were_the_only_one(runs):
    table = accuracy.compare_all_sizes(runs).set_index("kernel_size")
    for size in (3, 5):
        a, b = (peaks(runs, "mnist", size, k) for k in ("adaptive", "ordinary"))
        interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
        np.testing.assert_allclose(table.loc[size, ["low", "high"]].tolist(), interval)


def test_larger_sizes_are_compared_with_the_smallest_of_their_kind(runs):
    (row,) = accuracy.compare_sizes(runs, "ordinary").itertuples()
    a, b = (peaks(runs, "mnist", size, "ordinary") for size in (5, 3))
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert (row.kernel_size, row.smallest) == (5, 3)
    np.testing.assert_allclose(
        [row.difference, row.p_welch], [a.mean() - b.mean(), welch.pvalue]
    )


@pytest.mark.parametrize(
    ("interval", "word"),
    [
        ((0.1, 0.2), "adaptive better"),
        ((-0.2, -0.1), "ordinary better"),
        ((-0.1, 0.1), "open"),
        ((np.nan, np.nan), "open"),
    ],
)
def test_words_follow_the_interval(interval, word):
    assert accuracy.outcome(*interval) == word


def test_printed_results_are_the_papers_in_percent():
    table = accuracy.printed_results("table3").set_index("dataset")
    std = paper.number("table3.cifar10.adaptive.std")
    assert std.unit == "fraction"
    assert table.loc["cifar10", "std_adaptive"] == pytest.approx(100 * std.value)
    mean = paper.number("table3.cifar10.ordinary.mean").value
    assert table.loc["cifar10", "mean_ordinary"] == pytest.approx(mean)
    better = table.index[table.outcome == "adaptive better"]
    assert set(better) == {"mnist_cluttered", "cifar10", "fashion_mnist"}
    assert set(accuracy.printed_results("table2").outcome) == {"adaptive better"}


def test_first_way_of_choosing_is_the_papers(curves, runs):
    effects = accuracy.choice_effects(curves)
    (compared,) = accuracy.compare_kinds(runs).itertuples()
    first = effects.iloc[0]
    assert (first.epoch, first["size"], first.n) == ("best", "highest run", 3)
    assert first.kernel_sizes == (compared.kernel_size,)
    np.testing.assert_allclose(
        [first.difference, first.p], [compared.difference, compared.p]
    )


def test_choices_use_only_seeds_and_sizes_that_every_arm_has(curves):
    begun = curves[(curves.kernel_size == 3) | (curves.kind == "adaptive")]
    effects = accuracy.choice_effects(begun)
    assert set(effects.kernel_sizes) == {(3,)}
    lacking = curves[
        ~((curves.seed == SEEDS[2]) & (curves.kind == "ordinary"))
        | (curves.kernel_size == 3)
    ]
    assert set(accuracy.choice_effects(lacking).n) == {2}


def test_choice_tests_measure_the_peak_above_the_last_epoch(curves):
    (row,) = accuracy.choice_tests(curves, repeats=500).itertuples()
    by_run = curves.groupby(["kernel_size", "kind", "seed"]).val_accuracy
    expected = 100 * (by_run.max() - by_run.last()).mean()
    assert row.above_last == pytest.approx(expected)
    assert row.sizes == (3, 5)
    assert 0 < row.p_permutation <= 1
    assert row.optimism > 0
    assert 0 <= row.rejection_rate < 0.3


def test_optimism_does_not_take_a_common_trend_for_spread(curves):
    rising = curves.assign(val_accuracy=curves.val_accuracy + 0.1 * curves.epoch)
    flat, steep = (
        accuracy.choice_tests(table, repeats=500).optimism[0]
        for table in (curves, rising)
    )
    assert steep == pytest.approx(flat)


def test_one_epoch_or_no_spread_has_no_optimism(curves):
    for table in (curves[curves.epoch == 0], curves.assign(val_accuracy=0.9)):
        (row,) = accuracy.choice_tests(table, repeats=50).itertuples()
        assert np.isnan(row.optimism)
        assert "–" in choice_tests_table(pd.DataFrame([row]))["optimism"].tolist()


def test_tables_show_titles_and_rounded_numbers(runs):
    runs = runs[1:]
    row = arms_table(accuracy.summarise_arms(runs)).iloc[0]
    scores = peaks(runs, "mnist", 3, "ordinary")
    assert (row["data set"], row["size"], row["runs"]) == ("MNIST", "3×3", "3 / 2")
    mean, std, maximum = np.mean(scores), np.std(scores), max(scores)
    assert row["ordinary"] == f"{mean:.2f} ± {std:.2f} ({maximum:.2f})"
    compared = accuracy.compare_kinds(runs)
    beside = beside_paper_table(compared, accuracy.printed_results("table2"))
    assert beside["from"].tolist()[:2] == ["printed", "reduced"]
    assert beside["data set"].tolist()[:3] == ["MNIST", "MNIST", "MNIST-Cluttered"]
    tested = differences_table(compared, accuracy.printed_results("table2"))
    assert tested["paper"].tolist() == ["adaptive better"]
    assert "paper" not in differences_table(compared)


def test_arms_that_have_no_runs_yet_are_dashes(runs):
    table = arms_table(accuracy.summarise_arms(runs[runs.kind == "adaptive"]))
    assert set(table["ordinary"]) == {"–"}
    assert table["runs"].tolist() == ["0 / 3", "0 / 3"]


def test_runs_are_described_with_their_numbers_of_seeds():
    both = make_runs(make_curves(datasets=("mnist", "cifar10")))
    assert describe_runs(both[1:]) == (
        "profile reduced; MNIST 2 to 3 seeds, CIFAR-10 3 seeds"
    )


@pytest.mark.parametrize("dropped", [0, 1])
def test_gaps_are_those_of_the_last_epoch(curves, dropped):
    rng = np.random.default_rng(1)
    curves = curves.assign(accuracy=rng.uniform(0.9, 1, len(curves)))
    curves = curves[curves.seed.isin(SEEDS[dropped:]) | (curves.kind == "ordinary")]
    table = accuracy.compare_gaps(curves)
    assert table.kernel_size.tolist() == [3, 5]
    for row in table.itertuples():
        last = curves[(curves.kernel_size == row.kernel_size) & (curves.epoch == 3)]
        gap = 100 * (last.accuracy - last.val_accuracy)
        adaptive, ordinary = gap[last.kind == "adaptive"], gap[last.kind == "ordinary"]
        assert len(ordinary) - len(adaptive) == dropped
        test = stats.ttest_ind(adaptive, ordinary, equal_var=False)
        np.testing.assert_allclose(
            [row.adaptive, row.ordinary, row.low, row.high, row.p_welch],
            [
                adaptive.mean(),
                ordinary.mean(),
                *test.confidence_interval(0.95),
                test.pvalue,
            ],
        )
    assert gaps_table(table)["size"].tolist() == ["3×3", "5×5"]


def test_gaps_of_one_kind_are_no_comparison(curves):
    alone = curves[curves.kind == "adaptive"].assign(accuracy=1.0)
    assert len(gaps_table(accuracy.compare_gaps(alone))) == 0


def test_settings_table_keeps_the_profiles_of_a_data_set_together():
    table = settings_table(settings_frame("simple"))
    assert table["profile"].tolist() == ["reduced", "paper"] * 5
    assert table["data set"].tolist()[:3] == ["MNIST", "MNIST", "MNIST-Cluttered"]
    assert table["rate"].tolist()[2:4] == ["0.01, one cycle", "0.01, plateau"]
    assert set(settings_table(settings_frame("unet"))["dropout"]) == {"–"}
