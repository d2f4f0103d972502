"""Heatmaps and their measures (Figure 6 f)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from aconv.companion.pages.figures.theme import DIVERGING, STYLES, WIDTH, panel_row


def heatmap_rows(
    images: np.ndarray,
    heatmaps: Mapping[str, np.ndarray],
    names: Mapping[str, Sequence[str]],
    wrong: Mapping[str, Sequence[bool]],
    true_names: Sequence[str],
) -> Figure:
    """Images above their heatmaps, a row for each network (Figure 6 f)."""
    count, height, width = images.shape[:3]
    gap = max(1, width // 10)
    shares = {
        label: 100 * maps / np.abs(maps).sum(axis=(1, 2), keepdims=True).clip(1e-12)
        for label, maps in heatmaps.items()
    }
    pixels = np.concatenate([maps.ravel() for maps in shares.values()] or [np.ones(1)])
    high = np.quantile(np.abs(pixels), 0.995)
    signed = pixels.min() < 0
    scale = {
        "cmap": DIVERGING if signed else "magma",
        "vmin": -high if signed else 0,
        "vmax": high,
    }
    rows = len(shares) + 1
    size = (WIDTH, rows * (WIDTH / count * height / width + 0.22) + 0.3)
    # One wide picture a row: a hundred axes would take seconds to lay out.
    fig, axes = plt.subplots(rows, 1, figsize=size, squeeze=False)
    axes = axes[:, 0]
    sheet = _side_by_side(images.astype(float), gap)
    axes[0].imshow(sheet.squeeze() / 255, cmap="gray", vmin=0, vmax=1)
    for ax, (label, maps) in zip(axes[1:], shares.items(), strict=True):
        drawn = ax.imshow(_side_by_side(maps[..., np.newaxis], gap)[..., 0], **scale)
        ax.set_ylabel(label, fontsize="small")
    for ax, label in zip(axes, (None, *shares), strict=True):
        written = true_names if label is None else names[label]
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(False)
        for index, name in enumerate(written):
            left = index * (width + gap)
            failed = label is not None and wrong[label][index]
            # Of two names beside each other both have to be legible.
            room = 9 if failed else 11
            short = name if len(name) <= room else name[: room - 1] + "…"
            style = {"ha": "center", "va": "bottom", "fontsize": "x-small"}
            if failed:
                short, style["weight"] = f"✗ {short}", "bold"
                frame = {"fill": False, "edgecolor": "#2a9d8f", "linewidth": 2}
                ax.add_patch(Rectangle((left - 0.5, -0.5), width, height, **frame))
            ax.text(left + width / 2, -0.03 * height - 0.5, short, **style)
    axes[0].set_ylabel("image", fontsize="small")
    if shares:
        bar = fig.colorbar(drawn, ax=list(axes[1:]), aspect=40, pad=0.01)
        bar.set_label("% of the relevance", fontsize="small")
        bar.ax.tick_params(labelsize="x-small")
    return fig


def flipping_curves(curves: pd.DataFrame) -> Figure:
    """Probability of a class while pixels are taken away, a panel per network."""
    panels = curves.groupby("network", sort=False)
    fig, axes = panel_row(len(panels), 3.2, sharey=True)
    for ax, (panel, of_network) in zip(axes, panels, strict=True):
        for order, rows in of_network.groupby("order", sort=False):
            style = STYLES[rows["kind"].iloc[0]]
            if order == "random":
                style = {"color": "0.45", "linestyle": ":"}
            share = 100 * rows["share"]
            ax.plot(share, rows["mean"], linewidth=2, label=order, **style)
            band = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
            ax.fill_between(share, rows["low"], rows["high"], **band)
        ax.set(title=panel, xlabel="pixels replaced (%)", ylim=(0, 1))
        ax.legend(fontsize="x-small")
    axes[0].set_ylabel("probability of the class")
    return fig


def _side_by_side(images: np.ndarray, gap: int) -> np.ndarray:
    """One image of many in a row, not a number in the gaps between them."""
    framed = np.pad(images, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=np.nan)
    return np.concatenate(list(framed), axis=1)[:, :-gap]
