"""Curves of a training: loss and apertures of the filters that are learned."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import LINE_STYLES, PALETTE, WIDTH, panel_row


def loss_curves(curves: pd.DataFrame, minima: Mapping[str, float]) -> Figure:
    """Mean squared error against updates, both kinds (Figure 4b)."""
    panels = list(dict.fromkeys(curves["panel"]))
    fig, axes = panel_row(len(panels), 3.6, sharey=True)
    for ax, panel in zip(axes, panels, strict=True):
        for kind, rows in curves[curves["panel"] == panel].groupby("kind"):
            wide = rows.pivot(index="update", columns="seed", values="loss")
            style = {"color": PALETTE[kind], "linestyle": LINE_STYLES[kind]}
            ax.plot(wide.index, wide, linewidth=0.5, alpha=0.6, **style)
            ax.plot(wide.index, wide.mean(axis=1), linewidth=1.2, label=kind, **style)
        ax.axhline(minima[panel], color="0.5", linewidth=1)
        ax.set(title=panel, xlabel="updates", yscale="log")
    axes[0].set_ylabel("mean squared error")
    axes[0].legend()
    return fig


def aperture_paths(paths: np.ndarray, labels: Sequence[str], low: float) -> Figure:
    """Apertures of the filters against updates (Figure 4c)."""
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    # All of them dark enough for thin lines on white.
    colors = sns.color_palette("dark", paths.shape[1])
    styles = ["-", "--", ":"]
    # Behind the apertures, some of which end at it.
    ax.axhline(low, color="0.7", linewidth=3, zorder=0)
    ends = []
    for q, (label, color) in enumerate(zip(labels, colors, strict=True)):
        ax.plot(paths[:, q], color=color, linestyle=styles[q % 3])
        ends.append((paths[-1, q], label, color))
    ax.annotate(
        "lower bound 1/n",
        (0, low),
        xytext=(4, -12),
        color="0.35",
        textcoords="offset points",
        fontsize="small",
    )
    ax.set(
        xlabel="updates",
        ylabel=r"aperture $\sigma$ (kernel widths)",
        ylim=(0, None),
    )
    ax.margins(x=0)
    theme.label_right(ax, ends)
    return fig
