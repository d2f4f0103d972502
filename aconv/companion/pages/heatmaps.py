"""The figure that the chapter on heatmaps opens with."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis.kept import kept
from aconv.companion.datasets import info
from aconv.companion.pages import figures


def kept_gaps_figure() -> Figure:
    """Draws the intervals that the claims about heatmaps are judged by.

    Returns:
        A figure with a panel per measure and a row per data set and claim, from the
        result that the chapter keeps; a note where it has kept none.
    """
    result = kept("heatmaps")
    if result is None:
        fig, ax = plt.subplots(figsize=(figures.WIDTH, 1.2))
        ax.text(0.5, 0.5, "the chapter has kept no result", ha="center", va="center")
        ax.set_axis_off()
        return fig
    rows = [
        {
            "panel": gap["measure"],
            "comparison": f"{info(images['dataset']).title}: {gap['claim']}",
            **{name: gap[name] for name in ("mean", "low", "high")},
        }
        for images in result.values["images"]
        for gap in images["gaps"]
    ]
    return figures.difference_intervals(pd.DataFrame(rows))
