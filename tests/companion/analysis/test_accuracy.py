"""Comparisons of two arms, against statements with NumPy and SciPy alone."""

import numpy as np
import pandas as pd
import pytest
from curves import SEEDS, make_curves, make_runs, peaks
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aconv.companion import paper
from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    ORDINARY,
    adjust_for_multiplicity,
    compare,
    compare_with_smallest,
)
from aconv.companion.stats import Claim, holm


def test_arms_have_the_statistics_of_numpy(runs):
    table = accuracy.summarise_arms(runs, ["dataset", "kernel_size", "arm"])
    assert len(table) == 4
    for row in table.itertuples():
        scores = peaks(runs, row.dataset, row.kernel_size, row.arm)
        assert row.n == 3
        np.testing.assert_allclose(
            [row.mean, row.std, row.max], [np.mean(scores), np.std(scores), max(scores)]
        )


def test_best_size_is_that_of_the_highest_run_where_two_of_both_kinds_are_longest(runs):
    def best_size(runs):
        return accuracy.best_sizes(runs).to_dict()

    is_small = runs.kernel_size == 3
    assert best_size(runs.assign(peak=0.9)) == {"mnist": 3}
    runs.loc[~is_small, "peak"] = 0.8
    runs.loc[runs.index[~is_small & (runs.kind == "ordinary")][0], "peak"] = 1
    assert best_size(runs) == {"mnist": 5}
    few = runs[is_small | (runs.kind == "adaptive") | (runs.seed == SEEDS[0])]
    assert best_size(few) == {"mnist": 3}
    assert best_size(runs[runs.kind == "adaptive"]) == {}
    long = runs[is_small].assign(share=1.0, peak=runs.peak / 2)
    assert best_size(pd.concat([runs, long], ignore_index=True)) == {"mnist": 3}


EQUAL = {"student": True, "welch": False}


@pytest.mark.parametrize("test", EQUAL)
@pytest.mark.parametrize("dropped", [0, 1])
@pytest.mark.parametrize(("score", "scale"), [("peak", 100), ("gap", 100), ("gap", 1)])
def test_comparison_is_scipys(runs, test, dropped, score, scale):
    runs = runs[dropped:]
    options = {"score": score, "scale": scale, "test": test, "confidence": 0.9}
    table = compare(runs, ADAPTIVE, ORDINARY, family=["kernel_size"], **options)
    assert table.kernel_size.tolist() == [3, 5]
    for row in table.itertuples():
        at = runs[runs.kernel_size == row.kernel_size]
        a, b = (scale * at.loc[at.kind == k, score] for k in ("adaptive", "ordinary"))
        theirs = stats.ttest_ind(a, b, equal_var=EQUAL[test])
        low, high = theirs.confidence_interval(0.9)
        assert (row.n_first, row.n_second) == (len(a), len(b))
        np.testing.assert_allclose(
            [row.mean_first, row.std_second, row.max_first, row.difference],
            [a.mean(), b.std(ddof=0), a.max(), a.mean() - b.mean()],
        )
        np.testing.assert_allclose(
            [row.t, row.p, row.df, row.low, row.high],
            [theirs.statistic, theirs.pvalue, theirs.df, low, high],
        )
        assert row.difference / row.error == pytest.approx(row.t)
        assert row.g_low < row.g < row.g_high
        assert np.sign(row.g) == np.sign(row.t)


def test_any_columns_make_an_arm_and_a_cell(runs):
    runs = runs.assign(half=runs.seed > SEEDS[0])
    large = {"kernel_size": 5, "arm": "ordinary", "half": True}
    (row,) = compare(
        runs, large, {"kernel_size": 3, "arm": "adaptive"}, by=["study"]
    ).itertuples()
    assert (row.n_first, row.n_second) == (2, 3)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("version", "code-2020-09"),
        ("arm", "kept-apertures"),
        ("dataset", "cifar10"),
        ("kernel_size", 9),
        ("profile", "full"),
        ("study", "resnet"),
    ],
)
def test_runs_of_two_networks_are_never_taken_together(runs, name, other):
    alone = runs[(runs.kernel_size == 3) & (runs.kind == "adaptive")]
    both = pd.concat([alone, alone.assign(**{name: other})], ignore_index=True)
    by = [column for column in accuracy.CELL if column != name]
    first = alone[name].tolist()[0]
    message = rf"one `{name}` to be taken together.*{first!r}.*{other!r}"
    with pytest.raises(ValueError, match=message):
        compare(both, {"kind": "adaptive"}, ORDINARY, by=by)
    with pytest.raises(ValueError, match=message):
        accuracy.summarise_arms(both, [*by, "kind"])
    # Kept apart, they are networks of their own.
    assert len(accuracy.summarise_arms(both, [*accuracy.CELL, "arm"])) == 2


@pytest.mark.parametrize("family", [(), ("dataset",), ("dataset", "kernel_size")])
def test_families_are_corrected_each_for_itself(family):
    runs = make_runs(make_curves(datasets=("mnist", "cifar10")))
    table = compare(runs, ADAPTIVE, ORDINARY, family=family)
    assert table.dataset.tolist() == ["mnist", "mnist", "cifar10", "cifar10"]
    groups = [g for _, g in table.groupby(list(family))] if family else [table]
    for rows in groups:
        assert rows.p_holm.tolist() == holm(rows.p).tolist()
        # The family before is forgotten.
        again = adjust_for_multiplicity(rows[:1])
        np.testing.assert_allclose(again.p_holm, again.p)


@settings(deadline=None)
@given(st.integers(0, 200), st.floats(0.5, 0.99))
def test_corrected_interval_excludes_zero_where_corrected_p_rejects(seed, confidence):
    runs = make_runs(make_curves(sizes=(3, 5, 7, 9), seed=seed))
    table = compare(runs, ADAPTIVE, ORDINARY, confidence=confidence)
    excluded = (table.low > 0) | (table.high < 0)
    assert excluded.tolist() == (table.p_holm < 1 - confidence).tolist()
    reach = stats.t.isf((1 - confidence) / 2, table.df) * table.error
    assert (table.low <= table.difference - reach + 1e-9).all()
    alone = compare(runs[runs.kernel_size == 3], ADAPTIVE, ORDINARY).iloc[0]
    reach = stats.t.isf(0.025, alone.df) * alone.error
    assert alone.p_holm == alone.p
    assert alone.low == pytest.approx(alone.difference - reach)


@pytest.mark.parametrize(("seeds", "share"), [(5, 0.1), (10, 0.96)])
def test_paper_runs_spend_the_level_of_their_look(seeds, share):
    curves = make_curves(range(seeds), sizes=(7,))
    curves = [curves.assign(profile=name) for name in ("short", "full")]
    table = compare(make_runs(pd.concat(curves)), ADAPTIVE, ORDINARY)
    p = table.p / np.where(table.profile == "full", share, 1)
    np.testing.assert_allclose(table.p_holm, holm(np.minimum(p, 1)))
    excluded = (table.low > 0) | (table.high < 0)
    assert excluded.tolist() == (table.p_holm < 0.05).tolist()
    alone = adjust_for_multiplicity(table[table.profile == "full"]).iloc[0]
    reach = stats.t.isf(0.025 * share, alone.df) * alone.error
    assert alone.high == pytest.approx(alone.difference + reach)


def test_runs_without_spread_tell_nothing_of_others(runs):
    runs = runs.assign(peak=0.9 + 0.05 * (runs.kind == "adaptive"))
    table = compare(runs, ADAPTIVE, ORDINARY)
    np.testing.assert_allclose(table.difference, 5)
    assert (table.low == -np.inf).all()
    assert (table.high == np.inf).all()


def test_nothing_to_compare_gives_a_table_without_rows(runs):
    is_adaptive = runs.kind == "adaptive"
    columns = [*compare(runs, ADAPTIVE, ORDINARY)]
    for some in (is_adaptive, runs.seed < 0, is_adaptive | (runs.seed == SEEDS[0])):
        table = compare(runs[some], ADAPTIVE, ORDINARY)
        assert (len(table), [*table]) == (0, columns)


def test_larger_sizes_are_compared_with_the_smallest_of_their_arm(runs):
    table = compare_with_smallest(runs, ORDINARY)
    (row,) = table.itertuples()
    assert (row.kernel_size, row.smallest) == (5, 3)
    a, b = (peaks(runs, "mnist", size, "ordinary") for size in (5, 3))
    assert row.difference == pytest.approx(a.mean() - b.mean())
    one_size = compare_with_smallest(runs[runs.kernel_size == 3], ORDINARY)
    assert len(one_size) == 0
    assert set(one_size.columns) == set(table.columns)
    # A set with sizes, but none that could be compared.
    one = runs[runs.seed == SEEDS[0]].assign(dataset="cifar10")
    for rows in (pd.concat([one, runs]), pd.concat([runs, one])):
        pd.testing.assert_frame_equal(compare_with_smallest(rows, ORDINARY), table)


def test_printed_results_are_the_papers_in_percent():
    table = accuracy.printed_results("table3").set_index("dataset")
    row = table.loc["cifar10"]
    std = paper.number("table3.cifar10.adaptive.std")
    assert std.unit == "fraction"
    assert row["std_first"] == pytest.approx(100 * std.value)
    mean = paper.number("table3.cifar10.ordinary.mean").value
    assert row["mean_second"] == pytest.approx(mean)
    difference = paper.number("table3.cifar10.adaptive.mean").value - mean
    assert row["claim"].margin == pytest.approx(difference / 2)
    # What is not significant in print claims no direction.
    signs = {name: claim.sign for name, claim in table["claim"].items()}
    assert [name for name in signs if not signs[name]] == ["mnist", "lfw_faces"]
    assert set(signs.values()) == {0, 1}
    assert {claim.sign for claim in accuracy.printed_results("table2").claim} == {1}
    assert accuracy.claim_of(-2.0, 0.01, 0.05) == Claim(-1, 1.0)
