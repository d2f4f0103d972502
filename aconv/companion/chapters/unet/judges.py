"""Claims about the U-Net."""

import pandas as pd

from aconv.companion.analysis import evidence, segmentation
from aconv.companion.analysis.findings import (
    Context,
    Finding,
    NotTestedError,
    judge,
    summarise_comparisons,
)
from aconv.companion.analysis.overview import in_family
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.paper.numbers import number
from aconv.companion.stats import Claim, Verdict, combine

_SCORES = {
    "train_loss": "training loss",
    "peak": "peak accuracy",
    "border_accuracy": "accuracy at borders",
    "iou_border": "border IoU",
}


@judge("segmentation")
def scores(claim: PaperClaim, context: Context) -> Finding:
    """Judge that the adaptive U-Net is better in the scores named.

    The comparisons of one score with both ordinary networks are one family, but for the
    peak accuracy, which is in the overview. Of the training loss less is better.
    """
    records = context.records
    runs = records.runs("unet")
    judged = []
    for score in (name for name in claim.arguments if name in runs.columns):
        loss = score == "train_loss"
        table = segmentation.compare_networks(runs, score, scale=1.0 if loss else 100.0)
        if score == "peak":
            table = in_family(table, records.family)
        for against, rows in table.groupby("against", sort=False):
            arms = segmentation.ADAPTIVE, segmentation.ORDINARY[against]
            # Of the peak the paper says it in numbers, of the others in words.
            claimed = Claim(-1 if loss else 1)
            if score == "peak":
                claimed = segmentation.printed_claim(arms[1])
            found = evidence.judge_comparisons(
                rows, claimed, records.curves("unet"), *arms
            )
            unit = "" if loss else " points"
            label = f"{_SCORES[score]} against {against}"
            judged.append(found.assign(label=label, unit=unit))
    if not judged:
        raise NotTestedError("no two recorded seeds")
    return summarise_comparisons(pd.concat(judged, ignore_index=True))


@judge("segmentation_onset")
def onset(claim: PaperClaim, context: Context) -> Finding:
    """Judge the printed epoch from which the networks overfit.

    A run overfits from the epoch of its lowest validation loss if the loss is higher
    after the last one.
    """
    runs = context.records.runs("unet")
    if not len(runs):
        raise NotTestedError("no recorded runs")
    printed = number("unet.overfitting_from")
    length, lowest = int(runs["epochs"].max()), 1 + runs["val_loss_epoch"]
    if length <= printed.value:
        verdict, text = Verdict.NOT_TESTED, f"the runs have {length} epochs"
    else:
        early = lowest < printed.value - printed.precision
        late = ~early & (runs["val_loss_rise"] > 0)
        words = {(True, False): Verdict.SAME_WAY, (False, True): Verdict.OTHER_WAY}
        verdict = combine(
            words.get(of_run, Verdict.OPEN) for of_run in zip(late, early, strict=True)
        )
        epochs = f"{lowest.min()} to {lowest.max()} of {length}"
        text = f"lowest validation loss in epochs {epochs}"
    described = evidence.describe_evidence([evidence.evidence_of(runs)])
    return Finding(verdict, text, described, f"about {printed.value} epochs")
