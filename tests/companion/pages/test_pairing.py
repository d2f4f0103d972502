"""Arms compared seed by seed."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY
from aconv.companion.pages.results import pairing

CELL = {
    "study": "simple",
    "version": "paper",
    "profile": "full",
    "share": 1.0,
    "dataset": "mnist",
}
BOTH = {"different starts": (ADAPTIVE, ORDINARY)}


def make_runs(adaptive, ordinary, **cell):
    """Runs of two arms, peaks by seed."""
    rows = [
        {"arm": arm, "seed": seed, "peak": peak, "kernel_size": 7} | CELL | cell
        for arm, peaks in (("adaptive", adaptive), ("ordinary", ordinary))
        for seed, peak in peaks.items()
    ]
    return pd.DataFrame(rows)


def draw(seeds, rng):
    return dict(zip(seeds, rng.uniform(0.5, 0.9, len(seeds)), strict=True))


def test_pairs_are_compared_by_scipy_at_the_seeds_of_both_arms():
    rng = np.random.default_rng(0)
    adaptive, ordinary = draw([1, 2, 3, 4, 5], rng), draw([5, 4, 3, 2, 9], rng)
    (row,) = pairing(make_runs(adaptive, ordinary), BOTH).itertuples()
    common = [2, 3, 4, 5]
    a, b = (np.array([100 * arm[s] for s in common]) for arm in (adaptive, ordinary))
    paired = stats.ttest_rel(a, b).confidence_interval(0.95)
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose([row.paired_low, row.paired_high], paired)
    np.testing.assert_allclose([row.low, row.high], welch)
    assert row.difference == pytest.approx(a.mean() - b.mean())
    assert row.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert (row.comparison, row.n) == ("different starts", 4)


def test_longest_runs_come_first_and_cells_stay_apart():
    rng = np.random.default_rng(1)
    runs = [
        make_runs(draw([1, 2, 3], rng), draw([1, 2, 3], rng), share=share)
        for share in (0.1, 1.0)
    ]
    assert pairing(pd.concat(runs), BOTH)["share"].tolist() == [1.0, 0.1]


def test_seeds_of_two_versions_are_no_pairs():
    rng = np.random.default_rng(4)
    seeds = [1, 2, 3]
    versions = ("paper", "code-2020-09")
    runs = [
        make_runs(draw(seeds, rng), draw(seeds, rng), version=version)
        for version in versions
    ]
    assert sorted(pairing(pd.concat(runs), BOTH)["version"]) == sorted(versions)
    mixed = [
        runs[0][runs[0].arm == "adaptive"],
        runs[1][runs[1].arm == "ordinary"],
    ]
    assert not len(pairing(pd.concat(mixed), BOTH))


@pytest.mark.parametrize("common", [0, 1, 2])
def test_two_pairs_tell_nothing(common):
    rng = np.random.default_rng(2)
    runs = make_runs(
        draw([1, 2, 3], rng), draw([3 - common + i for i in (1, 2, 3)], rng)
    )
    assert not len(pairing(runs, BOTH))


def test_arms_without_spread_have_no_correlation():
    runs = make_runs(
        dict.fromkeys([1, 2, 3], 0.5), draw([1, 2, 3], np.random.default_rng(3))
    )
    (row,) = pairing(runs, BOTH).itertuples()
    assert np.isnan(row.correlation)
    assert np.isfinite(row.paired_low)
