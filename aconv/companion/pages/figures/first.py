"""The picture of the first page: steps from ordinary to adaptive kernels."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from aconv.companion.pages.figures.theme import PAPER, SEQUENTIAL, scale_limit

# Wide enough for a phone: the text keeps its size there.
_WIDTH = 5.0
_MARKERS = ("s", "o", "D")
_BAR, _GAP = 0.17, 0.05


def steps_below_print(steps: pd.DataFrame, printed: pd.DataFrame) -> Figure:
    """Draw a group for each data set: the printed difference, and below it the steps.

    ``steps`` has ``title``, ``step``, ``difference``, ``low`` and ``high``; the index
    of ``printed`` are the titles, its columns ``paper``, ``paper_low``, ``paper_high``.
    An interval that reaches beyond the scale ends in an arrow; a difference beyond it
    has no mark.
    """
    titles = list(dict.fromkeys(steps["title"]))
    names = list(dict.fromkeys(steps["step"]))
    fig, ax = plt.subplots(figsize=(_WIDTH, 1.0 + 0.72 * len(titles)))
    limit = scale_limit(steps[["low", "high"]], printed.loc[titles], inside=0.8)
    shades = sns.color_palette(SEQUENTIAL, len(names))
    styles = [
        {"color": shade, "marker": marker}
        for shade, marker in zip(shades, _MARKERS, strict=False)
    ]
    ax.axvline(0, color="0.4", linewidth=1)
    for place, title in enumerate(titles):
        of_paper = printed.loc[title]
        height = place - 2 * _BAR
        ax.barh(height, of_paper["paper"], _BAR, color=PAPER)
        reach = of_paper[["paper_low", "paper_high"]].to_list()
        ax.plot(reach, [height] * 2, color="0.3", linewidth=1)
        of_set = steps[steps["title"] == title].set_index("step")
        for line, name in enumerate(names):
            if name in of_set.index:
                height = place - 2 * _BAR + (line + 1) * (_BAR + _GAP)
                _step(ax, of_set.loc[name], height, limit, styles[line])
    ax.set_yticks(range(len(titles)), titles)
    ax.set(xlim=(-1.06 * limit, 1.06 * limit), ylim=(len(titles) - 0.45, -0.6))
    ax.set_xlabel("difference in accuracy (percentage points)")
    ax.grid(axis="y", visible=False)
    handles = [
        Patch(color=PAPER),
        *(Line2D([], [], **style) for style in styles),
    ]
    labels = ["paper, all together", *(f"here: {name}" for name in names)]
    fig.legend(handles, labels, loc="outside upper center", ncols=2, fontsize="small")
    return fig


def _step(ax: Axes, row: pd.Series, height: float, limit: float, style: dict) -> None:
    ends = np.clip([row["low"], row["high"]], -limit, limit)
    ax.plot(ends, [height] * 2, color=style["color"], linewidth=1.8)
    for end, marker in ((row["low"], "<"), (row["high"], ">")):
        if abs(end) > limit:
            ax.plot(np.clip(end, -limit, limit), height, marker, color=style["color"])
    if abs(row["difference"]) <= limit:
        ax.plot(row["difference"], height, linestyle="", markersize=6, **style)
