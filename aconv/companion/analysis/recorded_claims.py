"""Claims that recorded runs speak to."""

from collections.abc import Callable

import pandas as pd

from aconv.companion.analysis import apertures, segmentation
from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    ORDINARY,
    SETTING,
    Selection,
    at_sizes,
    best_sizes,
    compare,
    compare_with_smallest,
    correct,
    select,
    together,
)
from aconv.companion.analysis.evidence import describe, evidence_of, judge_comparisons
from aconv.companion.analysis.findings import Finding, Records, not_tested
from aconv.companion.analysis.overview import NETWORKS, in_family
from aconv.companion.analysis.split import TRAINED, longest
from aconv.companion.datasets import info
from aconv.companion.paper.numbers import number
from aconv.companion.runs import get_study
from aconv.companion.stats import (
    Claim,
    Verdict,
    combine,
    direction,
    mean_interval,
)
from aconv.companion.stats.written import estimate

# A layer has several sizes if so many pixels lie between its small and large kernels.
_SEVERAL = 1.0
# The paper's kernels of Figure 5 f are of this set.
_KERNELS_OF = "fashion_mnist"


def comparison(records: Records, study: str, name: str) -> Finding:
    """Judges one printed comparison of accuracies.

    Args:
        records: The records.
        study: Name of the study.
        name: Data set, or the ordinary network of the U-Net with "_" for a space.

    Returns:
        The finding.
    """
    title = f"against {name.replace('_', ' ')}"
    if study != "unet":
        title = info(name).title
    table = records.comparisons
    (row,) = table[
        (table["network"] == NETWORKS[study]) & (table["comparison"] == title)
    ].to_dict("records")
    paper = f"{estimate(row['paper'], row['paper_low'], row['paper_high'])} points"
    if not row["seeds"]:
        return Finding(
            row["judgement"].verdict, str(row["judgement"].reason), "–", paper
        )
    ours = f"{estimate(row['difference'], row['low'], row['high'])} points"
    reason = row["judgement"].reason
    return Finding(
        row["judgement"].verdict,
        f"{ours} at {row['size']}" + (f"; {reason}" if reason else ""),
        describe([row["evidence"]]),
        paper,
    )


def best_size(records: Records, *studies: str) -> Finding:
    """Judges that adaptive kernels are better at the best size, on all data sets."""
    family = records.family
    return _printed(family[family["study"].isin(studies)])


def best_size_but_faces(records: Records, study: str) -> Finding:
    """Judges the same of all data sets but the faces, as Table 3 prints it."""
    family = records.family
    return _printed(
        family[(family["study"] == study) & (family["dataset"] != "lfw_faces")]
    )


def trained(records: Records) -> Finding:
    """Judges that the simple network gains by sizes that adapt.

    Args:
        records: The records.

    Returns:
        The finding: the step from apertures that are kept to trained ones, of the
        longest runs of each data set.
    """
    return _printed(longest(records.judged_step(TRAINED)))


def every_size(records: Records, *studies: str) -> Finding:
    """Judges that adaptive kernels are better at every size over 3×3."""
    return _classifications(records, studies, lambda study: _larger(records, study))


def clear_gains(records: Records, study: str, *datasets: str) -> Finding:
    """Judges the gains at sizes over 3×3 on the data sets that the paper names."""

    def named(study: str) -> pd.DataFrame:
        table = _larger(records, study)
        return table[table["dataset"].isin(datasets)]

    return _classifications(records, (study,), named)


def larger(records: Records, kind: str, *studies: str) -> Finding:
    """Judges that kernels of a kind do better if they are larger than 3×3."""
    arm = {"arm": kind}
    return _classifications(
        records,
        studies,
        lambda study: compare_with_smallest(records.sweep(study), arm),
        arms=(arm, arm),
    )


def against_smallest(records: Records, *studies: str) -> Finding:
    """Judges adaptive kernels of the best size against ordinary 3×3 kernels."""

    def table(study: str) -> pd.DataFrame:
        runs = records.sweep(study)
        smallest = min(get_study(study).kernel_sizes)
        sizes = best_sizes(runs, ADAPTIVE, ORDINARY)
        adaptive = at_sizes(select(runs, ADAPTIVE), sizes)
        ordinary = select(runs, {**ORDINARY, "kernel_size": smallest})
        found = compare(pd.concat([adaptive, ordinary]), ADAPTIVE, ORDINARY, by=SETTING)
        return found.assign(kernel_size=found["dataset"].map(sizes))

    return _classifications(records, studies, table)


def apertures_of(records: Records, what: str, *studies: str) -> Finding:
    """Judges that a layer has kernels of several sizes, or that it learns them.

    A layer has several sizes if more than one pixel lies between the 10th and the 90th
    percentile of its filters' effective sizes. It learns them if the interval over
    seeds of the change of their standard deviation lies above zero.

    Args:
        records: The records.
        what: "several" or "learned".
        studies: Names of studies.

    Returns:
        The finding, of the largest kernels on Fashion-MNIST, as in Figure 5 f, or the
        first set that is recorded.
    """
    verdicts, texts, evidence = [], [], []
    for study in studies:
        paths = records.apertures(study)
        if not len(paths):
            continue
        names = list(dict.fromkeys(paths["dataset"]))
        dataset = _KERNELS_OF if _KERNELS_OF in names else names[0]
        paths = paths[paths["dataset"] == dataset]
        size = paths["kernel_size"].max()
        changes = apertures.first_and_last(paths[paths["kernel_size"] == size])
        if what == "several":
            summary = apertures.summarise_changes(changes)
            width = float((summary["largest"] - summary["smallest"]).min())
            excess = width - _SEVERAL
            verdicts.append(direction(excess, excess, 1))
            text = f"at least {width:.1f} pixels apart"
        else:
            over_seeds = apertures.spread_changes(changes)
            if len(over_seeds) < 2:
                continue
            low, high = mean_interval(over_seeds)
            verdicts.append(direction(low, high, 1))
            text = f"spread {estimate(over_seeds.mean(), low, high)} pixels"
        runs = records.runs(study)
        of = runs[(runs["dataset"] == dataset) & (runs["kernel_size"] == size)]
        evidence.append(evidence_of(of))
        texts.append(f"{NETWORKS[study]}, {info(dataset).title}: {text}")
    if not verdicts:
        return not_tested("no two recorded seeds")
    return Finding(
        combine(verdicts), "; ".join(texts), describe(filter(None, evidence))
    )


def segmentation_scores(records: Records, *scores: str) -> Finding:
    """Judges that the adaptive U-Net is better in some scores.

    Args:
        records: The records.
        scores: Columns of the runs; of the training loss less is better.

    Returns:
        The finding; the comparisons of one score with both ordinary networks are one
        family, but for the peak accuracy, which is in the overview.
    """
    runs = records.runs("unet")
    arms = {segmentation.arm_name(a): a for a in segmentation.ordinary_networks()}
    judged = []
    for score in (name for name in scores if name in runs.columns):
        loss = score == "train_loss"
        table = segmentation.compare_networks(runs, score, scale=1.0 if loss else 100.0)
        if score == "peak":
            table = in_family(table, records.family)
        for against, rows in table.groupby("against", sort=False):
            found = judge_comparisons(
                rows,
                _claim(score, arms[against]),
                records.curves("unet"),
                segmentation.adaptive_network(),
                arms[against],
            )
            unit = "" if loss else " points"
            label = f"{_SCORES[score]} against {against}"
            judged.append(found.assign(label=label, unit=unit))
    if not judged:
        return not_tested("no two recorded seeds")
    return _summary(pd.concat(judged, ignore_index=True))


def _claim(score: str, against: Selection) -> Claim:
    """What the paper says of a score: of the peak in numbers, of others in words."""
    if score == "peak":
        return segmentation.printed_claim(against)
    return Claim(-1 if score == "train_loss" else 1)


def segmentation_onset(records: Records) -> Finding:
    """Judges when the validation loss of the U-Net is lowest."""
    runs = records.runs("unet")
    if not len(runs):
        return not_tested("no recorded runs")
    return Finding(
        *segmentation.judge_onset(runs),
        describe(filter(None, [evidence_of(runs)])),
        f"about {number('unet.overfitting_from').value} epochs",
    )


_SCORES = {
    "train_loss": "training loss",
    "peak": "peak accuracy",
    "border_accuracy": "accuracy at borders",
    "iou_border": "border IoU",
}


def _at_best_size(runs: pd.DataFrame) -> pd.DataFrame:
    return at_sizes(runs, best_sizes(runs, ADAPTIVE, ORDINARY))


def _larger(records: Records, study: str) -> pd.DataFrame:
    runs = records.runs(study)
    smallest = min(get_study(study).kernel_sizes)
    return compare(runs[runs["kernel_size"] > smallest], ADAPTIVE, ORDINARY)


def _classifications(
    records: Records,
    studies: tuple[str, ...],
    compared: Callable[[str], pd.DataFrame],
    *,
    arms: tuple = (ADAPTIVE, ORDINARY),
) -> Finding:
    """Judges that the first of two arms is better, on several data sets together.

    They are one family, but for comparisons that are in the overview.
    """
    tables = [compared(study) for study in studies if len(records.runs(study))]
    tables = [table for table in tables if len(table)]
    if not tables:
        return not_tested("no two recorded seeds of both arms")
    family = correct(together(tables))
    if arms == (ADAPTIVE, ORDINARY):
        family = in_family(family, records.family)
    judged = [
        judge_comparisons(rows, Claim(1), records.curves(study), *arms)
        for study, rows in family.groupby("study", sort=False)
    ]
    return _summary(_labelled(pd.concat(judged, ignore_index=True)))


def _printed(judged: pd.DataFrame) -> Finding:
    """Sums up comparisons that are judged by what the paper prints of each."""
    if not len(judged):
        return not_tested("no two recorded seeds of both arms")
    return _summary(_labelled(judged))


def _labelled(judged: pd.DataFrame) -> pd.DataFrame:
    labels = [
        f"{NETWORKS[row.study]}, {info(row.dataset).title} "
        f"{row.kernel_size:.0f}×{row.kernel_size:.0f}"
        for row in judged.itertuples()
    ]
    return judged.assign(label=labels, unit=" points")


def _summary(judged: pd.DataFrame) -> Finding:
    """The verdict on all rows, and in words how many are for and against."""
    verdicts = [judgement.verdict for judgement in judged["judgement"]]
    tested = judged[[v is not Verdict.NOT_TESTED for v in verdicts]]
    if not len(tested):
        return not_tested("the paper claims no direction")
    words = [v for v in verdicts if v is not Verdict.NOT_TESTED]
    same = sum(v in (Verdict.SAME_WAY, Verdict.HOLDS, Verdict.IN_PART) for v in words)
    other = sum(v in (Verdict.OTHER_WAY, Verdict.DOES_NOT_HOLD) for v in words)
    at_scale = tested[[found.at_scale for found in tested["evidence"]]]
    shown = at_scale if len(at_scale) else tested
    clearest = shown.loc[shown["p"].idxmin()]
    size = estimate(clearest["difference"], clearest["low"], clearest["high"])
    which = "at the paper's scale" if len(at_scale) else "clearest"
    text = (
        f"{same} for, {other} against, {len(tested) - same - other} open; {which}: "
        f"{clearest['label']} {size}{clearest['unit']}"
    )
    if len(tested) == 1:
        text = text.partition(f"{which}: ")[2]
    elif "dataset" in tested and tested["dataset"].nunique() == 1:
        text += f"; all on {info(tested['dataset'].iloc[0]).title}"
    return Finding(combine(words), text, describe(tested["evidence"]))
