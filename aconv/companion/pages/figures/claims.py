"""Claims and printed numbers, and all comparisons of accuracy in one figure."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import PALETTE, PAPER, SEQUENTIAL, WIDTH
from aconv.companion.pages.words import minus
from aconv.companion.stats import Verdict
from aconv.companion.stats.formatting import format_signed

# A verdict has the colour of its badge (book.css) and a shape: by either it can be told
# from the others. The triangles point to the side of the paper's claim, and to the
# other.
VERDICT_STYLES = {
    Verdict.HOLDS: {"color": "#14602c", "marker": "D"},
    Verdict.IN_PART: {"color": "#4d6b1f", "marker": "D", "fillstyle": "bottom"},
    Verdict.DOES_NOT_HOLD: {"color": "#9b1c1c", "marker": "X"},
    Verdict.SAME_WAY: {"color": "#14602c", "marker": "^"},
    Verdict.OTHER_WAY: {"color": "#9b1c1c", "marker": "v"},
    Verdict.OPEN: {"color": "#664d00", "marker": "o", "fillstyle": "none"},
    Verdict.MISPRINT: {"color": "#53248a", "marker": "P"},
    Verdict.NOT_TESTED: {"color": "#495057", "marker": "s", "fillstyle": "none"},
}
# What only points, or says nothing, is light, as its badge.
_DARK = (Verdict.HOLDS, Verdict.IN_PART, Verdict.DOES_NOT_HOLD)


def results(comparisons: pd.DataFrame) -> Figure:
    """Differences as printed and as recorded, one row per comparison."""
    fig, ax = plt.subplots(figsize=(WIDTH, 1.5 + 0.4 * len(comparisons)))
    limit = theme.scale_limit(
        comparisons[["paper_low", "paper_high", "low", "high"]],
        comparisons[["paper_low", "paper_high"]],
        inside=0.9,
    )
    ax.axvline(0, color="0.4", linewidth=1)
    for place, row in enumerate(comparisons.itertuples()):
        width = row.paper_high - row.paper_low
        ax.barh(place - 0.14, width, 0.26, left=row.paper_low, color=PAPER)
        _mark(ax, row.paper, place - 0.14, limit, {"color": "0.3", "marker": "|"})
        if np.isfinite(row.difference):
            style = VERDICT_STYLES[row.verdict]
            _interval(ax, row.low, row.high, place + 0.2, limit, style["color"])
            _mark(ax, row.difference, place + 0.2, limit, style)
        else:
            style = {"va": "center", "color": "0.35", "size": "small"}
            ax.text(0, place + 0.2, " too few runs", **style)
    ax.set_yticks(range(len(comparisons)), comparisons["label"])
    ax.set(xlim=(-1.12 * limit, 1.12 * limit), ylim=(len(comparisons) - 0.5, -0.6))
    ax.set_xlabel("adaptive − ordinary (percentage points)")
    ax.grid(axis="y", visible=False)
    _legend(fig, comparisons)
    return fig


def _interval(
    ax: Axes, low: float, high: float, height: float, limit: float, color: str
) -> None:
    """Draw an interval; an end beyond the scale is an arrow's head."""
    ax.plot(np.clip([low, high], -limit, limit), [height] * 2, color=color, lw=1.7)
    for end in (low, high):
        if abs(end) > limit:
            marker = "<" if end < 0 else ">"
            ax.plot(np.clip(end, -limit, limit), height, marker, color=color)


def _mark(ax: Axes, value: float, height: float, limit: float, style: dict) -> None:
    """Mark a value, or point to it where it lies beyond the scale."""
    if abs(value) <= limit:
        ax.plot(value, height, linestyle="", markersize=8, **style)
        return
    side = np.sign(value)
    ax.annotate(
        minus(format_signed(value, 1)),
        (1.1 * side * limit, height),
        (0.93 * side * limit, height),
        ha="right" if side > 0 else "left",
        va="center",
        size="small",
        color=style["color"],
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        arrowprops={"arrowstyle": "->", "color": style["color"]},
    )


def _legend(fig: Figure, comparisons: pd.DataFrame) -> None:
    tested = comparisons[np.isfinite(comparisons["difference"])]
    present = [word for word in VERDICT_STYLES if word in set(tested["verdict"])]
    handles = [Line2D([], [], color=PAPER, linewidth=8)]
    handles += [Line2D([], [], markersize=8, **VERDICT_STYLES[w]) for w in present]
    labels = ["paper, interval", *(f"here: {verdict.value}" for verdict in present)]
    fig.legend(handles, labels, loc="outside upper center", ncols=3, fontsize="small")


def steps_below_print(steps: pd.DataFrame, printed: pd.DataFrame) -> Figure:
    """Draw a group for each data set: the printed difference, and below it the steps.

    The index of ``printed`` are the titles of data sets, below which stand the sizes of
    the kernels in the steps. An interval that reaches beyond the scale ends in an
    arrow; a difference beyond it has no mark.
    """
    sizes = dict(steps[["title", "kernel_size"]].itertuples(index=False))
    titles = list(sizes)
    names = list(dict.fromkeys(steps["step"]))
    # Narrow enough for a phone: the text keeps its size there.
    fig, ax = plt.subplots(figsize=(5.0, 1.0 + 0.64 * len(titles)))
    printed = printed.loc[titles, ["paper", "paper_low", "paper_high"]]
    limit = theme.scale_limit(steps[["low", "high"]], printed, inside=0.8)
    shades = sns.color_palette(SEQUENTIAL, len(names))
    styles = [
        {"color": shade, "marker": marker}
        for shade, marker in zip(shades, "soD", strict=False)
    ]
    bar, gap = 0.17, 0.05
    ax.axvline(0, color="0.4", linewidth=1)
    for place, title in enumerate(titles):
        height = place - 2 * bar
        mean, *reach = printed.loc[title]
        ax.barh(height, mean, bar, color=PAPER)
        ax.plot(reach, [height] * 2, color="0.3", linewidth=1)
        of_set = steps[steps["title"] == title].set_index("step")
        for line, name in enumerate(names):
            if name in of_set.index:
                below = height + (line + 1) * (bar + gap)
                _step(ax, of_set.loc[name], below, limit, styles[line])
    names_of_groups = [f"{title}\n{n}×{n}" for title, n in sizes.items()]
    ax.set_yticks(range(len(titles)), names_of_groups)
    ax.set(xlim=(-1.06 * limit, 1.06 * limit), ylim=(len(titles) - 0.45, -0.6))
    ax.set_xlabel("difference in accuracy (percentage points)")
    ax.grid(axis="y", visible=False)
    handles = [Patch(color=PAPER), *(Line2D([], [], **style) for style in styles)]
    labels = ["paper, all together", *(f"here: {name}" for name in names)]
    fig.legend(handles, labels, loc="outside upper center", ncols=2, fontsize="small")
    return fig


def _step(ax: Axes, row: pd.Series, height: float, limit: float, style: dict) -> None:
    _interval(ax, row["low"], row["high"], height, limit, style["color"])
    if abs(row["difference"]) <= limit:
        ax.plot(row["difference"], height, linestyle="", markersize=6, **style)


def verdict_counts(counts: Mapping[str, int]) -> Figure:
    """Draw how many claims have which verdict."""
    fig, ax = plt.subplots(figsize=(WIDTH, 0.4 + 0.32 * len(counts)))
    bars = ax.barh(list(counts), list(counts.values()), linewidth=1.5)
    for bar, word in zip(bars, counts, strict=True):
        color = VERDICT_STYLES[Verdict(word)]["color"]
        bar.set(edgecolor=color, facecolor=color if word in _DARK else color + "40")
    ax.bar_label(bars, padding=4)
    ax.invert_yaxis()
    ax.set_xlabel("claims")
    ax.grid(visible=False, axis="y")
    return fig


def allowed_ranges(table: pd.DataFrame) -> Figure:
    """Draw printed values in the ranges that other printed numbers allow."""
    panels = table.groupby("panel", sort=False)
    fig, axes = theme.panel_row(len(panels), 1 + 0.27 * panels.size().max())
    dots = {"color": PALETTE["adaptive"], "markersize": 8, "markeredgecolor": "black"}
    for ax, (panel, rows) in zip(axes, panels, strict=True):
        rows = rows.reset_index(drop=True)
        bars = {"color": PALETTE["ordinary"], "linewidth": 5}
        ax.hlines(rows.index, rows["low"], rows["high"], **bars)
        inside = rows["value"].between(rows["low"], rows["high"])
        for shown, marker in ((rows[inside], "o"), (rows[~inside], "X")):
            ax.plot(shown["value"], shown.index, marker, **dots)
        ax.set_yticks(rows.index, rows["label"])
        ax.invert_yaxis()
        ax.set_title(panel)
    return fig
