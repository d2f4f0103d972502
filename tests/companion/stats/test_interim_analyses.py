"""Two analyses of the same runs."""

import re

import numpy as np
import pytest
import scipy.stats

from aconv.companion.files import PROJECT
from aconv.companion.runs import SEEDS
from aconv.companion.stats.interim_analyses import LEVELS, share_of_level
from aconv.companion.studies.catalog import ALL_SEEDS


@pytest.mark.parametrize(
    ("seeds", "level"), [(2, 0.005), (5, 0.005), (9, 0.005), (10, 0.048), (40, 0.048)]
)
def test_share_is_that_of_the_last_look(seeds, level):
    assert 0.05 * share_of_level(seeds) == pytest.approx(level)


def test_looks_are_at_the_seeds_that_are_planned():
    assert list(LEVELS) == [len(SEEDS), len(ALL_SEEDS)]
    assert ALL_SEEDS[: len(SEEDS)] == SEEDS


def test_both_looks_together_reject_equal_arms_in_five_percent():
    # The statistic of the second look is a mean of the first and of as many new runs.
    first, second = (scipy.stats.norm.isf(level / 2) for level in LEVELS.values())
    seeds = list(LEVELS)
    correlation = np.sqrt(seeds[0] / seeds[1])
    both = scipy.stats.multivariate_normal(cov=[[1, correlation], [correlation, 1]])
    inside = sum(
        sign * both.cdf([one * first, two * second])
        for one, two, sign in ((1, 1, 1), (-1, 1, -1), (1, -1, -1), (-1, -1, 1))
    )
    assert 0.045 < 1 - inside <= 0.05


def test_the_book_says_what_two_looks_at_the_whole_level_find():
    text = (PROJECT / "book" / "how_we_judge.md").read_text(encoding="utf-8")
    said = re.search(r"a false direction in (\d+) % of cases", text)
    first, second = np.random.default_rng(0).normal(size=(2, 50_000, 10))
    found = [
        scipy.stats.ttest_ind(
            first[:, :seeds], second[:, :seeds], axis=1, equal_var=False
        ).pvalue
        < 0.05
        for seeds in LEVELS
    ]
    assert 100 * np.mean(np.logical_or(*found)) == pytest.approx(
        float(said.group(1)), abs=0.5
    )


def test_the_book_says_what_each_look_finds():
    """The differences, in standard deviations, that Welch finds four times of five."""
    text = (PROJECT / "book" / "how_we_judge.md").read_text(encoding="utf-8")
    said = re.search(
        r"difference of ([\d.]+) standard deviations.*with ten one of ([\d.]+\d)", text
    )
    rng = np.random.default_rng(0)
    for (seeds, level), size in zip(LEVELS.items(), said.groups(), strict=True):
        first, second = rng.normal(size=(2, 50_000, seeds))
        found = scipy.stats.ttest_ind(
            first + float(size), second, axis=1, equal_var=False
        )
        assert np.mean(found.pvalue < level) == pytest.approx(0.8, abs=0.015)
