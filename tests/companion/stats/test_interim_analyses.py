"""Two analyses of the same runs."""

import re

import numpy as np
import pytest
import scipy.stats

from aconv.companion.files import PROJECT
from aconv.companion.runs import SEEDS
from aconv.companion.stats.interim_analyses import LEVELS, share_of_level
from aconv.companion.studies.catalog import ALL_SEEDS


def test_share_is_that_of_the_last_look_at_the_seeds_that_are_planned():
    levels = [0.05 * share_of_level(seeds) for seeds in (2, 5, 9, 10, 40)]
    assert levels == pytest.approx([0.005, 0.005, 0.005, 0.048, 0.048])
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


def test_the_book_says_what_the_looks_find():
    text = (PROJECT / "book" / "how_we_judge.md").read_text(encoding="utf-8")
    false = re.search(r"a false direction in (\d+) % of cases", text)
    # The differences, in standard deviations, that Welch finds four times of five.
    sizes = re.search(
        r"difference of ([\d.]+) standard deviations.*with ten one of ([\d.]+\d)", text
    )
    first, second = np.random.default_rng(0).normal(size=(2, 50_000, 10))

    def p_of(seeds, size):
        arms = first[:, :seeds] + size, second[:, :seeds]
        return scipy.stats.ttest_ind(*arms, axis=1, equal_var=False).pvalue

    either = np.logical_or(*(p_of(seeds, 0) < 0.05 for seeds in LEVELS))
    assert 100 * np.mean(either) == pytest.approx(float(false.group(1)), abs=0.5)
    for (seeds, level), size in zip(LEVELS.items(), sizes.groups(), strict=True):
        found = p_of(seeds, float(size)) < level
        assert np.mean(found) == pytest.approx(0.8, abs=0.015)
