"""Comparing the arms of a study on one data set, in tables. Needs pandas and scipy.

An arm is a kind and a kernel size, as in ``runs.Study``. All functions take what
they find: an arm may have no runs yet, or fewer than the others.
"""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from aconv.companion.analysis.frames import runs_frame
from aconv.companion.runs.estimate import Estimate
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.spec import RunSpec
from aconv.companion.runs.studies import PROFILES, Arm
from aconv.companion.stats import compare


def arm_name(arm: Arm) -> str:
    """Returns the name of an arm for people.

    Args:
        arm: Kind and kernel size.

    Returns:
        Such as ``"ordinary 3×3"``.
    """
    kind, size = arm
    return f"{kind} {size}×{size}"


def of_arm(runs: pd.DataFrame, arm: Arm) -> pd.DataFrame:
    """Returns the rows of an arm.

    Args:
        runs: A frame with the columns ``kind`` and ``kernel_size``.
        arm: Kind and kernel size.

    Returns:
        A part of the frame.
    """
    kind, size = arm
    return runs[(runs["kind"] == kind) & (runs["kernel_size"] == size)]


def largest(records: Iterable[RunRecord]) -> list[RunRecord]:
    """Returns the records that say most: one profile, one data set.

    Args:
        records: Such as ``runs.recorded`` returned.

    Returns:
        Those of the largest profile that there is, on the data set that has most.
    """
    groups: dict[tuple[int, str], list[RunRecord]] = {}
    for record in records:
        key = PROFILES.index(record.spec.profile), record.spec.dataset
        groups.setdefault(key, []).append(record)
    if not groups:
        return []
    return groups[max(groups, key=lambda key: (key[0], len(groups[key])))]


def scored_runs(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Makes a table with a row for each run, losses included.

    Args:
        records: Records; failed ones are left out.

    Returns:
        What ``analysis.frames.runs_frame`` gives, and ``train_loss`` and ``val_loss``
        (the lowest of all epochs), ``val_loss_epoch`` (of the lowest, from 0) and
        ``val_loss_rise`` (from the lowest to that after the last epoch).
    """
    records = [record for record in records if record.status == "done"]
    curves = [record.curves for record in records]
    lowest = [min(curve["val_loss"]) for curve in curves]
    return runs_frame(records).assign(
        train_loss=[min(curve["loss"]) for curve in curves],
        val_loss=lowest,
        val_loss_epoch=[
            curve["val_loss"].index(low)
            for curve, low in zip(curves, lowest, strict=True)
        ],
        val_loss_rise=[
            curve["val_loss"][-1] - low
            for curve, low in zip(curves, lowest, strict=True)
        ],
    )


def arm_summaries(
    runs: pd.DataFrame, arms: Sequence[Arm], scores: Sequence[str]
) -> pd.DataFrame:
    """Mean and spread of the scores of each arm.

    Args:
        runs: What ``scored_runs`` returned, of one data set.
        arms: The arms; those without a run are left out.
        scores: Names of columns.

    Returns:
        A row an arm, indexed by its name: ``n``, and for each score its mean and its
        standard deviation, which divides by n as in the paper, under ``SCORE`` and
        ``SCORE_std``.
    """
    rows = {}
    for arm in arms:
        part = of_arm(runs, arm)
        if not len(part):
            continue
        row = {"n": len(part)}
        for score in scores:
            row |= {
                score: part[score].mean(),
                f"{score}_std": part[score].std(ddof=0),
            }
        rows[arm_name(arm)] = row
    columns = ["n", *(name for s in scores for name in (s, f"{s}_std"))]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def arm_differences(
    runs: pd.DataFrame,
    arm: Arm,
    others: Sequence[Arm],
    scores: Sequence[str],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compares one arm with each of the others, in each score.

    Args:
        runs: What ``scored_runs`` returned, of one data set.
        arm: The arm that is compared.
        others: What it is compared with.
        scores: Names of columns.
        confidence: Confidence of the intervals.

    Returns:
        A row for each score and other arm: ``score``, ``against`` (its name) and what
        ``stats.compare`` gives, where the other arms are the family of Holm's
        correction. A comparison in which an arm has fewer than two runs has NaN.
    """
    rows = []
    for score in scores:
        values = of_arm(runs, arm)[score].dropna()
        pairs = {}
        for other in others:
            against = of_arm(runs, other)[score].dropna()
            if min(len(values), len(against)) >= 2:
                pairs[arm_name(other)] = (values, against)
        table = compare(pairs, confidence=confidence) if pairs else pd.DataFrame()
        table = table.reindex([arm_name(other) for other in others])
        rows.append(
            table.rename_axis("against").reset_index().assign(score=score),
        )
    frame = pd.concat(rows, ignore_index=True)
    columns = ["difference", "low", "high", "p", "p_holm", "p_welch", "g"]
    columns += ["g_low", "g_high", "n_a", "n_b"]
    return frame.reindex(columns=["score", "against", *columns])


def missing_runs(
    specs: Iterable[RunSpec], records: Iterable[RunRecord], timed: Iterable[RunRecord]
) -> pd.DataFrame:
    """Names the runs that there is no record of, and the time that they would take.

    Args:
        specs: The runs that should be there.
        records: The runs that are there.
        timed: Runs of the same study by which to estimate, on any data set.

    Returns:
        A row for each profile, data set and arm that lacks runs: ``profile``,
        ``dataset``, ``arm`` (its name), ``seeds`` (those that are missing, as text) and
        ``hours``, by ``runs.estimate.Estimate``; NaN if ``timed`` has none.
    """
    present = {record.spec for record in records}
    estimate = Estimate(timed)
    rows = {}
    for spec in specs:
        if spec in present:
            continue
        key = (spec.profile, spec.dataset, arm_name(spec.arm))
        seeds, hours = rows.setdefault(key, ([], []))
        seeds.append(str(spec.seed))
        seconds = estimate.seconds(spec)
        hours.append(math.nan if seconds is None else seconds / 3600)
    return pd.DataFrame(
        [(*key, ", ".join(seeds), sum(hours)) for key, (seeds, hours) in rows.items()],
        columns=["profile", "dataset", "arm", "seeds", "hours"],
    )
