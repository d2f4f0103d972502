"""Choices of epoch and kernel size, from made-up curves."""

import numpy as np
import pandas as pd
import pytest
from curves import SEEDS, make_curves, make_runs

from aconv.companion.analysis import accuracy
from aconv.companion.chapters.classification import choices
from aconv.companion.chapters.classification.choices import choice_effects, choice_tests


def test_first_way_of_choosing_is_the_papers(curves):
    runs = make_runs(curves)
    effects = choice_effects(curves)
    best = accuracy.at_best_sizes(runs)
    (compared,) = accuracy.compare(
        best, accuracy.ADAPTIVE, accuracy.ORDINARY, test="student"
    ).itertuples()
    first = effects.iloc[0]
    assert (first.epoch, first.n) == ("best", 3)
    assert first.kernel_sizes == (compared.kernel_size,)
    np.testing.assert_allclose(
        [first.difference, first.p], [compared.difference, compared.p]
    )


def test_choices_use_only_seeds_and_sizes_that_every_arm_has(curves):
    whole = (curves.kernel_size == 3) | (curves.arm == "adaptive")
    assert set(choice_effects(curves[whole]).kernel_sizes) == {(3,)}
    lacking = curves[whole | (curves.seed != SEEDS[2])]
    assert set(choice_effects(lacking).n) == {2}
    once = curves[(curves.kernel_size == 3) | (curves.seed == SEEDS[0])]
    assert set(choice_effects(once).kernel_sizes) == {(3,)}
    alone = curves[curves.arm == "adaptive"]
    assert choice_effects(alone).empty and choice_tests(alone).empty


@pytest.mark.parametrize("name", ["version", "profile"])
def test_choices_are_made_among_runs_of_one_network(curves, name):
    other = {"version": "code-2020-09", "profile": "full"}[name]
    both = pd.concat([curves, curves.assign(**{name: other}, seed=curves.seed + 1)])
    for choose in (choice_effects, choice_tests):
        with pytest.raises(ValueError, match=rf"one `{name}` .*'{other}'"):
            choose(both)


def test_choice_tests_measure_the_peak_above_the_last_epoch(curves):
    (row,) = choice_tests(curves, repeats=500).itertuples()
    by_run = curves.groupby(["kernel_size", "arm", "seed"]).val_accuracy
    expected = 100 * (by_run.max() - by_run.last()).mean()
    assert row.above_last == pytest.approx(expected)
    assert row.sizes == (3, 5)
    assert 0 < row.p_permutation <= 1
    assert row.optimism > 0
    assert 0 <= row.rejection_rate < 0.3


def test_optimism_does_not_take_a_common_trend_for_spread(curves):
    rising = curves.assign(val_accuracy=curves.val_accuracy + 0.1 * curves.epoch)
    flat, steep = (
        choice_tests(table, repeats=500).optimism[0] for table in (curves, rising)
    )
    assert steep == pytest.approx(flat)


def test_what_a_common_trend_leaves_of_two_runs_has_their_spread():
    noise = np.random.default_rng(0).normal(size=(1, 2, 10_000))
    assert choices._detrended(noise).var() == pytest.approx(1, rel=0.05)


def test_one_epoch_or_no_spread_has_no_optimism(curves):
    for table in (curves[curves.epoch == 0], curves.assign(val_accuracy=0.9)):
        (row,) = choice_tests(table, repeats=50).itertuples()
        assert np.isnan(row.optimism)


def test_ways_of_choosing_that_agree_are_one_row(curves):
    effects = choice_effects(curves[curves.kernel_size == 3])
    ways = effects[["epoch", "size"]].to_numpy().tolist()
    assert ways == [["best", "either"], ["last", "either"]]
    assert not effects.duplicated(["epoch", "kernel_sizes"]).any()


def test_equal_arms_are_rarely_told_apart_though_their_epochs_vary_unlike():
    # The noise of one arm is ten times that of the other: with a noise of its own the
    # best of its last epochs would be higher, and the arms would not be equal.
    curves = make_curves(seeds=range(10), sizes=(3,), epochs=8)
    noise = np.random.default_rng(2).normal(0, 0.001, len(curves))
    noise *= np.where(curves.arm == "adaptive", 10, 1)
    unlike = curves.assign(val_accuracy=0.9 + noise)
    (row,) = choice_tests(unlike, repeats=4000).itertuples()
    assert row.rejection_rate == pytest.approx(0.05, abs=0.02)
