"""What rounded, printed numbers still allow.

A printed number stands for every number that rounds to it. From such intervals of means
and standard deviations follow intervals of t, of p and of the maximum; a printed result
outside of them contradicts its own inputs. They are exact: the functions are monotone
in each input, so the extremes lie at the corners of the box of inputs.
"""

import itertools
import math
from typing import NamedTuple

from aconv.companion.stats.comparison import Summary, t_test, two_tailed_p

Ends = tuple[float, float]


class Interval(NamedTuple):
    """A closed interval of numbers."""

    low: float
    high: float

    def overlaps(self, other: Ends) -> bool:
        """Whether any number lies in both intervals."""
        low, high = other
        return self.low <= high and low <= self.high


def t_test_bounds(
    mean_a: Ends,
    std_a: Ends,
    n_a: int,
    mean_b: Ends,
    std_b: Ends,
    n_b: int,
    *,
    ddof: int = 0,
) -> tuple[Interval, Interval]:
    """Return the t and p that Student's test can give for rounded summary numbers.

    An end of the interval of t is infinite where both standard deviations can be 0.
    """
    corners = []
    for m_a, s_a, m_b, s_b in itertools.product(mean_a, std_a, mean_b, std_b):
        a, b = Summary(m_a, s_a, n_a, ddof), Summary(m_b, s_b, n_b, ddof)
        t = t_test(a, b).t
        # Equal means without spread: t may be anything from 0 to infinity nearby, and
        # the other corners bound it.
        corners.append(0.0 if math.isnan(t) else t)
    t = Interval(min(corners), max(corners))
    return t, two_tailed_p_bounds(t, n_a + n_b - 2)


def two_tailed_p_bounds(t: Ends, df: float) -> Interval:
    """Return the two-tailed p-values that an interval of t allows."""
    low, high = t
    nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    farthest = max(abs(low), abs(high))
    return Interval(two_tailed_p(farthest, df), two_tailed_p(nearest, df))


def maximum_bounds(mean: Ends, std: Ends, n: int) -> Interval:
    """Return the maxima that n scores of given mean and spread can have.

    With a standard deviation s that divides by n, the maximum is at least s / √(n − 1)
    and at most s √(n − 1) above the mean (Samuelson 1968): one score below or above
    all others, which are equal.
    """
    reach = math.sqrt(n - 1)
    return Interval(mean[0] + std[0] / reach, mean[1] + std[1] * reach)


def holds_proportion(interval: Ends, count: int) -> bool:
    """Whether a proportion of ``count`` equal items lies in an interval.

    An accuracy on N images is a multiple of 1/N, so a printed accuracy that no multiple
    rounds to was not measured on N images (the GRIM test of Brown and Heathers 2017).
    """
    # Rounding may reach past the ends of the scale: 100 % is 99.995 to 100.005 %.
    low, high = max(interval[0], 0.0), min(interval[1], 1.0)
    # The ends are decimal fractions in binary: forgive their last bits.
    slack = 1e-12 * count
    return math.floor(high * count + slack) >= math.ceil(low * count - slack)
