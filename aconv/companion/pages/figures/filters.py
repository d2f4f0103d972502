"""Filters that are learned: their images, losses and apertures (Figure 4)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from aconv.companion.pages.figures.theme import (
    DIVERGING,
    STYLES,
    WIDTH,
    label_right,
    panel_row,
)


def single_image(image: np.ndarray) -> Figure:
    """One grey image, small (Figure 4a)."""
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.imshow(image, cmap="gray")
    ax.set(xticks=[], yticks=[])
    return fig


def loss_curves(curves: pd.DataFrame, minima: Mapping[str, float]) -> Figure:
    """Mean squared error against updates, both kinds (Figure 4b)."""
    panels = curves.groupby("panel", sort=False)
    fig, axes = panel_row(len(panels), 3.6, sharey=True)
    for ax, (panel, of_panel) in zip(axes, panels, strict=True):
        for kind, rows in of_panel.groupby("kind"):
            wide = rows.pivot(index="update", columns="seed", values="loss")
            ax.plot(wide.index, wide, linewidth=0.5, alpha=0.6, **STYLES[kind])
            mean = wide.mean(axis=1)
            ax.plot(wide.index, mean, linewidth=1.2, label=kind, **STYLES[kind])
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
    # Behind the apertures, some of which end at it.
    ax.axhline(low, color="0.7", linewidth=3, zorder=0)
    for q, path in enumerate(paths.T):
        ax.plot(path, color=colors[q], linestyle=("-", "--", ":")[q % 3])
    place = {"xytext": (4, -12), "textcoords": "offset points", "fontsize": "small"}
    ax.annotate("lower bound 1/n", (0, low), color="0.35", **place)
    ax.set(xlabel="updates", ylim=(0, None))
    ax.set_ylabel(r"aperture $\sigma$ (kernel widths)")
    ax.margins(x=0)
    label_right(ax, list(zip(paths[-1], labels, colors, strict=True)))
    return fig


def image_rows(
    rows: Mapping[str, np.ndarray], titles: Sequence[str], cmaps: Mapping[str, str]
) -> Figure:
    """Rows of small images, one column per filter (Figures 4d to 4i)."""
    size = (WIDTH, 1.05 * len(rows) + 0.5)
    fig, axes = plt.subplots(len(rows), len(titles), figsize=size, squeeze=False)
    for panels, (label, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(panels, np.moveaxis(images, -1, 0), strict=True):
            low, high = image.min(), image.max()
            if cmaps[label] == DIVERGING:
                high = np.abs(image).max()
                low = -high
            ax.imshow(image, cmap=cmaps[label], vmin=low, vmax=high)
            ax.set(xticks=[], yticks=[])
        panels[0].set_ylabel(label, fontsize="small")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title.replace(", ", ",\n"), fontsize="x-small")
    return fig
