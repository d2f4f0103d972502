"""Images of the data sets, learned filters (Figure 4) and heatmaps (Figure 6 f)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import DIVERGING, SEQUENTIAL, STYLES, WIDTH


def image_sheet(images: np.ndarray, labels: Sequence[str]) -> Figure:
    """A sheet of sample images with their labels."""
    axes = theme.sheet(len(images), images.shape[1] / images.shape[2], title=0.25)
    for ax, image, label in zip(axes.flat, images, labels, strict=False):
        ax.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        short = label if len(label) <= 14 else label[:13] + "…"
        ax.set_title(short, fontsize="x-small", pad=2)
    return axes.flat[0].figure


def trimap_sheet(images: np.ndarray, trimaps: np.ndarray) -> Figure:
    """A sheet of sample images, each with its tri-map to the right of it."""
    axes = theme.sheet(2 * len(images), images.shape[1] / images.shape[2])
    for i, (image, trimap) in enumerate(zip(images, trimaps, strict=True)):
        axes.flat[2 * i].imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        axes.flat[2 * i + 1].imshow(trimap, cmap=SEQUENTIAL, vmin=0, vmax=2)
    return axes.flat[0].figure


def single_image(image: np.ndarray) -> Figure:
    """One grey image, small (Figure 4a)."""
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.imshow(image, cmap="gray")
    ax.set(xticks=[], yticks=[])
    return fig


def loss_curves(curves: pd.DataFrame, minima: Mapping[str, float]) -> Figure:
    """Mean squared error against updates, both kinds (Figure 4b)."""
    panels = curves.groupby("panel", sort=False)
    fig, axes = theme.panel_row(len(panels), 3.6, sharey=True)
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
    theme.label_right(ax, list(zip(paths[-1], labels, colors, strict=True)))
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
    fig, axes = theme.panel_row(len(panels), 3.2, sharey=True)
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
