"""Where the difference of a version comes from: start, envelope, training.

The arms that the paper compares differ in two things at once: adaptive kernels have an
envelope, and they start from other weights than ordinary ones. Arms between the two
change one thing at a time, so that the differences along the way add up.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from aconv.companion.analysis.accuracy import (
    CELL,
    ORDINARY,
    compare,
    select,
    summarise_arms,
    together,
)
from aconv.companion.analysis.evidence import judge_comparisons
from aconv.companion.analysis.judging_version import judging_version
from aconv.companion.analysis.overview import in_family
from aconv.companion.runs import RunRecord, RunStore, recorded
from aconv.companion.stats import Claim
from aconv.companion.studies.arms import ARMS, COMPARED
from aconv.companion.studies.arms import STEPS as STEP_ARMS

START = "initialisation"
KEPT = "envelope, apertures kept"
TRAINED = "training the apertures"
"""Names of the steps: the last two are about the envelope."""

# Each step from ordinary to adaptive kernels: what it changes, the arm
# after it and the arm before it. The last one is all of them together.
STEPS = (
    (START, "ordinary-adaptive-start", "ordinary"),
    (KEPT, "kept-apertures", "ordinary-adaptive-start"),
    (TRAINED, "adaptive", "kept-apertures"),
    ("all three", "adaptive", "ordinary"),
)
_ARMS = tuple(dict.fromkeys(arm for _, *arms in STEPS for arm in arms))
_MATCHED = ({"arm": "adaptive"}, {"arm": "ordinary-adaptive-start"})
# What is also compared seed by seed, see ``analysis.pairing``.
PAIRED = {
    "of a version": ({"arm": "adaptive"}, {"arm": "ordinary"}),
    "matched": _MATCHED,
}


def recorded_arms(
    store: RunStore | None = None, version: str | None = None
) -> list[RunRecord]:
    """Returns the records of the simple network in all arms of the split.

    Args:
        store: A store; that of the project if None.
        version: A version of the study; the one that claims are judged on if None, see
            ``analysis.judging_version``.

    Returns:
        Those of the profile ``full``, as far as all arms are, and those of
        ``short``, for a cell of each.
    """
    return _of_both_profiles(store, version, STEP_ARMS)


def recorded_matched(
    store: RunStore | None = None, version: str | None = None
) -> list[RunRecord]:
    """Returns the records of the simple network in two arms that start alike.

    Args:
        store: A store; that of the project if None.
        version: As in ``recorded_arms``.

    Returns:
        As ``recorded_arms``; runs of these two arms may be longer than of the others.
    """
    arms = tuple(arm["arm"] for arm in _MATCHED)
    return _of_both_profiles(store, version, arms)


def split(
    runs: pd.DataFrame, confidence: float = 0.95, *, family: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Splits the difference of peak accuracies into its steps.

    Args:
        runs: Table of ``analysis.frames.runs_frame``, of one study, with the arms of
            ``runs.STEPS``.
        confidence: Confidence of the intervals, in (0, 1).
        family: Table of ``analysis.overview.judged_comparisons``, whose corrected
            numbers the steps have that are one of its comparisons: all three together,
            at the best size.

    Returns:
        One row per data set, kernel size and step, of cells that have two runs of each
        arm of ``STEPS``: the columns of ``analysis.accuracy.compare``, ``step``, ``n``
        (the smaller number of runs of its arms) and ``mean_ordinary``, the accuracy of
        the version's ordinary arm. ``p_holm``, ``holm_low`` and ``holm_high`` are
        corrected for the cells of the same step. The longest runs come first. Three
        steps add up to the fourth where all arms have the same seeds.
    """
    runs = _complete(runs)
    tables = []
    for step, after, before in STEPS:
        table = compare(
            runs, {"arm": after}, {"arm": before}, by=CELL, confidence=confidence
        )
        if (after, before) == COMPARED and family is not None:
            table = in_family(table, family)
        table["n"] = table[["n_first", "n_second"]].min(axis=1)
        tables.append(table.assign(step=step))
    steps = together(tables)
    ordinary = 100 * select(runs, ORDINARY).groupby(list(CELL))["peak"].mean()
    cells = pd.MultiIndex.from_frame(steps[list(CELL)])
    steps["mean_ordinary"] = ordinary.reindex(cells).to_numpy()
    order = {name: place for place, (name, *_) in enumerate(STEPS)}
    return _in_order(steps, "step", order)


def judge_step(
    steps: pd.DataFrame,
    step: str,
    curves: pd.DataFrame,
    claims: Claim | Mapping[str, Claim],
) -> pd.DataFrame:
    """Judges one step by what the paper claims of the whole difference.

    Args:
        steps: Table of ``split``.
        step: Name of the step.
        curves: Table of ``analysis.frames.curves_frame`` of the same runs.
        claims: What the paper claims, of all data sets or of each.

    Returns:
        Table of ``analysis.evidence.judge_comparisons``, of all cells.
    """
    ((after, before),) = (arms for name, *arms in STEPS if name == step)
    rows = steps[steps["step"] == step].reset_index(drop=True)
    return judge_comparisons(rows, claims, curves, {"arm": after}, {"arm": before})


def judge_matched(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    claims: Claim | Mapping[str, Claim],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Judges the printed differences by arms that start alike.

    Args:
        runs: Table of ``analysis.frames.runs_frame`` of ``recorded_matched``.
        curves: Table of ``analysis.frames.curves_frame`` of the same runs.
        claims: What the paper claims, of all data sets or of each.
        confidence: Confidence of the intervals, in (0, 1).

    Returns:
        Table of ``analysis.evidence.judge_comparisons`` of adaptive minus ordinary
        kernels, both with the initialisation of the adaptive ones, one row per data set
        and kernel size that have two runs of both: one family.
    """
    table = compare(runs, *_MATCHED, by=CELL, confidence=confidence)
    return judge_comparisons(table, claims, curves, *_MATCHED)


def arm_means(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarises the peak accuracy of every arm of the split.

    Args:
        runs: As ``split`` takes them.

    Returns:
        One row per cell and arm, in the order of ``runs.STEPS``, of the cells that
        ``split`` has: ``share``, ``dataset``, ``kernel_size``, ``arm``, ``title``,
        ``n``, ``mean``, ``std`` (divided by n) and ``max``, in percent.
    """
    table = summarise_arms(_complete(runs), [*CELL, "arm"])
    order = {name: place for place, name in enumerate(STEP_ARMS)}
    table = table.assign(title=[ARMS[name].title for name in table["arm"]])
    return _in_order(table, "arm", order)


def longest(table: pd.DataFrame) -> pd.DataFrame:
    """Returns of each data set the comparisons whose runs are the longest.

    Args:
        table: Table with the columns ``dataset`` and ``share``.

    Returns:
        A part of the table.
    """
    of_set = table.groupby("dataset")["share"].transform("max")
    return table[table["share"] == of_set]


def _of_both_profiles(
    store: RunStore | None, version: str | None, arms: Iterable[str]
) -> list[RunRecord]:
    store = store or RunStore()
    version = version or judging_version("simple", store)
    return [
        record
        for profile in ("full", "short")
        for record in recorded(
            "simple",
            store,
            version=version,
            arms=arms,
            profile=profile,
            together=True,
        )
    ]


def _in_order(
    table: pd.DataFrame, column: str, order: Mapping[str, int]
) -> pd.DataFrame:
    """The longest runs first, and the rows of a cell in an order of their own."""
    keys = table.assign(longest=-table["share"], place=table[column].map(order))
    ordered = keys.sort_values(
        ["longest", "dataset", "kernel_size", "place"], kind="stable"
    )
    return table.loc[ordered.index].reset_index(drop=True)


def _complete(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of cells that have two runs of every arm that a step needs."""
    cells = list(CELL)
    enough = None
    for arm in _ARMS:
        counts = select(runs, {"arm": arm}).groupby(cells).size()
        here = set(counts[counts >= 2].index)
        enough = here if enough is None else enough & here
    return runs[pd.MultiIndex.from_frame(runs[cells]).isin(list(enough))]
