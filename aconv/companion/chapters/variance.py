"""The chapter on the variance theorem: what it judges."""

import scipy.special

from aconv.companion.analysis.findings import Context, Finding, judge
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.stats.verdicts import verdict_from_checks

_CHAPTER = "variance_theorem"
_COUNTED = {
    "covered": "intervals contain the theorem's value",
    "inside": "measurements are where chance alone puts them",
}
# Chance to say no to a true claim.
_LEVEL = 0.001


@judge("variance")
def variance_of_weights(claim: PaperClaim, context: Context) -> Finding:
    """Judge by how many 95 % intervals, or measurements, are where they should be."""
    (counted,) = claim.arguments
    values = context.values(_CHAPTER)
    count, total = values[counted], values[f"{counted}_of"]
    chance_of_fewer = scipy.special.bdtr(count, total, 0.95)
    text = f"{count} of {total} {_COUNTED[counted]}"
    return Finding(
        verdict_from_checks([chance_of_fewer >= _LEVEL]), text, context.origin(_CHAPTER)
    )


@judge("gradient_variance")
def variance_of_gradients(claim: PaperClaim, context: Context) -> Finding:
    """Judge Eq. (20), with an error that is independent of the input."""
    values = context.values(_CHAPTER)
    ratios = values["ratios"]
    # All intervals together miss a true claim with the chance above.
    two_sided = _LEVEL / 2 / len(ratios)
    reach = scipy.special.ndtri(two_sided) / scipy.special.ndtri(0.025)
    inside = [abs(r["ratio"] - 1) <= reach * r["half"] for r in ratios]
    low, high = (end(r["ratio"] for r in ratios) for end in (min, max))
    text = (
        f"{low:.2f} to {high:.2f} of Eq. (20) with an error independent of the "
        f"input; {values['dependent']:.1f} with that of a loss at a narrow envelope"
    )
    return Finding(verdict_from_checks([all(inside)]), text, context.origin(_CHAPTER))
