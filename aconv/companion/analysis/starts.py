"""Whether training finds the sizes of kernels: apertures that start differently."""

from collections.abc import Sequence

import pandas as pd

from aconv.companion.analysis.apertures import first_and_last
from aconv.companion.analysis.frames import apertures_frame
from aconv.companion.runs.record import RunRecord
from aconv.companion.stats import t_test
from aconv.companion.stats.formatting import format_span

STARTS = ("apertures-0.15", "adaptive", "apertures-0.1-1", "apertures-0.6")
"""The arms that differ only in where their apertures start, from small to large."""


def recorded_starts(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Return the apertures before and after training from each start.

    They are of the data set and kernel size with the most starts, and of the seeds that
    all of these have; there are no rows where two starts have no two seeds in common.
    """
    starts = {
        record.spec.arm: format_span(
            *map("{:g}".format, record.spec.settings.apertures)
        )
        for record in records
        if record.spec.arm in STARTS
    }
    paths = apertures_frame(record for record in records if record.spec.arm in starts)
    cells = [
        cell[cell["seed"].isin(_common_seeds(cell))]
        for _, cell in paths.groupby(["dataset", "kernel_size"], sort=False)
    ]
    cells = [cell for cell in cells if cell["seed"].nunique() > 1]
    most = max(cells, key=lambda cell: cell["arm"].nunique(), default=paths.iloc[:0])
    changes = [
        first_and_last(most[most["arm"] == arm]).assign(start=starts[arm])
        for arm in STARTS
        if arm in set(most["arm"])
    ]
    if len(changes) < 2:
        return first_and_last(paths.iloc[:0]).assign(start=[])
    return pd.concat(changes, ignore_index=True)


def _common_seeds(cell: pd.DataFrame) -> set[int]:
    return set.intersection(*cell.groupby("arm")["seed"].agg(set))


def farthest_apart(changes: pd.DataFrame) -> pd.DataFrame:
    """Return how far the ``smallest`` and the ``largest`` start are apart, by layer.

    ``small`` and ``large`` are their mean effective sizes before training, in pixels,
    and ``difference`` is that of their mean sizes after it, with Welch's interval.
    """
    ends = ["first_size", "last_size"]
    sizes = changes.groupby(["layer", "start", "seed"], sort=False)[ends].mean()
    rows = []
    for layer, found in sizes.groupby("layer", sort=False):
        means = found.groupby("start")["first_size"].mean()
        smallest, largest = means.idxmin(), means.idxmax()
        after = found["last_size"].xs
        small, large = (after(name, level="start") for name in (smallest, largest))
        test = t_test(large, small, equal_variances=False)
        rows.append(
            {"layer": layer, "n": len(small)}
            | {"smallest": smallest, "small": means[smallest]}
            | {"largest": largest, "large": means[largest]}
            | {name: getattr(test, name) for name in ("difference", "low", "high")}
        )
    return pd.DataFrame(rows)
