"""What verdicts comparisons of arms allow, and what the verdicts rest on."""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from aconv.companion.analysis.accuracy import CELL, Selection, select
from aconv.companion.analysis.judging_version import printed_ordinary
from aconv.companion.analysis.scale import percent
from aconv.companion.stats.formatting import format_span
from aconv.companion.stats.verdicts import NEAR_PRINT, Claim, Evidence, is_stable, judge
from aconv.companion.studies.arms import ARMS
from aconv.companion.studies.catalog import make_settings


def judge_comparisons(
    table: pd.DataFrame,
    claims: Claim | Mapping[str, Claim],
    curves: pd.DataFrame,
    *arms: Selection,
) -> pd.DataFrame:
    """Add ``evidence`` and ``judgement`` to comparisons, by what the paper claims.

    In percentage points. A column ``mean_ordinary`` has the accuracy of the ordinary
    network where that is not the mean of the second arm.
    """
    evidence, judgements = [], []
    for row in table.itertuples():
        claim = claims if isinstance(claims, Claim) else claims[row.dataset]
        known = Evidence(
            version=row.version,
            arms=_relation(row, *arms),
            profile=row.profile,
            share=row.share,
            seeds=min(row.n_first, row.n_second),
            state=_state(row, curves, arms, claim.margin),
            off_print=_off_print(row, *arms),
        )
        evidence.append(known)
        judgements.append(judge(row.low, row.high, claim, known))
    return table.assign(evidence=evidence, judgement=judgements)


def evidence_of(runs: pd.DataFrame) -> Evidence | None:
    """Return what the runs of one data set are worth together, compared or not.

    Seeds are those of both kinds at the size that has most; None if there are none.
    """
    if runs["kind"].nunique() < 2:
        return None
    counts = runs.groupby(["kernel_size", "kind"]).size().unstack(fill_value=0)
    seeds = int(counts.min(axis=1).max())
    if not seeds:
        return None
    version, profile = runs["version"].iloc[0], runs["profile"].iloc[0]
    share = runs["share"].min()
    state = "complete" if profile == "full" and share == 1 else "short"
    return Evidence(version, "of a version", profile, share, seeds, state)


def describe_evidence(evidence: Iterable[Evidence | None]) -> str:
    """Return what verdicts rest on, in words; a dash if there is nothing."""
    evidence = [known for known in evidence if known is not None]
    if not evidence:
        return "–"
    versions = ", ".join(dict.fromkeys(e.version for e in evidence))
    relations = dict.fromkeys(e.arms for e in evidence if e.arms != "of a version")
    groups: dict[str, list[Evidence]] = {}
    # The longest first: a range over unlike runs would say nothing.
    for known in sorted(evidence, key=lambda e: -e.share):
        groups.setdefault(_length(known), []).append(known)
    texts = [_group(length, group) for length, group in groups.items()]
    texts.append(", ".join([f"version {versions}", *relations]))
    far = [e.off_print for e in evidence if e.is_full_length]
    far = [value for value in far if abs(value) > NEAR_PRINT]
    sides = {"below": [-v for v in far if v < 0], "above": [v for v in far if v > 0]}
    for side, values in sides.items():
        if values:
            points = _span(values, "{:.1f}".format)
            texts.append(f"ordinary kernels {points} points {side} the paper's")
    return "; ".join(texts)


def _length(evidence: Evidence) -> str:
    """Return what runs are called by their length."""
    if evidence.state == "complete":
        return "full length"
    if evidence.profile == "full":
        return f"begun at full length{', stable' * (evidence.state == 'stable')}"
    return evidence.profile


def _group(length: str, evidence: list[Evidence]) -> str:
    """Return such as "short (0.4 to 2.7 % of the paper's training), 5 seeds"."""
    shares = _span([e.share for e in evidence], percent)
    seeds = _span([e.seeds for e in evidence], str)
    # A "demo" is of images that are not the paper's.
    is_share = length not in ("full length", "demo")
    share = f" ({shares} % of the paper's training)" if is_share else ""
    return f"{length}{share}, {seeds} seed{'s' * (seeds != '1')}"


def _relation(row: object, first: Selection, second: Selection) -> str:
    """What two arms have in common."""
    if first["arm"] == second["arm"]:
        return "one kind"
    network = row.study, row.version, row.profile, row.dataset
    sizes, settings = [], []
    for selection in (first, second):
        sizes.append(selection.get("kernel_size", getattr(row, "kernel_size", 0)))
        arm = ARMS[str(selection["arm"])]
        settings.append(make_settings(*network, arm, int(sizes[-1])))
    is_matched = sizes[0] == sizes[1] and settings[0].is_matched_with(settings[1])
    return "matched" if is_matched else "of a version"


def _off_print(row: object, first: Selection, second: Selection) -> float:
    """How far the ordinary network is from the accuracy that the paper prints of it.

    Of a size that the paper does not print, from that of the size that it does print.
    """
    kinds = [ARMS[str(selection["arm"])].layer for selection in (first, second)]
    ordinary = getattr(row, "mean_ordinary", math.nan)
    if math.isnan(ordinary) and kinds == ["adaptive", "ordinary"]:
        ordinary = row.mean_second
    size = second.get("kernel_size", getattr(row, "kernel_size", None))
    printed = printed_ordinary(row.study)
    of_set = [mean for (dataset, _), mean in printed.items() if dataset == row.dataset]
    if not of_set or math.isnan(ordinary):
        return 0.0
    return float(ordinary - printed.get((row.dataset, size), of_set[0]))


def _span(values: list[float], text: Callable[[float], str]) -> str:
    return format_span(text(min(values)), text(max(values)))


def _state(
    row: object, curves: pd.DataFrame, arms: tuple[Selection, Selection], margin: float
) -> str:
    """Whether the runs of a comparison are complete, or stable where they are not."""
    if row.profile != "full":
        return "short"
    if row.share == 1:
        return "complete"
    cell = {name: getattr(row, name) for name in CELL if hasattr(row, name)}
    of_arms = [select(curves, cell | dict(arm)).groupby("epoch") for arm in arms]
    training, scores = (
        np.stack([100 * of_arm[name].mean().to_numpy() for of_arm in of_arms])
        for name in ("accuracy", "val_accuracy")
    )
    return "stable" if is_stable(training, scores, margin) else "short"
