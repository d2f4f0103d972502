"""Statistics against scipy, hand-computed values and simulations."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aconv.companion.stats import comparison as stats
from aconv.companion.stats import rounding, selection
from aconv.companion.stats.comparison import two_tailed_p

# Accuracies with room for a spread: NumPy's rounding errors stay far below it.
SPREAD = st.lists(
    st.integers(min_value=8000, max_value=10000).map(lambda k: k / 10000),
    min_size=2,
    max_size=8,
).filter(lambda arm: len(set(arm)) > 1)
NAN = math.nan


def test_summary_is_mean_population_deviation_and_maximum():
    summary = stats.summarise([1.0, 2.0, 3.0, 6.0])
    assert summary == stats.Summary(3.0, pytest.approx(math.sqrt(3.5)), 4, 0, 6.0)
    assert summary.variance == pytest.approx(14 / 3)
    assert stats.Summary(3.0, math.sqrt(14 / 3), 4, ddof=1).variance == (
        pytest.approx(14 / 3)
    )


@settings(deadline=None)
@given(SPREAD, SPREAD, st.booleans(), st.floats(0.5, 0.999))
def test_t_test_is_scipys(a, b, equal, confidence):
    # An arm may be given by its scores or by their summary.
    ours = stats.t_test(
        a, stats.summarise(b), equal_variances=equal, confidence=confidence
    )
    theirs = scipy.stats.ttest_ind(a, b, equal_var=equal)
    low, high = theirs.confidence_interval(confidence)
    assert ours.difference == pytest.approx(np.mean(a) - np.mean(b))
    assert ours.t == pytest.approx(theirs.statistic, rel=1e-8, abs=1e-8)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-6)
    assert ours.df == pytest.approx(theirs.df, rel=1e-8)
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=1e-8, abs=1e-10)
    assert ours.error * ours.t == pytest.approx(ours.difference, abs=1e-12)


@pytest.mark.parametrize("equal", [True, False])
def test_arms_without_spread_have_no_finite_t(equal):
    same = stats.t_test([0.5, 0.5], [0.5, 0.5], equal_variances=equal)
    assert math.isnan(same.t)
    assert math.isnan(same.p)
    apart = stats.t_test([0.5, 0.5], [0.75, 0.75], equal_variances=equal)
    assert (apart.t, apart.p) == (-math.inf, 0.0)
    # Two equal runs do not say what other runs would be.
    assert (apart.low, apart.high) == (-math.inf, math.inf)
    assert np.isnan(stats.hedges_g([0.5, 0.5], [0.75, 0.75])).all()


def test_hedges_g_by_hand():
    # d = -2 / sqrt(2.5); exact factor for 4 degrees of freedom:
    # gamma(2) / (sqrt(2) gamma(1.5)) = 0.797885.
    g, _, _ = stats.hedges_g([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert g == pytest.approx(-2 / math.sqrt(2.5) * 0.7978845608)


def test_hedges_g_is_unbiased_and_its_interval_covers():
    rng = np.random.default_rng(2)
    true = 1.5
    a = rng.normal(true, 1, size=(600, 5))
    b = rng.normal(0, 1, size=(600, 5))
    g, low, high = np.transpose(
        [stats.hedges_g(*arms, confidence=0.9) for arms in zip(a, b, strict=True)]
    )
    assert g.mean() == pytest.approx(true, abs=0.15)
    covered = np.mean((low <= true) & (true <= high))
    assert covered == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 600))


@settings(deadline=None)
@given(SPREAD, SPREAD)
def test_effect_turns_with_the_arms_and_excludes_zero_when_the_t_test_rejects(a, b):
    (g, low, high), test = stats.hedges_g(a, b), stats.t_test(a, b)
    assert stats.hedges_g(b, a) == pytest.approx((-g, -high, -low))
    assert low <= high
    assume(abs(test.p - 0.05) > 1e-6)
    assert (low > 0 or high < 0) == (test.p < 0.05)


def test_effect_interval_is_found_for_very_large_effects():
    g, low, high = stats.hedges_g([1.0, 1.0001, 0.9999], [0.0, 0.0001, -0.0001])
    assert 0 < low < g < high


def test_holm_by_hand():
    # Sorted: 0.01 × 5, 0.02 × 4, 0.025 × 3 (below the one before), 0.6 × 2 and 0.9 × 1
    # (at most 1). What has no p is not of the family.
    adjusted = stats.holm([0.025, 0.01, NAN, 0.6, 0.02, 0.9])
    expected = [0.08, 0.05, NAN, 1, 0.08, 1]
    assert adjusted == pytest.approx(expected, nan_ok=True)


def test_confidences_by_holm_step_down():
    found = stats.holm_confidences([0.6, 0.001, NAN, 0.03, 0.5])
    # The smallest is rejected at 0.05 / 4, the next, 0.03, is not at 0.05 / 3.
    expected = 1 - 0.05 / np.array([3, 4, NAN, 3, 3])
    assert found == pytest.approx(expected, nan_ok=True)


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.floats(0, 1), st.just(NAN)), max_size=8),
    st.floats(0.5, 0.99),
)
def test_intervals_by_holm_exclude_zero_where_the_corrected_p_rejects(p, confidence):
    # An interval of confidence c excludes zero where p < 1 - c.
    excludes = np.array(p) < 1 - stats.holm_confidences(p, confidence)
    adjusted = stats.holm(p)
    clear = abs(adjusted - (1 - confidence)) > 1e-9
    expected = adjusted < 1 - confidence
    np.testing.assert_array_equal(excludes[clear], expected[clear])


@settings(deadline=None)
@given(SPREAD, st.floats(0.5, 0.99))
def test_interval_of_a_mean_is_scipys(values, confidence):
    theirs = scipy.stats.ttest_1samp(values, 0).confidence_interval(confidence)
    for sample in (values, stats.summarise(values)):
        ours = stats.mean_interval(sample, confidence)
        assert ours == pytest.approx(tuple(theirs), rel=1e-8, abs=1e-9)
    assert stats.mean_interval([values[0]] * 2) == (-math.inf, math.inf)


@settings(deadline=None)
@given(st.data())
def test_bounds_hold_the_t_of_every_point_of_the_box(data):
    def interval(low, high):
        ends = st.tuples(st.floats(low, high), st.floats(low, high))
        return tuple(sorted(data.draw(ends)))

    boxes = [interval(*r) for r in ((0.8, 1), (0.001, 0.02), (0.8, 1), (0.001, 0.02))]
    ddof = data.draw(st.sampled_from([0, 1]))
    n_a, n_b = data.draw(st.integers(2, 9)), data.draw(st.integers(2, 9))
    m_a, s_a, m_b, s_b = (data.draw(st.floats(*box)) for box in boxes)
    bounds_of_t, bounds_of_p = rounding.t_test_bounds(
        *boxes[:2], n_a, *boxes[2:], n_b, ddof=ddof
    )
    s_a, s_b = (
        s * math.sqrt((n - ddof) / (n - 1)) for s, n in ((s_a, n_a), (s_b, n_b))
    )
    t, p = scipy.stats.ttest_ind_from_stats(m_a, s_a, n_a, m_b, s_b, n_b)
    slack = 1e-9 * (1 + abs(t))
    assert bounds_of_t.low - slack <= t <= bounds_of_t.high + slack
    assert bounds_of_p.low - 1e-9 <= p <= bounds_of_p.high + 1e-9


def test_bounds_of_exact_numbers_are_the_test_itself():
    test = stats.t_test(stats.Summary(0.9, 0.01, 5), stats.Summary(0.88, 0.02, 5))
    t, p = rounding.t_test_bounds(
        (0.9, 0.9), (0.01, 0.01), 5, (0.88, 0.88), (0.02,) * 2, 5
    )
    assert t == (test.t, test.t)
    assert p == (test.p, test.p)


def test_an_interval_of_t_around_zero_allows_p_of_one():
    bounds = rounding.two_tailed_p_bounds
    assert bounds((-1, 2), 8) == (two_tailed_p(2, 8), 1)
    assert bounds((-0.5, 0.25), 8) == (two_tailed_p(0.5, 8), 1)
    assert bounds((-3, -2), 8) == (two_tailed_p(3, 8), two_tailed_p(2, 8))


def test_spreads_that_may_be_zero_leave_t_unbounded():
    t, p = rounding.t_test_bounds((0.9, 0.9), (0, 0.1), 5, (0.8, 0.8), (0, 0.1), 5)
    assert t.high == math.inf
    assert p.low == 0


def test_bounds_of_the_maximum_are_attained():
    for scores in ([0, 0, 0, 0, 1], [1, 1, 1, 1, 0]):
        mean, std = np.mean(scores), np.std(scores)
        bounds = rounding.maximum_bounds((mean, mean), (std, std), 5)
        assert min(abs(end - 1) for end in bounds) < 1e-12
    bounds = rounding.maximum_bounds((0.2, 0.3), (0.4, 0.5), 5)
    assert bounds == pytest.approx((0.2 + 0.4 / 2, 0.3 + 0.5 * 2))


@pytest.mark.parametrize(
    ("low", "high", "count", "holds"),
    [
        (0.51, 0.99, 1, False),
        (0.26, 0.49, 4, False),
        (0.25, 0.25, 4, True),
        (0.99995, 1.00005, 756, True),
        (-0.2, -0.05, 10, False),
        (1.05, 1.2, 10, False),
        # 100 times 0.29 is a little less than 29 in binary, 0.07 a little more than 7.
        (0.29, 0.29, 100, True),
        (0.07, 0.07, 100, True),
    ],
)
def test_shares_that_a_count_can_give_are_recognised(low, high, count, holds):
    assert rounding.holds_proportion((low, high), count) is holds


def test_selection_table_by_hand():
    # Two sizes, three runs, two epochs, small enough to follow by hand.
    a = np.array([[[1, 2], [3, 1], [2, 2]], [[4, 9], [5, 4], [3, 4]]], dtype=float)
    b = np.array([[[1, 1], [2, 0], [1, 2]], [[6, 2], [3, 5], [4, 4]]], dtype=float)
    table = selection.selection_table(a, b, kernel_sizes=[3, 5])
    assert table["epoch"].tolist() == ["best", "best", "last", "last"]
    assert table["size"].tolist() == ["highest run", "other runs"] * 2
    # Best epochs: a has [2, 3, 2] and [9, 5, 4], b has [1, 2, 2] and [6, 5, 4].
    paper = table.iloc[0]
    assert paper.kernel_sizes == (5,)
    assert (paper.mean_a, paper.mean_b) == (6.0, 5.0)
    expected = stats.t_test([9, 5, 4], [6, 5, 4])
    for name in ("difference", "low", "high", "t", "p"):
        assert paper[name] == getattr(expected, name)
    # Last epochs: a [9, 4, 4] and b [2, 5, 4] at size 5.
    assert (table.iloc[2].mean_a, table.iloc[2].mean_b) == pytest.approx(
        (17 / 3, 11 / 3)
    )


def test_the_lucky_run_does_not_choose_the_size_it_is_compared_at():
    # Size 5 wins only by run 0 of the first arm; without it size 3 does.
    a = np.array([[5, 5, 5], [9, 1, 1]], dtype=float)[..., None]
    b = np.array([[5, 5, 5.5], [1, 1, 1]], dtype=float)[..., None]
    table = selection.selection_table(a, b, kernel_sizes=[3, 5])
    assert table.kernel_sizes[:2].tolist() == [(5,), (3, 5)]
    assert table.mean_a[0] == pytest.approx(11 / 3)
    # Run 0 is read at size 3, runs 1 and 2 at size 5, where run 0 still shines.
    assert (table.mean_a[1], table.mean_b[1]) == pytest.approx((7 / 3, 7 / 3))


def test_permutation_p_of_one_size_is_the_share_of_more_extreme_deals():
    # With 3 + 3 runs in order, 2 of the 20 deals are as extreme as the observed one.
    a, b = np.array([[[4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0]]])
    p = selection.permutation_p(a, b, permutations=5000)
    assert p == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 5000))


def test_permutation_p_of_equal_arms_is_uniform():
    rng = np.random.default_rng(4)
    arms = rng.normal(size=(400, 2, 4, 5))
    p = [selection.permutation_p(a, b, permutations=99) for a, b in arms]
    for level in (0.1, 0.5):
        reach = 4 * math.sqrt(level * (1 - level) / 400)
        assert np.mean(np.array(p) <= level) == pytest.approx(level, abs=reach)
    arm = np.ones((1, 2))  # without spread
    assert selection.permutation_p(arm, arm, permutations=10) == 1


def test_with_one_size_nothing_is_chosen():
    rate, optimism = selection.simulate_null([0.9], 0.01, simulations=5000)
    assert rate == pytest.approx(0.05, abs=0.01)
    assert optimism == pytest.approx(0, abs=0.0002)
    assert (rate, optimism) == selection.simulate_null([0.9], 0.01, simulations=5000)
    again = selection.simulate_null([0.9], 0.01, simulations=5000, seed=1)
    assert optimism != again[1]


def test_choosing_by_the_highest_run_keeps_the_level_and_is_optimistic():
    rate, optimism = selection.simulate_null([0.9] * 4, 0.01, simulations=20_000)
    assert rate == pytest.approx(0.05, abs=0.008)
    # A seventh of the spread above the truth, although the arms are averaged.
    assert optimism > 0.001


def test_optimism_of_the_best_epoch_is_the_mean_of_the_largest_of_normals():
    rng = np.random.default_rng(6)
    largest = rng.standard_normal((20_000, 30)).max(axis=1).mean()
    options = {"epoch_std": 0.01, "epochs": 30, "simulations": 20_000}
    _, optimism = selection.simulate_null([0.9], 0.0, **options)
    assert optimism == pytest.approx(0.01 * largest, rel=0.01)


def test_plateau_spread_recovers_what_was_simulated():
    rng = np.random.default_rng(9)
    levels = rng.normal(0.9, 0.02, size=(2, 400, 1))
    curves = levels + rng.normal(0, 0.01, (2, 400, 40))
    rising = np.concatenate([np.zeros((2, 400, 5)), curves], axis=-1)
    mean, run_std, epoch_std = selection.plateau_spread(rising, last=40)
    assert mean == pytest.approx([0.9, 0.9], abs=0.005)
    assert run_std == pytest.approx([0.02, 0.02], rel=0.1)
    assert epoch_std == pytest.approx([0.01, 0.01], rel=0.02)
    only_epochs = rng.normal(0.9, 0.01, size=(1, 200, 10))
    _, (run_std,), _ = selection.plateau_spread(only_epochs, last=10)
    assert run_std < 0.002


def test_stack_sorts_every_axis_and_refuses_what_is_missing_or_twice_there():
    axes = ["kernel_size", "seed", "epoch"]
    index = pd.MultiIndex.from_product([(5, 3), (2, 1), (0, 1, 2)], names=axes)
    runs = index.to_frame(index=False)
    runs["accuracy"] = runs @ [100, 10, 1]
    array = selection.stack(runs, "accuracy", axes)
    assert array.shape == (2, 2, 3)
    assert array[1, 0, 2] == 512
    twice = pd.concat([runs, runs.iloc[:1]])
    # As many as there should be, one of them twice.
    for other in (runs.iloc[1:], twice, twice.drop(index=5)):
        with pytest.raises(ValueError, match=r"reshape|duplicate"):
            selection.stack(other, "accuracy", axes)
