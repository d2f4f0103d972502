"""The words for what evidence says of a claim, each with one meaning.

How a difference is turned into a word does not depend on who is ahead: exchanging the
arms exchanges "points the same way" with "points the other way" and changes nothing
else.
"""

import enum
import math

import numpy as np
from numpy.typing import ArrayLike

from aconv.companion.stats.comparison import holm


class Verdict(enum.StrEnum):
    """What evidence says of a claim of the paper.

    "Holds" and "does not hold" are words for evidence at the paper's own scale. Runs
    that are shorter, or on fewer images, can only point one way or the other.
    """

    HOLDS = "holds"
    IN_PART = "holds in part"
    DOES_NOT_HOLD = "does not hold"
    SAME_WAY = "points the same way"
    OTHER_WAY = "points the other way"
    OPEN = "open"
    NOT_TESTED = "not tested"


def direction(low: float, high: float, claimed: float) -> Verdict:
    """Says which way a difference points that was not measured at the paper's scale.

    Args:
        low: Lower end of the confidence interval of the difference, in any unit; NaN
            where there is nothing to compare.
        high: Its upper end.
        claimed: A number with the sign that the paper's difference has; zero or NaN
            where the paper claims no direction.

    Returns:
        ``SAME_WAY`` or ``OTHER_WAY`` if the interval excludes zero on the side of
        ``claimed`` or on the other side, ``OPEN`` if it contains zero, and
        ``NOT_TESTED`` without an interval or without a claim.

    Example:
        >>> direction(0.1, 0.4, claimed=1).value, direction(0.1, 0.4, claimed=-1).value
        ('points the same way', 'points the other way')
    """
    if math.isnan(low) or math.isnan(high) or not claimed or math.isnan(claimed):
        return Verdict.NOT_TESTED
    sign = 1 if low > 0 else -1 if high < 0 else 0
    if not sign:
        return Verdict.OPEN
    return Verdict.SAME_WAY if sign * claimed > 0 else Verdict.OTHER_WAY


def direction_of_all(
    differences: ArrayLike, p_values: ArrayLike, level: float = 0.05
) -> Verdict:
    """Says which way several differences point that a claim says are all positive.

    Args:
        differences: Differences, shape (m,), of which the claim has the signs turned so
            that it says that they are positive.
        p_values: Their two-tailed p-values, shape (m,), not corrected.
        level: Level of significance after Holm's correction for all m.

    Returns:
        ``SAME_WAY`` if at least one is significantly positive and none significantly
        negative, ``OTHER_WAY`` the other way round, ``OPEN`` if neither or both are,
        ``NOT_TESTED`` if there are none.

    Example:
        >>> direction_of_all([1, 2], [0.01, 0.3]).value
        'points the same way'
    """
    differences = np.asarray(differences, dtype=float)
    if not differences.size:
        return Verdict.NOT_TESTED
    significant = holm(p_values) < level
    positive = bool((significant & (differences > 0)).any())
    negative = bool((significant & (differences < 0)).any())
    if positive == negative:
        return Verdict.OPEN
    return Verdict.SAME_WAY if positive else Verdict.OTHER_WAY
