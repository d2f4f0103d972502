"""The arms of the U-Net: curves, tri-maps and apertures (Figure 7)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import PALETTE, SEQUENTIAL, STYLES, WIDTH

_PRINTED = {"linestyle": ":", "linewidth": 1.5}


def arm_curves(
    curves: pd.DataFrame,
    panels: Mapping[str, str],
    printed: Mapping[tuple[str, int], float] | None = None,
) -> Figure:
    """Learning curves of the arms (Figures 7a and 7b), and below their differences.

    Accuracies, those that are ``printed`` too, are from 0 to 1, and drawn in percent.
    """
    size = (WIDTH, 5.6)
    fig, axes = plt.subplots(2, len(panels), figsize=size, sharex=True, squeeze=False)
    styles = _arm_styles(curves)
    of_arm = {
        arm: curves[(curves["kind"] == arm[0]) & (curves["kernel_size"] == arm[1])]
        for arm in styles
    }
    (adaptive,) = (arm for arm in styles if arm[0] == "adaptive")
    for (above, below), (column, label) in zip(axes.T, panels.items(), strict=True):
        is_accuracy = column == "val_accuracy"
        wide = {
            arm: rows.pivot(index="epoch", columns="seed", values=column)
            * (100 if is_accuracy else 1)
            for arm, rows in of_arm.items()
        }
        levels = {
            arm: 100 * level for arm, level in (printed or {}).items() if is_accuracy
        }
        for arm, style in styles.items():
            _arm_curve(above, wide[arm], f"{arm[0]} {arm[1]}×{arm[1]}", style)
            if arm in levels:
                above.axhline(levels[arm], color=style["color"], **_PRINTED)
        below.axhline(0, color="0.4", linewidth=1)
        ends = []
        for arm, style in styles.items():
            if arm == adaptive:
                continue
            ends += _difference(below, wide[adaptive] - wide[arm], style)
            if arm in levels:
                ends.append(levels[adaptive] - levels[arm])
                below.axhline(ends[-1], color=style["color"], **_PRINTED)
        low, high = min(0, np.min(ends)), max(0, np.max(ends))
        margin = 0.08 * (high - low)
        if margin > 0:
            below.set_ylim(low - margin, high + margin)
        above.set_title(label, fontsize="medium")
        below.set_xlabel("epochs")
        below.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes[1, 0].set_ylabel("adaptive − ordinary")
    fig.align_ylabels()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return fig


def _arm_curve(ax: Axes, wide: pd.DataFrame, label: str | None, style: dict) -> None:
    """Draw the mean of a network in the band of its seeds."""
    epochs = wide.index + 1
    ax.plot(epochs, wide.mean(axis=1), label=label, **style)
    band = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
    ax.fill_between(epochs, wide.min(axis=1), wide.max(axis=1), **band)


def _difference(ax: Axes, wide: pd.DataFrame, style: dict) -> tuple[float, float]:
    """Draw differences of equal seeds; return the scale of their later part."""
    wide = wide.dropna(axis="columns", how="all")
    _arm_curve(ax, wide, None, style)
    late = wide[wide.index >= wide.index.max() / 3].to_numpy()
    return np.nanmin(late), np.nanmax(late)


def segmentations(
    images: np.ndarray,
    truth: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    near: np.ndarray,
) -> Figure:
    """Input, true and predicted classes, and where these err (Figures 7c to 7q)."""
    rows, columns = 2 * len(images), 2 + len(predictions)
    size = (WIDTH, rows * (WIDTH / columns + 0.1) + 0.2)
    fig, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    classes = {"cmap": SEQUENTIAL, "vmin": 0, "vmax": 2}
    errors = {"cmap": "Greys", "vmin": 0, "vmax": 1}
    label = {"fontsize": "small", "labelpad": 2}
    for i, (image, mask) in enumerate(zip(images, truth, strict=True)):
        above, below = axes[2 * i], axes[2 * i + 1]
        above[0].imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        above[1].imshow(mask, **classes)
        # A light zone leaves errors in it and outside of it to be told from it.
        zone = 0.25 * near[i]
        below[1].imshow(zone, **errors)
        for column, predicted in enumerate(predictions.values(), start=2):
            wrong = predicted[i] != mask
            above[column].imshow(predicted[i], **classes)
            below[column].imshow(np.where(wrong, 1.0, zone), **errors)
            right = 100 * (1 - wrong.mean())
            below[column].set_xlabel(f"{right:.1f} % right", **label)
        below[1].set_xlabel("near a border", **label)
        below[0].set_visible(False)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    for ax, title in zip(axes[0], ("input", "truth", *predictions), strict=True):
        ax.set_title(title, fontsize="small")
    return fig


def aperture_shift(
    first: np.ndarray, last: np.ndarray, sizes: Mapping[str, np.ndarray], low: float
) -> Figure:
    """Apertures of a layer before and after training, and the sizes they amount to."""
    fig, (left, right) = theme.panel_row(2, 3.6)
    ends = np.array([min(first.min(), last.min()), max(first.max(), last.max())])
    left.plot(ends, ends, color="0.5", linewidth=1, label="not moved")
    left.axhline(low, color="0.5", linewidth=1, linestyle=":", label="lower bound 1/n")
    left.plot(first.ravel(), last.ravel(), "o", color=PALETTE["adaptive"], alpha=0.6)
    left.legend(fontsize="small")
    left.set_xlabel("aperture before training (kernel widths)")
    left.set_ylabel("after training (kernel widths)")
    values = np.concatenate([np.ravel(size) for size in sizes.values()])
    bins = np.linspace(values.min(), values.max() + 1e-6, 16)
    styles = {"color": "0.5", "linestyle": "--"}, STYLES["adaptive"]
    for (title, size), style in zip(sizes.items(), styles, strict=True):
        lines = {"histtype": "step", "linewidth": 2, **style}
        right.hist(np.ravel(size), bins, label=title, **lines)
    right.set(xlabel="effective kernel size (pixels)", ylabel="filters")
    right.legend()
    return fig


def _arm_styles(frame: pd.DataFrame) -> dict[tuple[str, int], dict[str, object]]:
    """Colour and line of each kind and kernel size in a frame, ordinary ones first."""
    arms = frame[["kind", "kernel_size"]].drop_duplicates()
    styles = {}
    for kind in PALETTE:
        sizes = sorted(arms.loc[arms["kind"] == kind, "kernel_size"])
        shades = sns.light_palette(PALETTE[kind], 2 * len(sizes))[len(sizes) :]
        for size, shade in zip(sizes, shades, strict=True):
            styles[kind, int(size)] = {
                "color": shade,
                "linestyle": theme.LINE_STYLES[kind] if size == sizes[-1] else ":",
                "linewidth": 2,
            }
    return styles
