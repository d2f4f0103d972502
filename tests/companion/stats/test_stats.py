"""Statistics against scipy, hand-computed values and simulations."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aconv.companion import stats
from aconv.companion.stats import rounding
from aconv.companion.stats.comparison import two_tailed_p

# Five accuracies with room for a spread: NumPy's rounding errors stay far below it.
ACCURACIES = st.lists(
    st.integers(min_value=8000, max_value=10000).map(lambda k: k / 10000),
    min_size=2,
    max_size=8,
)


def spread(*arms):
    return all(len(set(arm)) > 1 for arm in arms)


def test_summary_is_mean_population_deviation_and_maximum():
    summary = stats.summarise([1.0, 2.0, 3.0, 6.0])
    std = math.sqrt((4 + 1 + 0 + 9) / 4)
    assert summary == stats.Summary(3.0, pytest.approx(std), 4, 0, 6.0)


def test_unbiased_variance_does_not_depend_on_ddof():
    scores = [0.1, 0.4, 0.35, 0.9]
    expected = sum((x - 0.4375) ** 2 for x in scores) / 3
    for ddof in (0, 1):
        summary = stats.Summary(np.mean(scores), np.std(scores, ddof=ddof), 4, ddof)
        assert summary.variance == pytest.approx(expected)


@settings(deadline=None)
@given(ACCURACIES, ACCURACIES, st.booleans(), st.floats(0.5, 0.999))
def test_t_test_is_scipys(a, b, equal, confidence):
    assume(spread(a, b))
    ours = stats.t_test(a, b, equal_variances=equal, confidence=confidence)
    theirs = scipy.stats.ttest_ind(a, b, equal_var=equal)
    low, high = theirs.confidence_interval(confidence)
    assert ours.difference == pytest.approx(np.mean(a) - np.mean(b))
    assert ours.t == pytest.approx(theirs.statistic, rel=1e-8, abs=1e-8)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-6)
    assert ours.df == pytest.approx(theirs.df, rel=1e-8)
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("equal", [True, False])
def test_summaries_give_the_test_of_their_scores(equal):
    arms = [0.91, 0.93, 0.95, 0.90], [0.90, 0.89, 0.93]
    summaries = [stats.summarise(arm) for arm in arms]
    from_scores = stats.t_test(*arms, equal_variances=equal)
    assert stats.t_test(*summaries, equal_variances=equal) == from_scores


@settings(deadline=None)
@given(ACCURACIES, ACCURACIES)
def test_swapping_the_arms_turns_the_effect_around(a, b):
    assume(spread(a, b))
    g, swapped = stats.hedges_g(a, b), stats.hedges_g(b, a)
    assert swapped.g == pytest.approx(-g.g)
    assert (swapped.low, swapped.high) == pytest.approx((-g.high, -g.low))


@pytest.mark.parametrize("equal", [True, False])
def test_arms_without_spread_have_no_finite_t(equal):
    same = stats.t_test([0.5, 0.5], [0.5, 0.5], equal_variances=equal)
    assert math.isnan(same.t)
    assert math.isnan(same.p)
    apart = stats.t_test([0.5, 0.5], [0.75, 0.75], equal_variances=equal)
    assert (apart.t, apart.p) == (-math.inf, 0.0)
    # Two equal runs do not say what other runs would be.
    assert (apart.low, apart.high) == (-math.inf, math.inf)
    assert math.isnan(stats.hedges_g([0.5, 0.5], [0.75, 0.75]).g)


def test_hedges_g_by_hand():
    # d = -2 / sqrt(2.5); exact factor for 4 degrees of freedom:
    # gamma(2) / (sqrt(2) gamma(1.5)) = 0.797885.
    effect = stats.hedges_g([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert effect.g == pytest.approx(-2 / math.sqrt(2.5) * 0.7978845608)


def test_hedges_g_is_unbiased_and_its_interval_covers():
    rng = np.random.default_rng(2)
    true = 1.5
    a = rng.normal(true, 1, size=(600, 5))
    b = rng.normal(0, 1, size=(600, 5))
    effects = [stats.hedges_g(*arms, confidence=0.9) for arms in zip(a, b, strict=True)]
    assert np.mean([e.g for e in effects]) == pytest.approx(true, abs=0.15)
    covered = np.mean([e.low <= true <= e.high for e in effects])
    assert covered == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 600))


@settings(deadline=None)
@given(ACCURACIES, ACCURACIES)
def test_effect_interval_excludes_zero_when_the_t_test_rejects(a, b):
    assume(spread(a, b))
    effect, test = stats.hedges_g(a, b), stats.t_test(a, b)
    assert effect.low <= effect.high
    assume(abs(test.p - 0.05) > 1e-6)
    assert (effect.low > 0 or effect.high < 0) == (test.p < 0.05)


def test_effect_interval_is_found_for_very_large_effects():
    effect = stats.hedges_g([1.0, 1.0001, 0.9999], [0.0, 0.0001, -0.0001])
    assert 0 < effect.low < effect.g < effect.high


def test_holm_by_hand():
    # Sorted: 0.01 × 4, 0.02 × 3, 0.03 × 2 (below the one before), 0.5 × 1.
    adjusted = stats.holm([0.03, 0.01, 0.5, 0.02])
    assert adjusted == pytest.approx([0.06, 0.04, 0.5, 0.06])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_raises_p_keeps_the_order_and_lies_below_bonferroni(p):
    p = np.array(p)
    adjusted = stats.holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(p * p.size, 1)).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    assert adjusted[p.argmin()] == min(p.min() * p.size, 1)


def test_holm_leaves_comparisons_without_p_out_of_the_family():
    adjusted = stats.holm([0.02, math.nan, 0.01])
    assert adjusted[[0, 2]] == pytest.approx([0.02, 0.02])
    assert math.isnan(adjusted[1])


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=8),
    st.floats(0.5, 0.99),
)
def test_intervals_by_holm_exclude_zero_where_the_corrected_p_rejects(p, confidence):
    # An interval of confidence c excludes zero where p < 1 - c.
    found = stats.holm_confidences(p, confidence)
    adjusted = stats.holm(p)
    for value, own, corrected in zip(p, found, adjusted, strict=True):
        if math.isnan(value):
            assert math.isnan(own)
        elif abs(corrected - (1 - confidence)) > 1e-9:
            assert (value < 1 - own) == (corrected < 1 - confidence)


def test_confidences_by_holm_step_down():
    found = stats.holm_confidences([0.6, 0.001, 0.03, 0.5])
    # The smallest is rejected at 0.05 / 4, the next, 0.03, is not at 0.05 / 3.
    assert found == pytest.approx(
        [1 - 0.05 / 3, 1 - 0.05 / 4, 1 - 0.05 / 3, 1 - 0.05 / 3]
    )


@settings(deadline=None)
@given(ACCURACIES, st.floats(0.5, 0.99))
def test_interval_of_a_mean_is_scipys(values, confidence):
    assume(spread(values))
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
    assert bounds((-3, -2), 8) == (two_tailed_p(3, 8), two_tailed_p(2, 8))


def test_spreads_that_may_be_zero_leave_t_unbounded():
    t, p = rounding.t_test_bounds((0.9, 0.9), (0, 0.1), 5, (0.8, 0.8), (0, 0.1), 5)
    assert t.high == math.inf
    assert p.low == 0


@settings(deadline=None)
@given(ACCURACIES)
def test_every_sample_keeps_its_maximum_within_the_bounds(scores):
    summary = stats.summarise(scores)
    low, high = rounding.maximum_bounds(
        (summary.mean,) * 2, (summary.std,) * 2, summary.n
    )
    assert low - 1e-9 <= summary.maximum <= high + 1e-9


def test_bounds_of_the_maximum_are_attained():
    for scores in ([0, 0, 0, 0, 1], [1, 1, 1, 1, 0]):
        mean, std = np.mean(scores), np.std(scores)
        bounds = rounding.maximum_bounds((mean, mean), (std, std), 5)
        assert min(abs(end - 1) for end in bounds) < 1e-12


@settings(deadline=None)
@given(st.integers(1, 2000), st.data())
def test_every_rounded_share_of_a_count_is_recognised(count, data):
    share = data.draw(st.integers(0, count)) / count
    printed = round(share, 4)
    assert rounding.holds_proportion((printed - 5e-5, printed + 5e-5), count)


def test_shares_that_no_count_gives_are_recognised():
    assert not rounding.holds_proportion((0.51, 0.99), 1)
    assert not rounding.holds_proportion((0.26, 0.49), 4)
    assert rounding.holds_proportion((0.25, 0.25), 4)
    assert rounding.holds_proportion((0.99995, 1.00005), 756)
    assert not rounding.holds_proportion((-0.2, -0.05), 10)
    # 100 times 0.29 is a little less than 29 in binary.
    assert rounding.holds_proportion((0.29, 0.29), 100)


def worked_example():
    """Two sizes, three runs, two epochs, small enough to follow by hand."""
    a = np.array([[[1, 2], [3, 1], [2, 2]], [[4, 9], [5, 4], [3, 4]]], dtype=float)
    b = np.array([[[1, 1], [2, 0], [1, 2]], [[6, 2], [3, 5], [4, 4]]], dtype=float)
    return a, b


def test_selection_table_by_hand():
    table = stats.selection_table(*worked_example(), kernel_sizes=[3, 5])
    assert table["epoch"].tolist() == ["best", "best", "last", "last"]
    assert table["size"].tolist() == ["highest run", "other runs"] * 2
    # Best epochs: a has [2, 3, 2] and [9, 5, 4], b has [1, 2, 2] and [6, 5, 4].
    paper = table.iloc[0]
    assert paper.kernel_sizes == (5,)
    assert (paper.mean_a, paper.mean_b) == (6.0, 5.0)
    expected = scipy.stats.ttest_ind([9, 5, 4], [6, 5, 4])
    assert (paper.t, paper.p) == pytest.approx(expected)
    # Last epochs: a [9, 4, 4] and b [2, 5, 4] at size 5.
    assert (table.iloc[2].mean_a, table.iloc[2].mean_b) == pytest.approx(
        (17 / 3, 11 / 3)
    )


def test_the_lucky_run_does_not_choose_the_size_it_is_compared_at():
    # Size 5 wins only by run 0 of the first arm; without it size 3 does.
    a = np.array([[5, 5, 5], [9, 1, 1]], dtype=float)[..., None]
    b = np.array([[5, 5, 5.5], [1, 1, 1]], dtype=float)[..., None]
    table = stats.selection_table(a, b, kernel_sizes=[3, 5])
    assert table.kernel_sizes[0] == (5,)
    assert table.mean_a[0] == pytest.approx(11 / 3)
    assert table.kernel_sizes[1] == (3, 5)
    # Run 0 is read at size 3, runs 1 and 2 at size 5, where run 0 still shines.
    assert (table.mean_a[1], table.mean_b[1]) == pytest.approx((7 / 3, 7 / 3))


def test_permutation_p_of_one_size_is_the_share_of_more_extreme_deals():
    # With 3 + 3 runs in order, 2 of the 20 deals are as extreme as the observed one.
    a, b = np.array([[[4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0]]])
    p = stats.permutation_p(a, b, permutations=5000)
    assert p == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 5000))


def test_permutation_p_of_equal_arms_is_uniform():
    rng = np.random.default_rng(4)
    arms = rng.normal(size=(400, 2, 4, 5))
    p = [stats.permutation_p(a, b, permutations=99) for a, b in arms]
    for level in (0.1, 0.5):
        reach = 4 * math.sqrt(level * (1 - level) / 400)
        assert np.mean(np.array(p) <= level) == pytest.approx(level, abs=reach)
    arm = np.ones((1, 2))  # without spread
    assert stats.permutation_p(arm, arm, permutations=10) == 1


def test_with_one_size_nothing_is_chosen():
    null = stats.simulate_null([0.9], 0.01, simulations=5000)
    assert null.rejection_rate() == pytest.approx(0.05, abs=0.01)
    assert null.optimism == pytest.approx(0, abs=0.0002)


def test_choosing_by_the_highest_run_keeps_the_level_and_is_optimistic():
    null = stats.simulate_null([0.9] * 4, 0.01, simulations=20_000)
    assert null.rejection_rate() == pytest.approx(0.05, abs=0.008)
    # A seventh of the spread above the truth, although the arms are averaged.
    assert null.optimism > 0.001


def test_optimism_of_the_best_epoch_is_the_mean_of_the_largest_of_normals():
    rng = np.random.default_rng(6)
    largest = rng.standard_normal((20_000, 30)).max(axis=1).mean()
    null = stats.simulate_null(
        [0.9], 0.0, epoch_std=0.01, epochs=30, simulations=20_000
    )
    assert null.optimism == pytest.approx(0.01 * largest, rel=0.01)


def test_simulation_repeats_with_its_seed_and_only_with_it():
    one, same, other = (
        stats.simulate_null([0.9, 0.9], 0.01, simulations=100, seed=seed)
        for seed in (7, 7, 8)
    )
    assert one.p.tolist() == same.p.tolist()
    assert one.p.tolist() != other.p.tolist()


def test_plateau_spread_recovers_what_was_simulated():
    rng = np.random.default_rng(9)
    levels = rng.normal(0.9, 0.02, size=(2, 400, 1))
    curves = np.concatenate(
        [np.zeros((2, 400, 5)), levels + rng.normal(0, 0.01, (2, 400, 40))], axis=-1
    )
    spread = stats.plateau_spread(curves, last=40)
    assert spread.mean == pytest.approx([0.9, 0.9], abs=0.005)
    assert spread.run_std == pytest.approx([0.02, 0.02], rel=0.1)
    assert spread.epoch_std == pytest.approx([0.01, 0.01], rel=0.02)
    null = stats.simulate_null(
        spread.mean, spread.run_std, epoch_std=spread.epoch_std, epochs=40
    )
    assert null.optimism > 0.02
    only_epochs = rng.normal(0.9, 0.01, size=(1, 200, 10))
    assert stats.plateau_spread(only_epochs, last=10).run_std[0] < 0.002


def test_stack_sorts_every_axis_and_names_what_is_missing_or_twice_there():
    axes = ["kernel_size", "seed", "epoch"]
    rows = [
        (k, s, e, 100 * k + 10 * s + e)
        for e in range(3)
        for s in (2, 1)
        for k in (5, 3)
    ]
    runs = pd.DataFrame(rows, columns=[*axes, "accuracy"])
    array = stats.stack(runs, "accuracy", axes)
    assert array.shape == (2, 2, 3)
    assert array[1, 0, 2] == 512
    with pytest.raises(ValueError, match=r"1 missing, the first \(5, 2, 0\)"):
        stats.stack(runs.iloc[1:], "accuracy", axes)
    with pytest.raises(ValueError, match=r"more than one for \(5, 2, 0\)"):
        stats.stack(pd.concat([runs, runs.iloc[:1]]), "accuracy", axes)
