"""The theme of all figures: one palette, one width, one way to lay out a sheet."""

import math
from collections.abc import Collection, Sequence
from types import MappingProxyType
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator

# The two colours differ in lightness, so that a figure can be read in grey.
PALETTE = MappingProxyType({"ordinary": "#0b3c6f", "adaptive": "#e08a1e"})
LINE_STYLES = MappingProxyType({"ordinary": "--", "adaptive": "-"})
# Of the lines of each kind of layer, everywhere.
STYLES = {
    kind: {"color": PALETTE[kind], "linestyle": LINE_STYLES[kind]} for kind in PALETTE
}
DIVERGING = "RdBu_r"
SEQUENTIAL = "viridis"
PAPER = "0.72"  # grey of what the paper prints
WIDTH = 8.0  # inches, the width of a page's text
_COLUMNS = 8  # of a sheet of images
_PANELS = 3  # in a row: titles and ticks need a third of the width


def note(text: str) -> Figure:
    """Return a figure that says why there is none."""
    fig, ax = plt.subplots(figsize=(WIDTH, 1.2))
    # At the left, where a phone shows it without scrolling.
    ax.text(0, 0.5, text, ha="left", va="center")
    ax.set_axis_off()
    return fig


def set_theme() -> None:
    """Set the theme of all figures; call once, before the first figure."""
    settings = {
        "figure.dpi": 100,
        "figure.constrained_layout.use": True,
        "axes.titlesize": "medium",
        "image.interpolation": "nearest",
    }
    sns.set_theme(context="notebook", style="whitegrid", rc=settings)


def scale_limit(ends: pd.DataFrame, of_paper: pd.DataFrame, inside: float) -> float:
    """Return where a scale ends: past a share of finite ends, and all of the paper."""
    sizes = np.abs(ends.to_numpy("float64"))
    most = np.nanquantile(sizes[~np.isinf(sizes)], inside)
    return float(max(most, of_paper.abs().max(axis=None)))


def panel_row(panels: int, height: float, **options: Any) -> tuple[Figure, np.ndarray]:
    """Return a figure with panels side by side, height in inches, and their axes."""
    size = (WIDTH, height)
    fig, axes = plt.subplots(1, panels, figsize=size, squeeze=False, **options)
    return fig, axes[0]


def panel_grid(
    panels: int, height: float, more: float = 0.0, **options: Any
) -> tuple[Figure, np.ndarray]:
    """Return a figure with panels in rows of three, each of a height in inches."""
    rows, columns = math.ceil(panels / _PANELS), min(panels, _PANELS)
    size = (WIDTH, rows * height + more)
    fig, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, **options)
    for ax in axes.flat[panels:]:
        ax.remove()
    return fig, axes


def sheet(panels: int, aspect: float, title: float = 0.0) -> np.ndarray:
    """Return the axes of a sheet of images, without frames."""
    rows = math.ceil(panels / _COLUMNS)
    image = WIDTH / _COLUMNS * aspect
    height = rows * (image + title)
    # So many panels of one size need no layout engine, which is slow with them.
    options = {"figsize": (WIDTH, height), "squeeze": False, "layout": "none"}
    fig, axes = plt.subplots(rows, _COLUMNS, **options)
    fig.subplots_adjust(0, 0, 1, 1 - title / height, 0.06, 0.06 + title / image)
    for ax in axes.flat:
        ax.axis("off")
    return axes


def legend_above(fig: Figure, ax: Axes, columns: int, **options: Any) -> None:
    """Put the legend of one panel above all, unless ``loc`` is another place."""
    handles, labels = ax.get_legend_handles_labels()
    place = {"loc": "outside upper center", "ncols": columns}
    fig.legend(handles, labels, **place | options)


def plain_log_ticks(axis: Axis) -> None:
    """Label a logarithmic scale at 1, 2 and 5, without powers of ten."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def label_right(ax: Axes, ends: Sequence[tuple[float, str, Any]]) -> None:
    """Label lines to the right of the frame, from last values, texts and colours.

    Labels that would lie on each other are moved apart; call it when the scale is set.
    """
    to_frame = ax.transScale + ax.transLimits
    least = 0.062  # a line of small text, as a share of a panel 3 to 4 inches high
    top = -np.inf
    x = ax.get_xlim()[1]
    for value, text, color in sorted(ends, key=lambda end: end[0]):
        top = max(to_frame.transform((x, value))[1], top + least)
        ax.annotate(
            text,
            (1, top),
            xytext=(5, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            color=color,
            fontsize="small",
        )


def interval_lengths(rows: pd.DataFrame, middle: str) -> np.ndarray:
    """Return how far ``low`` and ``high`` are from a column, for error bars."""
    centre, low, high = rows[[middle, "low", "high"]].to_numpy(dtype=float).T
    return np.array([centre - low, high - centre])


def kind_legend(fig: Figure, kinds: Collection[str]) -> None:
    """Name the kinds of layer above all panels."""
    kinds = [kind for kind in PALETTE if kind in kinds]
    handles = [Line2D([], [], linewidth=2, **STYLES[kind]) for kind in kinds]
    fig.legend(handles, kinds, loc="outside upper center", ncols=2, fontsize="small")
