"""Kernels and their envelopes: size, variance and the kernels that were learned."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import DIVERGING, PALETTE, SEQUENTIAL, WIDTH


def matrices(rows: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Kernels and envelopes side by side, each with its scale (Figures 1 and 2)."""
    columns = len(rows[0])
    fig, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(WIDTH, (WIDTH / columns + 0.4) * len(rows)),
        squeeze=False,
    )
    for panels, row in zip(axes, rows, strict=True):
        for ax, (title, values) in zip(panels, row.items(), strict=True):
            high = np.abs(values).max()
            if values.min() < 0:
                scale = {"cmap": DIVERGING, "vmin": -high, "vmax": high}
            else:
                scale = {"cmap": SEQUENTIAL, "vmin": 0, "vmax": high}
            image = ax.imshow(values, **scale)
            ax.set(title=title, xticks=[], yticks=[])
            fig.colorbar(image, ax=ax, shrink=0.75, location="bottom", pad=0.03)
    return fig


def size_against_aperture(
    apertures: np.ndarray, sizes: Mapping[int, np.ndarray]
) -> Figure:
    """Effective kernel size against aperture, a line per grid size."""
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    shades = sns.color_palette("flare", len(sizes))
    for (n, values), shade in zip(sizes.items(), shades, strict=True):
        ax.plot(apertures, values, color=shade)
        ax.plot(1 / n, np.interp(1 / n, apertures, values), "o", color=shade)
        ax.annotate(
            f"{n}×{n}",
            (apertures[-1], values[-1]),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            color=shade,
        )
    ax.axvspan(0.1, 0.5, color="0.9", zorder=0)
    ax.text(0.22, 0.3, "initial apertures", ha="center", color="0.35")
    ax.set(
        xscale="log",
        ylim=(0, max(sizes) + 1),
        xlabel=r"aperture $\sigma$ (kernel widths)",
        ylabel="effective kernel size (pixels)",
    )
    theme.plain_log_ticks(ax.xaxis)
    return fig


def mean_variance(measured: pd.DataFrame, expected: pd.DataFrame) -> Figure:
    """Mean variance of weights and product kernels against the aperture (Figure 3)."""
    names = list(dict.fromkeys(measured["weights"]))
    fig, axes = theme.panel_row(len(names), 3.6, sharey=True)
    styles = {
        "W": {"label": "$W$", "color": "0.3", "marker": "s", "markersize": 6},
        "U0∘W": {
            "label": r"$U_0 \circ W$, not normalised",
            "color": "#2a9d8f",
            "linestyle": "--",
            "marker": "^",
            "markersize": 4,
        },
        "U∘W": {
            "label": r"$U \circ W$, normalised",
            "color": PALETTE["adaptive"],
            "marker": "o",
            "markersize": 4,
        },
    }
    for ax, name in zip(axes, names, strict=True):
        of_weights = measured[measured["weights"] == name]
        for kernel, style in styles.items():
            rows = of_weights[of_weights["kernel"] == kernel]
            ax.plot(rows["aperture"], rows["mvar"], markerfacecolor="none", **style)
        band = expected[expected["weights"] == name]
        ax.fill_between(
            band["aperture"],
            band["low"],
            band["high"],
            color=PALETTE["adaptive"],
            alpha=0.25,
            linewidth=0,
            label="95 % expected",
        )
        ax.set(title=f"{name} weights", xlabel=r"aperture $\sigma$ (kernel widths)")
    axes[0].set(ylabel="mean of variances", ylim=(0, None))
    axes[0].legend(loc="lower right")
    return fig


def kernel_sheet(kernels: np.ndarray, apertures: np.ndarray) -> Figure:
    """A sheet of kernels, each with its aperture (Figure 5 f)."""
    axes = theme.sheet(kernels.shape[-1], kernels.shape[0] / kernels.shape[1], 0.2)
    for ax, kernel, aperture in zip(
        axes.flat, np.moveaxis(kernels, -1, 0), apertures, strict=False
    ):
        high = np.abs(kernel).max()
        ax.imshow(kernel, cmap=DIVERGING, vmin=-high, vmax=high)
        ax.set_title(rf"$\sigma$ = {aperture:.2f}", fontsize="x-small", pad=2)
    return axes.flat[0].figure
