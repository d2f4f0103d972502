"""The words for what evidence says of a claim, each with one meaning.

How a difference is turned into a word does not depend on who is ahead: exchanging the
arms, and with them the sign of the claim, changes nothing.
"""

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aconv.companion.stats.interim_analyses import LEVELS

# Below this gain per epoch, in percentage points, a training curve counts as level.
_LEVEL = 0.2
NEAR_PRINT = 2.0
"""Accuracies nearer than this to the printed one count as reproduced, in points."""

# Fewer epochs have no last third in which anything could be seen.
_FEWEST_EPOCHS = 6


class Verdict(enum.StrEnum):
    """What evidence says of a claim of the paper.

    "Holds", "holds in part" and "does not hold" are words for evidence at the paper's
    own scale, and for what is exact: formulas, settings, printed numbers. Shorter runs
    can only point one way or the other. "Misprint" is for what is printed and cannot be
    so, whatever an experiment says.
    """

    HOLDS = "holds"
    IN_PART = "holds in part"
    DOES_NOT_HOLD = "does not hold"
    SAME_WAY = "points the same way"
    OTHER_WAY = "points the other way"
    OPEN = "open"
    MISPRINT = "misprint"
    NOT_TESTED = "not tested"


FOR = (Verdict.HOLDS, Verdict.IN_PART, Verdict.SAME_WAY)
AGAINST = (Verdict.DOES_NOT_HOLD, Verdict.OTHER_WAY)
"""Verdicts on the side of a claim, and on the other, the strongest first."""


@dataclass(frozen=True)
class Claim:
    """The sign that a difference should have, 0 where the paper claims none.

    The margin is half the difference that it prints, not negative, 0 where it claims a
    direction and prints no size.
    """

    sign: int
    margin: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    Attributes:
        arms: "of a version" if each arm is as its version has it; "matched" if they
            differ in the envelope alone; "one kind" if both have the same kind of
            kernels.
        share: Updates of a run over those at full length, in [0, 1].
        seeds: Runs of the arm that has fewer.
        state: "complete" if the runs are as long as the paper's, "stable" if they are
            the first part of such runs, at whose end the arms no longer change places
            (see ``is_stable``), "short" otherwise.
        off_print: Accuracy of the ordinary network minus the one that the paper prints,
            in percentage points; zero where the paper prints none.
    """

    version: str
    arms: Literal["of a version", "matched", "one kind"]
    profile: str
    share: float
    seeds: int
    state: Literal["complete", "stable", "short"] = "short"
    off_print: float = 0.0

    @property
    def is_full_length(self) -> bool:
        """Whether runs are as long as the paper's, or stable before that."""
        return self.profile == "full" and self.state in ("complete", "stable")

    @property
    def at_scale(self) -> bool:
        """Whether they are at full length, with the seeds of a planned analysis."""
        return self.is_full_length and self.seeds >= min(LEVELS)

    @property
    def decides(self) -> bool:
        """Whether they can decide: at full length, of a network that is the paper's.

        Where the ordinary network is far from its printed accuracy, it is another one.
        """
        return self.at_scale and abs(self.off_print) <= NEAR_PRINT


@dataclass(frozen=True)
class Judgement:
    """A verdict, and why nothing was tested where that is the verdict."""

    verdict: Verdict
    reason: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.verdict.value, self.reason)))


def judge(
    low: float, high: float, claim: Claim, evidence: Evidence | None
) -> Judgement:
    """Return what an interval of a difference says of a claim.

    Signs are turned so that the claim is positive. Where the evidence decides, with
    the margin d, the claim holds if low > 0 and high >= d, holds in part (less than
    half of it) if low > 0 and high < d, does not hold if low <= 0 and high < d, and is
    open otherwise. Elsewhere the interval can only point, see ``direction``.

    The interval is the confidence interval corrected for the comparisons that belong
    together (``holm_confidences``), NaN where there is none, in the unit of the claim.
    """
    if not claim.sign:
        return Judgement(Verdict.NOT_TESTED, "no claim to test")
    if evidence is None:
        return Judgement(Verdict.NOT_TESTED, "no runs of both kinds")
    if math.isnan(low) or math.isnan(high):
        return Judgement(Verdict.NOT_TESTED, "fewer than two seeds per arm")
    if not evidence.decides:
        return Judgement(direction(low, high, claim.sign))
    if claim.sign < 0:
        low, high = -high, -low
    if low > 0:
        return Judgement(Verdict.HOLDS if high >= claim.margin else Verdict.IN_PART)
    return Judgement(Verdict.DOES_NOT_HOLD if high < claim.margin else Verdict.OPEN)


def direction(low: float, high: float, claimed: float) -> Verdict:
    """Return which way a difference points that is not of the paper's scale.

    ``claimed`` has the sign of the paper's difference, and is zero or NaN where it
    claims no direction; ``low`` and ``high`` are NaN where nothing is compared.
    """
    if not claimed or np.isnan([low, high, claimed]).any():
        return Verdict.NOT_TESTED
    if low <= 0 <= high:
        return Verdict.OPEN
    return Verdict.SAME_WAY if (low > 0) == (claimed > 0) else Verdict.OTHER_WAY


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """Return what verdicts on its parts say of a claim about several comparisons.

    What all say, if they agree. Else ``IN_PART`` if one of them holds, in part at
    least; of the others, ``OPEN`` if some are for the claim and some against it, and
    ``DOES_NOT_HOLD``, ``SAME_WAY`` or ``OTHER_WAY`` if one is and all others are open
    or weaker against it. What was not tested does not count.
    """
    found = set(verdicts) - {Verdict.NOT_TESTED}
    if not found:
        return Verdict.NOT_TESTED
    if len(found) == 1:
        return found.pop()
    if found & {Verdict.HOLDS, Verdict.IN_PART}:
        return Verdict.IN_PART
    against = [word for word in AGAINST if word in found]
    if Verdict.SAME_WAY in found:
        return Verdict.OPEN if against else Verdict.SAME_WAY
    return against[0] if against else Verdict.OPEN


def interval_in_range(low: float, high: float, claimed: tuple[float, float]) -> Verdict:
    """Return what an interval says of a claim that gives a range.

    What claims a range was measured on another machine, so that evidence only points.
    """
    if high < claimed[0] or low > claimed[1]:
        return Verdict.OTHER_WAY
    inside = claimed[0] <= low and high <= claimed[1]
    return Verdict.SAME_WAY if inside else Verdict.OPEN


def verdict_from_cases(agree: Iterable[bool]) -> Verdict:
    """Return what cases say of a claim that each bears out or not, such as kernels."""
    return combine(
        Verdict.SAME_WAY if one_agrees else Verdict.OTHER_WAY for one_agrees in agree
    )


def verdict_from_convergence(
    agree: Iterable[bool], updates: int, latest: int
) -> Verdict:
    """Return what cases say of a claim that training converges by update ``latest``.

    What settles is within a share of its last value, so that a short training settles
    early however it would have gone on: it must be twice as long as that.
    """
    return Verdict.NOT_TESTED if updates < 2 * latest else verdict_from_cases(agree)


def verdict_from_checks(passed: Iterable[bool]) -> Verdict:
    """Return what exact checks of its parts, at least one, say of a claim."""
    passed = list(passed)
    if all(passed):
        return Verdict.HOLDS
    return Verdict.IN_PART if any(passed) else Verdict.DOES_NOT_HOLD


def misprint_verdict(possible: Iterable[bool]) -> Verdict:
    """Return ``HOLDS`` if all printed things can be as printed, else ``MISPRINT``."""
    return Verdict.HOLDS if all(possible) else Verdict.MISPRINT


def verdict_from_formula(printed_is_exact: bool, mended_is_exact: bool) -> Verdict:
    """Return what checks of a printed formula and of the mended one say of it.

    That the mended formula is exact shows that the check itself is sound.
    """
    if printed_is_exact:
        return Verdict.HOLDS
    return Verdict.MISPRINT if mended_is_exact else Verdict.OPEN


def is_stable(training: np.ndarray, scores: np.ndarray, margin: float) -> bool:
    """Whether the arms of runs that were cut short no longer change places.

    That is whether, over the last third of the epochs, both training accuracies gain
    less than 0.2 points per epoch and the difference of the test accuracies stays
    within a range of ``margin`` points. Accuracies are those of both arms after each
    epoch, means over seeds in percent, shape (2, epochs).
    """
    if training.shape[1] < _FEWEST_EPOCHS:
        return False
    third = training.shape[1] // 3
    gains = (training[:, -1] - training[:, -third]) / (third - 1)
    difference = np.diff(scores[:, -third:], axis=0)
    return bool((gains < _LEVEL).all() and np.ptp(difference) <= margin)
