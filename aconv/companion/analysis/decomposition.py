"""Where the difference of a version comes from: start, envelope, training.

The arms that the paper compares differ in two things at once: adaptive kernels have an
envelope, and they start from other weights than ordinary ones. Arms between the two
change one thing at a time, so that the differences along the way add up.
"""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import CELL, ORDINARY
from aconv.companion.analysis.evidence import judge_comparisons
from aconv.companion.analysis.judging_version import load_judged
from aconv.companion.analysis.overview import in_family
from aconv.companion.runs import RunRecord, RunStore
from aconv.companion.stats import Claim
from aconv.companion.studies.arms import ARMS, COMPARED
from aconv.companion.studies.arms import STEPS as STEP_ARMS

INITIALIZATION = "initialisation"
FIXED_ENVELOPE = "envelope, apertures kept"
TRAINED_APERTURES = "training the apertures"
SINGLE_STEPS = (INITIALIZATION, FIXED_ENVELOPE, TRAINED_APERTURES)
# Each step from ordinary to adaptive kernels: what it changes, the arm
# after it and the arm before it. The last one is all of them together.
STEPS = (
    (INITIALIZATION, "ordinary-adaptive-start", "ordinary"),
    (FIXED_ENVELOPE, "kept-apertures", "ordinary-adaptive-start"),
    (TRAINED_APERTURES, "adaptive", "kept-apertures"),
    ("all three", "adaptive", "ordinary"),
)
_ARMS = tuple(dict.fromkeys(arm for _, *arms in STEPS for arm in arms))
MATCHED_ARMS = ("adaptive", "ordinary-adaptive-start")
_MATCHED = tuple({"arm": arm} for arm in MATCHED_ARMS)
# What is also compared seed by seed, see ``chapters.results.pairing``.
PAIRED = {
    "of a version": ({"arm": "adaptive"}, {"arm": "ordinary"}),
    "matched": _MATCHED,
}


def recorded_arms(
    store: RunStore | None = None, arms: Iterable[str] = STEP_ARMS
) -> list[RunRecord]:
    """Return records of the simple network that have all arms."""
    return [
        record
        for profile in ("full", "short")
        for record in load_judged(
            "simple", store, arms=arms, profile=profile, together=True
        )
    ]


def decompose(
    runs: pd.DataFrame, confidence: float = 0.95, *, family: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Split the difference of peak accuracies into its steps, the longest runs first.

    Three steps add up to the fourth where all arms have the same seeds. A step is
    corrected for its cells of a version; all three together, where they are of
    ``family``, for that.
    """
    runs = _complete(runs)
    tables = []
    for step, after, before in STEPS:
        arms = {"arm": after}, {"arm": before}
        table = accuracy.compare(runs, *arms, confidence=confidence, family=["version"])
        if (after, before) == COMPARED:
            table = in_family(table, family)
        table["n"] = table[["n_first", "n_second"]].min(axis=1)
        tables.append(table.assign(step=step))
    steps = accuracy.concat_comparisons(tables)
    ordinary = 100 * accuracy.select(runs, ORDINARY).groupby(list(CELL))["peak"].mean()
    cells = pd.MultiIndex.from_frame(steps[list(CELL)])
    steps["mean_ordinary"] = ordinary.reindex(cells).to_numpy()
    return _in_order(steps, "step", [name for name, *_ in STEPS])


def judge_step(
    steps: pd.DataFrame,
    step: str,
    curves: pd.DataFrame,
    claims: Claim | Mapping[str, Claim],
) -> pd.DataFrame:
    """Judge one step by what the paper claims of the whole difference."""
    ((after, before),) = (arms for name, *arms in STEPS if name == step)
    rows = steps[steps["step"] == step].reset_index(drop=True)
    return judge_comparisons(rows, claims, curves, {"arm": after}, {"arm": before})


def judge_matched(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    claims: Claim | Mapping[str, Claim],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Judge the printed differences by arms that start alike, cells as one family."""
    table = accuracy.compare(runs, *_MATCHED, by=CELL, confidence=confidence)
    return judge_comparisons(table, claims, curves, *_MATCHED)


def arm_means(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarise the peak accuracy of every arm of the steps."""
    table = accuracy.summarise_arms(_complete(runs), [*CELL, "arm"])
    table = table.assign(title=[ARMS[name].title for name in table["arm"]])
    return _in_order(table, "arm", STEP_ARMS)


def longest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons of each data set whose runs are the longest."""
    of_set = table.groupby("dataset")["share"].transform("max")
    return table[table["share"] == of_set]


def _in_order(table: pd.DataFrame, name: str, order: Sequence[str]) -> pd.DataFrame:
    """The longest runs first, and the rows of a cell in an order of their own."""
    keys = table[["dataset", "kernel_size"]].assign(place=table[name].map(order.index))
    keys.insert(0, "longest", -table["share"])
    ordered = keys.sort_values([*keys], kind="stable")
    return table.loc[ordered.index].reset_index(drop=True)


def _complete(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of cells that have two runs of every arm that a step needs."""
    return accuracy.with_two_runs(runs, [{"arm": arm} for arm in _ARMS], CELL)
