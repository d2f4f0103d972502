"""Kernels and their envelopes: size, variance and the kernels that were learned."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import DIVERGING, PALETTE, SEQUENTIAL, WIDTH

_APERTURE = r"aperture $\sigma$ (kernel widths)"


def matrices(rows: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Kernels and envelopes side by side, each with its scale (Figures 1 and 2)."""
    columns = len(rows[0])
    size = (WIDTH, (WIDTH / columns + 0.4) * len(rows))
    fig, axes = plt.subplots(len(rows), columns, figsize=size, squeeze=False)
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
        place = {"xytext": (0, 4), "textcoords": "offset points", "ha": "right"}
        ax.annotate(f"{n}×{n}", (apertures[-1], values[-1]), color=shade, **place)
    ax.axvspan(0.1, 0.5, color="0.9", zorder=0)
    ax.text(0.22, 0.3, "initial apertures", ha="center", color="0.35")
    ax.set(xscale="log", ylim=(0, max(sizes) + 1), xlabel=_APERTURE)
    ax.set_ylabel("effective kernel size (pixels)")
    theme.plain_log_ticks(ax.xaxis)
    return fig


def envelope_slopes(slopes: pd.DataFrame, measured: pd.DataFrame) -> Figure:
    """Derivative of single coefficients of an envelope, by formulas and as measured."""
    panels = slopes.groupby("coefficient", sort=False)
    fig, axes = theme.panel_row(len(panels), 3.6)
    styles = [
        {"color": "#9b1c1c", "linestyle": "--"},
        {"color": "#2a9d8f", "linestyle": ":"},
        theme.STYLES["adaptive"],
    ]
    for ax, (name, of_name) in zip(axes, panels, strict=True):
        ax.axhline(0, color="0.4", linewidth=1)
        formulas = of_name.groupby("formula", sort=False)
        for (formula, rows), style in zip(formulas, styles, strict=True):
            ax.plot(rows["aperture"], rows["slope"], label=formula, lw=2, **style)
        dots = measured[measured["coefficient"] == name]
        dot = {"color": "0.2", "markerfacecolor": "none", "linestyle": ""}
        ax.plot(dots["aperture"], dots["slope"], "o", label="measured", **dot)
        ax.set(title=name, xlabel=_APERTURE)
    axes[0].set_ylabel(r"$\partial u / \partial\sigma$")
    theme.legend_above(fig, axes[0], 2, fontsize="small")
    return fig


# Label, colour, line, marker and its size of each kernel.
_VARIANCES = {
    "W": ("$W$", "0.3", "-", "s", 6),
    "U0∘W": (r"$U_0 \circ W$, not normalised", "#2a9d8f", "--", "^", 4),
    "U∘W": (r"$U \circ W$, normalised", PALETTE["adaptive"], "-", "o", 4),
}
_STYLE = ("label", "color", "linestyle", "marker", "markersize")


def mean_variance(measured: pd.DataFrame, expected: pd.DataFrame) -> Figure:
    """Mean variance of kernels against the aperture (Figure 3), and the same near 1."""
    columns = measured.groupby("weights", sort=False)
    shared = {"sharex": True, "sharey": "row", "squeeze": False}
    fig, axes = plt.subplots(2, len(columns), figsize=(WIDTH, 5.6), **shared)
    expectation = {"color": PALETTE["adaptive"], "alpha": 0.25, "linewidth": 0}
    for panels, (name, of_weights) in zip(axes.T, columns, strict=True):
        of_band = expected.loc[expected["weights"] == name, ["aperture", "low", "high"]]
        for ax in panels:
            for kernel, values in _VARIANCES.items():
                rows = of_weights[of_weights["kernel"] == kernel]
                style = dict(zip(_STYLE, values, strict=True))
                ax.plot(rows["aperture"], rows["mvar"], markerfacecolor="none", **style)
            ax.fill_between(*of_band.T.to_numpy(), label="95 % expected", **expectation)
        panels[0].set_title(f"{name} weights")
        panels[1].set_xlabel(_APERTURE)
    of_theorem = measured.loc[measured["kernel"] != "U0∘W", "mvar"]
    near = np.concatenate([of_theorem, expected["low"], expected["high"]])
    axes[0, 0].set(ylabel="mean of variances", ylim=(0, None))
    reach = 1.05 * np.abs(near - 1).max()
    axes[1, 0].set(ylabel="the same, near 1", ylim=(1 - reach, 1 + reach))
    axes[0, 0].legend(loc="lower right", fontsize="small")
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
