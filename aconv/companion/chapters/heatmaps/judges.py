"""The chapter on heatmaps: what it judges."""

from aconv.companion.analysis.findings import Context, Finding, NotTestedError, judge
from aconv.companion.datasets import info
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.stats import combine, direction
from aconv.companion.stats.formatting import format_interval

_CHAPTER = "heatmaps"


@judge("heatmaps")
def sharpness(claim: PaperClaim, context: Context) -> Finding:
    """Judge, over all sets of images, a claim that is given with "_" for spaces."""
    (words,) = claim.arguments
    wanted = words.replace("_", " ")
    verdicts, texts = [], []
    for images in context.values(_CHAPTER)["images"]:
        rows = [row for row in images["gaps"] if row["claim"] == wanted]
        if rows:
            verdicts.append(
                combine(direction(row["low"], row["high"], claimed=1) for row in rows)
            )
            intervals = ", ".join(
                f"{row['measure']} {format_interval(row['low'], row['high'])}"
                for row in rows
            )
            texts.append(f"{info(images['dataset']).title}: {intervals}")
    if not verdicts:
        raise NotTestedError("no recorded networks")
    return Finding(combine(verdicts), "; ".join(texts), context.origin(_CHAPTER))
