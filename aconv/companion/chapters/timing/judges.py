"""The chapter on time: what it judges."""

from aconv.companion.analysis.findings import Context, Finding, NotTestedError, judge
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.paper.consistency import printed_slowdown
from aconv.companion.stats import combine, interval_in_range

_CHAPTER = "timing"
# Times that differ by no more are the same.
TOLERANCE = 0.05
SAME = (1 - TOLERANCE, 1 + TOLERANCE)
_NO_NETWORK = "no times of the paper's network are kept"


@judge("slowdown")
def slowdown(claim: PaperClaim, context: Context) -> Finding:
    """Judge the ratio of training steps, at each kernel size."""
    printed, _ = printed_slowdown()
    values = context.values(_CHAPTER)
    if "training" not in values:
        raise NotTestedError(_NO_NETWORK)
    rows = values["training"]
    text = ", ".join(
        f"{row['size']}×{row['size']} {row['median']:.2f} "
        f"[{row['low']:.2f}, {row['high']:.2f}]"
        for row in rows
    )
    verdict = combine(interval_in_range(r["low"], r["high"], printed) for r in rows)
    return Finding(verdict, text, context.origin(_CHAPTER))


@judge("timing_parts")
def extra_time(claim: PaperClaim, context: Context) -> Finding:
    """Judge what the extra time depends on.

    Any of "independent" (of the image), "size_only" (and not on the number of filters)
    and "removed" (by folding).
    """
    values = context.values(_CHAPTER)
    verdicts, texts = [], []
    if "independent" in claim.arguments:
        low, high = values["share"]
        verdicts.append(interval_in_range(low, high, (-TOLERANCE, TOLERANCE)))
        texts.append(
            f"with larger images the extra time changes by {100 * low:.1f} to "
            f"{100 * high:.1f} % of what the convolution takes longer ({verdicts[-1]})"
        )
    if "size_only" in claim.arguments:
        low, high = values["with_filters"]
        verdicts.append(interval_in_range(low, high, SAME))
        few, *_, many = values["filter_numbers"]
        texts.append(
            f"from {few} to {many} filters it grows {low:.1f}- to {high:.1f}-fold "
            f"({verdicts[-1]})"
        )
    if "removed" in claim.arguments:
        if "folded" not in values:
            raise NotTestedError(_NO_NETWORK)
        rows = values["folded"]
        verdicts += [interval_in_range(row["low"], row["high"], SAME) for row in rows]
        low, high = min(r["low"] for r in rows), max(r["high"] for r in rows)
        texts.append(f"folded over ordinary [{low:.2f}, {high:.2f}] over all sizes")
    return Finding(combine(verdicts), "; ".join(texts), context.origin(_CHAPTER))
