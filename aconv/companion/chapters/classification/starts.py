"""Whether training finds the size: what is left of differences between starts."""

import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis.starts import farthest_apart
from aconv.companion.pages import figures, tables
from aconv.companion.pages.words import layer_title, listed, minus
from aconv.companion.stats.formatting import format_estimate


def starts_figure(changes: pd.DataFrame) -> Figure:
    """Draw the sizes of the kernels of each layer, before and after, by start."""
    if changes.empty:
        return figures.note("no recorded runs from two starts")
    return figures.sizes_by_start(changes)


def answer(changes: pd.DataFrame) -> str:
    """Return a sentence: alike sizes from different starts would be found ones."""
    if changes.empty:
        return "Runs from other starts are not recorded yet."
    rows = farthest_apart(changes)
    apart = (rows["low"] > 0) | (rows["high"] < 0)
    if not apart.any():
        return "Short runs cannot tell apart where different starts end."
    layers = listed(map(layer_title, rows.loc[apart, "layer"]))
    where = "" if apart.all() else f" in {layers}"
    return f"Not{where} in short runs ({_cell(changes)}): different starts end apart."


def words(changes: pd.DataFrame) -> str:
    """Return the answer and, in pixels, how far the farthest starts end apart."""
    if changes.empty:
        return answer(changes)
    rows = farthest_apart(changes)
    ends = [
        f"{format_estimate(row.difference, row.low, row.high, 1)} pixels "
        f"in {layer_title(row.layer)}"
        for row in rows.itertuples()
    ]
    # All layers have the same starts.
    of = next(rows.itertuples())
    return minus(
        f"{answer(changes)} Mean sizes from {of.smallest} and from "
        f"{of.largest} are {of.small:.1f} and {of.large:.1f} pixels before training, "
        f"{of.large - of.small:.1f} apart; after it they are apart by {listed(ends)} "
        f"(95 % interval, {tables.counted(of.n, 'seed')})."
    )


def describe_starts(changes: pd.DataFrame) -> str:
    """Return which runs they are, for a caption."""
    if changes.empty:
        return "none yet"
    seeds = tables.counted(changes["seed"].nunique(), "seed")
    return f"{_cell(changes)}, {seeds} of each start"


def _cell(changes: pd.DataFrame) -> str:
    dataset, kernel_size = changes[["dataset", "kernel_size"]].iloc[0]
    return tables.cell_title(dataset, kernel_size)
