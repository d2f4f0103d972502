"""What rounded, printed numbers still allow.

A printed number stands for every number that rounds to it. From such intervals of means
and standard deviations follow intervals of t, of p and of the maximum; a printed result
outside of them contradicts its own inputs. All intervals here are exact, not
approximate: the functions are monotone in each input, so the extremes lie at the
corners of the box of inputs.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aconv.companion.stats._check import delta_degrees, whole_number
from aconv.companion.stats.comparison import Summary, t_test, two_tailed_p


class Interval(NamedTuple):
    """A closed interval of numbers."""

    low: float
    high: float

    def overlaps(self, other: Sequence[float]) -> bool:
        """Whether any number lies in both intervals."""
        low, high = other
        return self.low <= high and low <= self.high


@dataclass(frozen=True)
class TTestBounds:
    """Values that a t-test can take, given the intervals of its inputs.

    Attributes:
        t: Interval of the statistic.
        p: Interval of the two-tailed p-value.
    """

    t: Interval
    p: Interval


def t_test_bounds(
    mean_a: Sequence[float],
    std_a: Sequence[float],
    n_a: int,
    mean_b: Sequence[float],
    std_b: Sequence[float],
    n_b: int,
    *,
    ddof: int = 0,
) -> TTestBounds:
    """Return the t and p that Student's test can give for rounded summary numbers.

    Args:
        mean_a: Lowest and highest possible mean of the first arm.
        std_a: Lowest and highest possible standard deviation of the first arm.
        n_a: Number of scores of the first arm, at least 2.
        mean_b: As ``mean_a``, for the second arm.
        std_b: As ``std_a``, for the second arm.
        n_b: As ``n_a``, for the second arm.
        ddof: 0 if the standard deviations divide by n, 1 if by n − 1.

    Returns:
        The intervals of t and of the two-tailed p. An end of the interval of t is
        infinite where both standard deviations can be 0.

    Raises:
        ValueError: If an interval is reversed or not finite, a standard deviation is
            negative, or ``n_a``, ``n_b`` or ``ddof`` is out of range.

    Example:
        >>> bounds = t_test_bounds(
        ...     (0.90585, 0.90595), (0.0075, 0.0085), 5,
        ...     (0.88765, 0.88775), (0.0115, 0.0125), 5,
        ... )
        >>> [round(end, 2) for end in bounds.t]
        [2.39, 2.67]
    """
    boxes = [
        _interval(name, ends)
        for name, ends in (
            ("mean_a", mean_a),
            ("std_a", std_a),
            ("mean_b", mean_b),
            ("std_b", std_b),
        )
    ]
    corners = []
    for m_a, s_a, m_b, s_b in itertools.product(*boxes):
        a, b = Summary(m_a, s_a, n_a, ddof), Summary(m_b, s_b, n_b, ddof)
        t = t_test(a, b).t
        # Equal means without spread: t may be anything from 0 to infinity nearby, and
        # the other corners bound it.
        corners.append(0.0 if math.isnan(t) else t)
    t = Interval(min(corners), max(corners))
    return TTestBounds(t=t, p=two_tailed_p_bounds(t, n_a + n_b - 2))


def two_tailed_p_bounds(t: Sequence[float], df: float) -> Interval:
    """Return the two-tailed p-values that an interval of t allows.

    Args:
        t: Lowest and highest possible t.
        df: Degrees of freedom, positive.

    Returns:
        The interval of p.

    Raises:
        ValueError: If the interval is reversed or holds NaN, or ``df`` is not positive.

    Example:
        >>> [round(p, 3) for p in two_tailed_p_bounds((2.715, 2.725), 8)]
        [0.026, 0.026]
    """
    t = _interval("t", t, finite=False)
    nearest = 0.0 if t.low <= 0 <= t.high else min(abs(t.low), abs(t.high))
    farthest = max(abs(t.low), abs(t.high))
    return Interval(two_tailed_p(farthest, df), two_tailed_p(nearest, df))


def maximum_bounds(
    mean: Sequence[float], std: Sequence[float], n: int, *, ddof: int = 0
) -> Interval:
    """Return the maxima that n scores of given mean and spread can have.

    With a standard deviation s that divides by n, the maximum is at least s / √(n − 1)
    and at most s √(n − 1) above the mean (Samuelson 1968): one score below or above
    all others, which are equal.

    Args:
        mean: Lowest and highest possible mean.
        std: Lowest and highest possible standard deviation.
        n: Number of scores, at least 2.
        ddof: 0 if the standard deviation divides by n, 1 if by n − 1.

    Returns:
        The interval of the maximum.

    Raises:
        ValueError: If an interval is reversed or not finite, the standard deviation is
            negative, or ``n`` or ``ddof`` is out of range.

    Example:
        >>> [round(end, 3) for end in maximum_bounds((0.5, 0.5), (0.01, 0.01), 5)]
        [0.505, 0.52]
    """
    mean, std = _interval("mean", mean), _interval("std", std)
    n, ddof = whole_number("n", n, minimum=2), delta_degrees(ddof)
    if std.low < 0:
        raise ValueError(f"`std` must not be negative. Received: {std.low}")
    per_n = math.sqrt((n - ddof) / n)
    reach = math.sqrt(n - 1)
    return Interval(
        mean.low + per_n * std.low / reach, mean.high + per_n * std.high * reach
    )


def holds_proportion(interval: Sequence[float], count: int) -> bool:
    """Whether a proportion of ``count`` equal items lies in an interval.

    An accuracy on N images is a multiple of 1/N, so a printed accuracy that no multiple
    rounds to was not measured on N images (the GRIM test of Brown and Heathers 2017).

    Args:
        interval: Lowest and highest possible proportion; what lies outside [0, 1] does
            not count.
        count: Number of items, at least 1.

    Returns:
        Whether k / count lies in the interval for some whole k.

    Raises:
        ValueError: If the interval is reversed or not finite, or ``count`` is not a
            positive integer.

    Example:
        >>> holds_proportion((0.8565, 0.8567), 756)
        False
    """
    low, high = _interval("interval", interval)
    count = whole_number("count", count, minimum=1)
    # Rounding may reach past the ends of the scale: 100 % is 99.995 to 100.005 %.
    low, high = max(low, 0.0), min(high, 1.0)
    # The ends are decimal fractions in binary: forgive their last bits.
    slack = 1e-12 * count
    return math.floor(high * count + slack) >= math.ceil(low * count - slack)


def _interval(name: str, ends: Sequence[float], finite: bool = True) -> Interval:
    try:
        low, high = (float(end) for end in ends)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be a pair of numbers (low, high). Received: {ends}"
        ) from error
    # A comparison with NaN is false.
    if not low <= high or (finite and not (math.isfinite(low) and math.isfinite(high))):
        raise ValueError(
            f"`{name}` must be a pair (low, high) of {'finite ' if finite else ''}"
            f"numbers with low <= high. Received: {ends}"
        )
    return Interval(low, high)
