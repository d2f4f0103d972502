"""Claims about the simple network and the ResNet."""

import dataclasses
from collections.abc import Iterator, Sequence

import pandas as pd

from aconv.companion.analysis import accuracy, apertures, evidence
from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY, SETTING
from aconv.companion.analysis.decomposition import TRAINED_APERTURES, longest
from aconv.companion.analysis.findings import (
    Context,
    Finding,
    NotTestedError,
    Records,
    judge,
    summarise_comparisons,
)
from aconv.companion.analysis.overview import NETWORKS, in_family
from aconv.companion.chapters.classification.apertures import SEVERAL
from aconv.companion.datasets import info
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.runs import get_study
from aconv.companion.stats import Claim, Verdict, combine, direction, mean_interval
from aconv.companion.stats.formatting import format_estimate

_TOO_FEW = "no two recorded seeds of both arms"


@judge("comparison")
def comparison(claim: PaperClaim, context: Context) -> Finding:
    """Judge a printed comparison of accuracies, of a study and a data set.

    Of the U-Net the ordinary network is named, with "_" for a space.
    """
    study, name = claim.arguments
    title = info(name).title if study != "unet" else f"against {name.replace('_', ' ')}"
    table = context.records.comparisons
    (row,) = table[
        (table["network"] == NETWORKS[study]) & (table["comparison"] == title)
    ].to_dict("records")
    verdict, reason = row["judgement"].verdict, row["judgement"].reason
    paper = (
        f"{format_estimate(row['paper'], row['paper_low'], row['paper_high'])} points"
    )
    if not row["seeds"]:
        return Finding(verdict, reason, paper=paper)
    ours = f"{format_estimate(row['difference'], row['low'], row['high'])} points"
    text = f"{ours} at {row['size']}" + (f"; {reason}" if reason else "")
    return Finding(verdict, text, evidence.describe_evidence([row["evidence"]]), paper)


@judge("best_size")
def best_size(claim: PaperClaim, context: Context) -> Finding:
    """Judge that adaptive kernels are better at the best size, on all data sets."""
    family = context.records.family
    return _summarise(family[family["study"].isin(claim.arguments)])


@judge("best_size_but_faces")
def best_size_but_faces(claim: PaperClaim, context: Context) -> Finding:
    """Judge the same of all data sets but the faces, as Table 3 prints it."""
    family = context.records.family
    of_study = family[family["study"].isin(claim.arguments)]
    return _summarise(of_study[of_study["dataset"] != "lfw_faces"])


@judge("trained")
def trained(claim: PaperClaim, context: Context) -> Finding:
    """Judge that the simple network gains by sizes that adapt.

    By the step from apertures that are kept to trained ones, of the longest runs of
    each data set.
    """
    found = _summarise(longest(context.records.judged_step(TRAINED_APERTURES)))
    # No ordinary kernel is in it, though the claim names them.
    return dataclasses.replace(
        found, ours=f"trained minus kept apertures: {found.ours}"
    )


@judge("every_size")
def every_size(claim: PaperClaim, context: Context) -> Finding:
    """Judge that adaptive kernels are better at every size over 3×3."""
    records = context.records
    return _together(records, [_over_smallest(records, s) for s in claim.arguments])


@judge("clear_gains")
def clear_gains(claim: PaperClaim, context: Context) -> Finding:
    """Judge the gains at sizes over 3×3 on the data sets that the paper names."""
    study, *datasets = claim.arguments
    table = _over_smallest(context.records, study)
    return _together(context.records, [table[table["dataset"].isin(datasets)]])


@judge("larger")
def larger(claim: PaperClaim, context: Context) -> Finding:
    """Judge that kernels of a kind do better if they are larger than 3×3."""
    kind, *studies = claim.arguments
    arm = {"arm": kind}
    sweeps = map(context.records.sweep, studies)
    tables = [accuracy.compare_with_smallest(sweep, arm) for sweep in sweeps]
    return _together(context.records, tables, arms=(arm, arm))


@judge("against_smallest")
def against_smallest(claim: PaperClaim, context: Context) -> Finding:
    """Judge adaptive kernels of the best size against ordinary 3×3 kernels."""
    tables = []
    for study in claim.arguments:
        runs = context.records.sweep(study)
        smallest = min(get_study(study).kernel_sizes)
        sizes = accuracy.best_sizes(runs)
        adaptive = accuracy.at_sizes(accuracy.select(runs, ADAPTIVE), sizes)
        ordinary = accuracy.select(runs, {**ORDINARY, "kernel_size": smallest})
        both = pd.concat([adaptive, ordinary])
        found = accuracy.compare(both, ADAPTIVE, ORDINARY, by=SETTING)
        tables.append(found.assign(kernel_size=found["dataset"].map(sizes)))
    return _together(context.records, tables)


@judge("apertures")
def sizes_of_a_layer(claim: PaperClaim, context: Context) -> Finding:
    """Judge that a layer has kernels of "several" sizes, or that they are "learned".

    A layer has several sizes by the 10th and the 90th percentile of its filters'. It
    learns them if the interval over seeds of the change of their standard deviation is
    above zero, from the paper's start and from starts of one size. By the largest
    kernels on Fashion-MNIST, as in Figure 5 f, if recorded.
    """
    aspect, *studies = claim.arguments
    verdicts, texts, known = [], [], []
    for study in studies:
        paths = context.records.apertures(study)
        if not len(paths):
            continue
        paths = apertures.at_largest_size(apertures.of_shown_set(paths))
        dataset, size = paths[["dataset", "kernel_size"]].iloc[0]
        changes = apertures.first_and_last(paths)
        if changes["seed"].nunique() < 2:
            continue
        if aspect == "several":
            summary = apertures.summarise_changes(changes)
            width, before = (
                float((summary[f"{at}largest"] - summary[f"{at}smallest"]).min())
                for at in ("", "first_")
            )
            excess = width - SEVERAL
            verdicts.append(direction(excess, excess, 1))
            text = (
                f"at least {width:.1f} pixels between the 10th and 90th percentile, "
                f"over {SEVERAL:g} ({before:.1f} before training)"
            )
        else:
            verdict, change = _spread_change(changes)
            verdicts.append(verdict)
            text = f"standard deviation of a layer's sizes changed by {change} pixels"
        runs = context.records.runs(study)
        of = runs[(runs["dataset"] == dataset) & (runs["kernel_size"] == size)]
        known.append(evidence.evidence_of(of))
        texts.append(f"{NETWORKS[study]}, {info(dataset).title}: {text}")
    if not verdicts:
        raise NotTestedError("no two recorded seeds")
    if aspect == "learned" and "simple" in studies:
        for start, changes in _starts_of_one_size(context.records.starts):
            verdict, change = _spread_change(changes)
            verdicts.append(verdict)
            title, seeds = info(changes["dataset"].iloc[0]).title, changes["seed"]
            runs = f"{title}, short, {seeds.nunique()} seeds"
            texts.append(
                f"from {start} everywhere, where they cannot become more alike "
                f"({runs}): {change}"
            )
    return Finding(
        combine(verdicts), "; ".join(texts), evidence.describe_evidence(known)
    )


def _spread_change(changes: pd.DataFrame) -> tuple[Verdict, str]:
    over_seeds = apertures.spread_changes(changes)
    low, high = mean_interval(over_seeds)
    estimate = format_estimate(over_seeds.mean(), low, high)
    return direction(low, high, 1), estimate


def _starts_of_one_size(starts: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for start, changes in starts.groupby("start", sort=False):
        if changes["first"].nunique() == 1:
            yield str(start), changes


def _over_smallest(records: Records, study: str) -> pd.DataFrame:
    runs = records.runs(study)
    smallest = min(get_study(study).kernel_sizes)
    return accuracy.compare(runs[runs["kernel_size"] > smallest], ADAPTIVE, ORDINARY)


def _together(
    records: Records,
    tables: Sequence[pd.DataFrame],
    *,
    arms: tuple = (ADAPTIVE, ORDINARY),
) -> Finding:
    """Judge that the first of two arms is better, on several data sets together.

    They are one family, but for comparisons that are in the overview.
    """
    if not any(map(len, tables)):
        raise NotTestedError(_TOO_FEW)
    family = accuracy.adjust_for_multiplicity(accuracy.concat_comparisons(tables))
    if arms == (ADAPTIVE, ORDINARY):
        family = in_family(family, records.family)
    judged = [
        evidence.judge_comparisons(rows, Claim(1), records.curves(study), *arms)
        for study, rows in family.groupby("study", sort=False)
    ]
    return _summarise(pd.concat(judged, ignore_index=True))


def _summarise(judged: pd.DataFrame) -> Finding:
    """Sum up comparisons that were judged, each with a label."""
    if not len(judged):
        raise NotTestedError(_TOO_FEW)
    labels = [
        f"{NETWORKS[row.study]}, {info(row.dataset).title}, "
        f"{row.kernel_size:.0f}×{row.kernel_size:.0f}"
        for row in judged.itertuples()
    ]
    return summarise_comparisons(judged.assign(label=labels, unit=" points"))
