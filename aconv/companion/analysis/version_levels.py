"""Which version comes to the accuracies of Table 2.

Levels of accuracy, and not differences: the mean of each kind of kernels at the kernel
size that the paper prints, from complete runs at full length.
"""

import math

import pandas as pd
import scipy.stats

from aconv.companion.analysis.accuracy import (
    PRINTED_TABLES,
    at_sizes,
    printed_results,
    printed_summary,
)
from aconv.companion.analysis.frames import runs_frame
from aconv.companion.runs import RunStore, recorded
from aconv.companion.stats import Summary, summarise
from aconv.companion.studies.arms import COMPARED
from aconv.companion.studies.catalog import get_study

PRINTED = "printed"
_STUDY = "simple"
_COLUMNS = ("dataset", "kernel_size", "source", "arm", "n", "mean", "low", "high")


def version_levels(
    store: RunStore | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Compare the printed accuracies of the simple network with those of versions."""
    printed = printed_results(PRINTED_TABLES[_STUDY])
    rows = [
        (
            *(row.dataset, row.kernel_size, PRINTED, arm),
            *_level(printed_summary(row, place), confidence),
        )
        for row in printed.itertuples()
        for place, arm in (("second", "ordinary"), ("first", "adaptive"))
    ]
    sizes = printed.set_index("dataset")["kernel_size"]
    for version in get_study(_STUDY).versions:
        runs = runs_frame(recorded(_STUDY, store, version=version, profile="full"))
        whole = at_sizes(runs[runs["share"] == 1], sizes)
        for (dataset, size, arm), of_arm in whole.groupby(
            ["dataset", "kernel_size", "arm"]
        ):
            if len(of_arm) > 1:
                level = _level(summarise(100 * of_arm["peak"]), confidence)
                rows.append((dataset, size, version, arm, *level))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    print_of = table[table["source"] == PRINTED].set_index(["dataset", "arm"])["mean"]
    keys = pd.MultiIndex.from_frame(table[["dataset", "arm"]])
    table["off_print"] = table["mean"] - print_of.loc[keys].to_numpy()
    return _in_order(table, [*sizes.index], [PRINTED, *get_study(_STUDY).versions])


def nearest_versions(levels: pd.DataFrame) -> pd.DataFrame:
    """Return which version's ordinary arm comes nearest to print on each data set."""
    ours = levels[(levels["source"] != PRINTED) & (levels["arm"] == "ordinary")]
    of_set = ours.groupby("dataset", sort=False)
    known = of_set["source"].transform("size")
    nearest = ours["off_print"].abs().groupby(ours["dataset"], sort=False).idxmin()
    return ours.assign(known=known).loc[nearest].reset_index(drop=True)


def _level(summary: Summary, confidence: float) -> tuple[int, float, float, float]:
    error = math.sqrt(summary.variance / summary.n)
    reach = float(scipy.stats.t.ppf((1 + confidence) / 2, summary.n - 1)) * error
    return summary.n, summary.mean, summary.mean - reach, summary.mean + reach


def _in_order(
    table: pd.DataFrame, datasets: list[str], sources: list[str]
) -> pd.DataFrame:
    """By data set as printed, then print and versions, then ordinary and adaptive."""
    places = {"dataset": datasets, "source": sources, "arm": sorted(COMPARED)[::-1]}
    keys = table.assign(
        **{name: table[name].map(order.index) for name, order in places.items()}
    )
    order = keys.sort_values([*places], kind="stable").index
    return table.loc[order].reset_index(drop=True)
