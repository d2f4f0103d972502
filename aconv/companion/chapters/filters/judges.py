"""The chapter on learning image filters: what it judges."""

import numpy as np

from aconv.companion.analysis.findings import Context, Finding, judge
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.paper.numbers import number
from aconv.companion.stats import verdicts
from aconv.companion.stats.formatting import format_interval

_CHAPTER = "filter_learning"
# A kernel is learned if its output explains so much of its target's variance.
LEARNED = 0.9
# An aperture has moved if it changed by so much of its initial value.
_MOVED = 0.1


@judge("filters")
def learned(claim: PaperClaim, context: Context) -> Finding:
    """Judge what the layer of nine kernels learns, and how fast.

    One of "learned" (the adaptive kernels), "both_learn", "converges", "most_converge"
    and "most_move": whether every kernel or seed bears it out.
    """
    (aspect,) = claim.arguments
    values = context.values(_CHAPTER)
    adaptive = np.array(values["explained_adaptive"]) > LEARNED
    ordinary = np.array(values["explained_ordinary"]) > LEARNED
    moved = np.array(values["moved"]) > _MOVED
    settled, early = np.array(values["settled"]), np.array(values["early"])
    latest = number("filters.convergence.high").value
    of = f"of {len(adaptive)}"
    explain = f"explain over {100 * LEARNED:g} % of the variance of their targets"
    cases = {
        "learned": (
            adaptive,
            f"the outputs of {adaptive.sum()} {of} kernels {explain}",
        ),
        "both_learn": (
            np.concatenate([adaptive, ordinary]),
            f"the outputs of {adaptive.sum()} {of} adaptive and {ordinary.sum()} {of} "
            f"ordinary kernels {explain}",
        ),
        "converges": (
            settled <= latest,
            f"after {settled.min()} to {settled.max()} of {values['updates']} updates, "
            f"median over seeds {np.median(settled):.0f}",
        ),
        "most_converge": (
            early > 0.5,
            f"{100 * early.mean():.0f} % of the apertures by update {latest}",
        ),
        "most_move": (
            moved,
            f"{moved.sum()} of {len(moved)} apertures move by over {100 * _MOVED:g} %",
        ),
    }
    agree, text = cases[aspect]
    verdict = (
        verdicts.verdict_from_convergence(agree, values["updates"], latest)
        if aspect in ("converges", "most_converge")
        else verdicts.verdict_from_cases(agree)
    )
    return Finding(verdict, text, context.origin(_CHAPTER))


@judge("filter_error")
def error(claim: PaperClaim, context: Context) -> Finding:
    """Judge that the adaptive error is lower, with the authors' penalty."""
    values = context.values(_CHAPTER)
    low, high = values["low"], values["high"]
    text = (
        f"{1e3 * values['adaptive']:.2f} against {1e3 * values['ordinary']:.2f} "
        f"thousandths, difference {format_interval(1e3 * low, 1e3 * high)}, with the "
        "penalty of the code"
    )
    return Finding(
        verdicts.direction(low, high, claimed=-1), text, context.origin(_CHAPTER)
    )
