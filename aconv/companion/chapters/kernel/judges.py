"""The chapter on the adaptive kernel: what it judges."""

import numpy as np

from aconv.companion.analysis.findings import Context, Finding, judge
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.stats.verdicts import verdict_from_checks, verdict_from_formula

_CHAPTER = "adaptive_kernel"
# Double precision agrees to some 1e-16; a wrong formula is off by a tenth and more.
EXACT = 1e-10
CHECKS = {
    "product": "output",
    "weights": "derivative of weights",
    "aperture": "derivative of apertures",
    "folded": "folded network",
    "scale": "mean square of the coefficients",
    "strides": "output and derivatives with strides (2, 3) or dilation (2, 1)",
}


@judge("kernel")
def formulas(claim: PaperClaim, context: Context) -> Finding:
    """Judge by the errors named, or by "size": that a larger aperture gives more."""
    values = context.values(_CHAPTER)
    passed, texts = [], []
    for name in claim.arguments:
        if name == "size":
            sizes = values["sizes"]
            passed.append(bool(np.all(np.diff(sizes) > 0)))
            texts.append(f"{sizes[0]:.1f} to {sizes[-1]:.1f} pixels")
        else:
            error = values["errors"][name]
            passed.append(error < EXACT)
            size = f"off by {error:.0e}" if error else "equal to the last bit"
            texts.append(f"{CHECKS[name]} {size}")
    return Finding(
        verdict_from_checks(passed), "; ".join(texts), context.origin(_CHAPTER)
    )


@judge("kernel_misprint")
def derivative_of_the_envelope(claim: PaperClaim, context: Context) -> Finding:
    """Judge Eq. (12)."""
    errors = context.values(_CHAPTER)["errors"]
    text = (
        f"as printed off by {100 * errors['printed']:.0f} % of the largest "
        f"derivative; without the factor 2 by {100 * errors['without_2']:.0f} %; with "
        f"the missing term as well by {errors['aperture']:.0e}"
    )
    verdict = verdict_from_formula(
        errors["printed"] < EXACT, errors["aperture"] < EXACT
    )
    return Finding(verdict, text, context.origin(_CHAPTER))


@judge("kernel_indices")
def indices(claim: PaperClaim, context: Context) -> Finding:
    """Judge the indices of Eqs. (23) and (24)."""
    errors = context.values(_CHAPTER)["errors"]
    text = (
        f"so taken, the derivative is off by {errors['indices']:.2f} of the "
        f"largest; with (i + k, j + l) by {errors['weights']:.0e}"
    )
    verdict = verdict_from_formula(errors["indices"] < EXACT, errors["weights"] < EXACT)
    return Finding(verdict, text, context.origin(_CHAPTER))
