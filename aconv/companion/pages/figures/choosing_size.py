"""Accuracy against what a network costs, sizes chosen by hand and learned."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from aconv.companion.pages.figures.theme import LINE_STYLES, PALETTE, WIDTH

_MARKS = {
    "ordinary": {"marker": "s", "kind": "ordinary", "label": "ordinary, by size"},
    "learned": {"marker": "o", "kind": "adaptive", "label": "learned, by strength"},
}


def accuracy_against_cost(rows: pd.DataFrame, batch: int) -> Figure:
    """Accuracy against multiply-adds and against the time of inference."""
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, 4), sharey=True)
    costs = (
        (rows["multiply_adds"] / 1e6, "million multiply-adds per image"),
        (rows["milliseconds"], f"milliseconds per {batch} images"),
    )
    # Labels of the upper line above it and of the lower one below, so that they part.
    upper = rows.groupby("kind")["accuracy"].mean().idxmax()
    for ax, (cost, title) in zip(axes, costs, strict=True):
        for kind, mark in _MARKS.items():
            of = rows[rows["kind"] == kind].assign(cost=cost).sort_values("cost")
            ax.errorbar(
                of["cost"],
                of["accuracy"],
                of["std"],
                marker=mark["marker"],
                color=PALETTE[mark["kind"]],
                linestyle=LINE_STYLES[mark["kind"]],
                capsize=3,
                label=mark["label"],
            )
            for row in of.itertuples():
                text = (
                    f"{row.kernel_size}×{row.kernel_size}"
                    if kind == "ordinary"
                    else f"{row.strength:g}"
                )
                ax.annotate(
                    text,
                    (row.cost, row.accuracy),
                    xytext=(4, 6 if kind == upper else -12),
                    textcoords="offset points",
                    fontsize="small",
                )
        ax.set(xlabel=title, xscale="log")
        ax.margins(x=0.12, y=0.1)
        ax.minorticks_off()
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes[0].set_ylabel("test accuracy (%)")
    fig.legend(
        *axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2
    )
    return fig
