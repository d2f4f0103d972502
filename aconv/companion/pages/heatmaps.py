"""What the chapter on heatmaps shows of the maps and their comparisons."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler

from aconv.companion.analysis.kept import kept
from aconv.companion.datasets import Dataset, info
from aconv.companion.experiments.relevance import Explanation
from aconv.companion.measures import heatmaps
from aconv.companion.pages import figures
from aconv.companion.stats import Verdict
from aconv.companion.training.preprocessing import prepare
from aconv.companion.training.settings import Settings


def kept_gaps_figure() -> Figure:
    """Draws the intervals that the claims about heatmaps are judged by.

    Returns:
        A figure with a panel per measure and a row per data set and claim, from the
        result that the chapter keeps; a note where it has kept none.
    """
    result = kept("heatmaps")
    if result is None or not result.values["images"]:
        return figures.note("no recorded networks")
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


def input_range(settings: Settings, data: Dataset) -> tuple[float, float]:
    """Says between which values an input of a network can lie.

    Args:
        settings: Settings of its run, whose inputs are scaled alike at each pixel.
        data: Its data set, of 8-bit pixels.

    Returns:
        The inputs of a black and of a white pixel.
    """
    # One image with both, which stretching leaves as it is.
    ends = np.zeros_like(data.x_train[:1])
    ends[:, 0] = 255
    _, inputs = prepare(settings, data.x_train, ends)
    return float(inputs.min()), float(inputs.max())


def rows_figure(
    maps: Mapping[str, Explanation],
    pixels: np.ndarray,
    truth: np.ndarray,
    class_names: Sequence[str],
    which: np.ndarray,
) -> Figure:
    """Draws images and, below each, its heatmap in every network.

    Args:
        maps: Explanations of the same images, by the name of their network.
        pixels: The images, shape ``(n, height, width, channels)``.
        truth: Their classes, shape ``(n,)``.
        class_names: Names of the classes.
        which: Numbers of the images to draw.

    Returns:
        A figure with a row per network; predictions that are wrong stand out.
    """
    return figures.heatmap_rows(
        pixels[which],
        {label: found.relevance[which] for label, found in maps.items()},
        {
            label: [class_names[number] for number in found.classes[which]]
            for label, found in maps.items()
        },
        {label: found.classes[which] != truth[which] for label, found in maps.items()},
        [class_names[number] for number in truth[which]],
    )


def means_table(
    values: Mapping[tuple[str, str], np.ndarray], networks: Sequence[str]
) -> Styler:
    """Shows the mean of each measure in each network.

    Args:
        values: What ``measures.heatmaps.measure`` returns.
        networks: Names of the networks.

    Returns:
        One row per network.
    """
    table = pd.DataFrame(
        {
            name: [
                values[name, network].mean() if values[name, network].size else np.nan
                for network in networks
            ]
            for name in heatmaps.MEASURES
        },
        index=pd.Index(networks, name="network"),
    )
    return table.reset_index().style.format(precision=3).hide(axis="index")


def verdict_counts(verdicts: pd.DataFrame) -> dict[str, int]:
    """Counts the verdicts of a table, for the text below it.

    Args:
        verdicts: Tables of ``measures.heatmaps.judge``, one below the other.

    Returns:
        ``verdicts``, all of them; ``same_way``, ``other_way`` and ``open``; and
        ``disagree``, those in which the two measures do.
    """
    words = (Verdict.SAME_WAY, Verdict.OTHER_WAY, Verdict.OPEN)
    return {
        "verdicts": len(verdicts),
        **{
            word.name.lower(): int((verdicts["verdict"] == word).sum())
            for word in words
        },
        "disagree": int((verdicts["measures"] == "disagree").sum()),
    }


def missing_words(titles: Sequence[str]) -> str:
    """Says on which data sets no networks are recorded, after another sentence.

    Args:
        titles: Titles of the data sets.

    Returns:
        A sentence with a space before it; nothing where none is missing.
    """
    return f" No networks are recorded yet on {', '.join(titles)}." if titles else ""


def kept_gaps(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns what the claims need of the gaps between networks.

    Args:
        gaps: Table of ``measures.heatmaps.sharpness_gaps``.

    Returns:
        Its rows, with the measure and the claim under their own names.
    """
    columns = {"panel": "measure", "comparison": "claim"}
    return gaps.rename(columns=columns).to_dict("records")
