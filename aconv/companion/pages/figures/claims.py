"""Figures of the pages on claims and on the paper's own numbers."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.pages.figures.theme import PALETTE, WIDTH


def verdict_counts(counts: Mapping[str, int]) -> Figure:
    """Draw how many claims have which verdict."""
    fig, ax = plt.subplots(figsize=(WIDTH, 0.4 + 0.32 * len(counts)))
    bars = ax.barh(list(counts), list(counts.values()), color=PALETTE["ordinary"])
    ax.bar_label(bars, padding=4)
    ax.invert_yaxis()
    ax.set_xlabel("claims")
    ax.grid(visible=False, axis="y")
    return fig


def allowed_ranges(table: pd.DataFrame) -> Figure:
    """Draw printed values in the ranges that other printed numbers allow."""
    panels = list(dict.fromkeys(table["panel"]))
    rows = table.groupby("panel").size().max()
    fig, axes = plt.subplots(
        1, len(panels), figsize=(WIDTH, 1 + 0.27 * rows), squeeze=False
    )
    for ax, panel in zip(axes.flat, panels, strict=True):
        shown = table[table["panel"] == panel].reset_index(drop=True)
        ax.hlines(
            shown.index, shown["low"], shown["high"], color=PALETTE["ordinary"], lw=5
        )
        outside = (shown["value"] < shown["low"]) | (shown["value"] > shown["high"])
        for rows_of, marker in ((~outside, "o"), (outside, "X")):
            ax.plot(
                shown.loc[rows_of, "value"],
                shown.index[rows_of],
                marker,
                color=PALETTE["adaptive"],
                markersize=8,
                markeredgecolor="black",
            )
        ax.set_yticks(shown.index, shown["label"])
        ax.invert_yaxis()
        ax.set_title(panel)
    return fig
