"""The maps of the chapter on heatmaps, and their comparisons."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler

from aconv.companion.chapters.heatmaps.recorded import RecordedMaps
from aconv.companion.datasets import Dataset, info
from aconv.companion.measures import heatmaps
from aconv.companion.measures.relevance import Explanation
from aconv.companion.pages import figures
from aconv.companion.pages.words import listed
from aconv.companion.runs.results_cache import load_result
from aconv.companion.stats import Verdict
from aconv.companion.training.preprocessing import prepare
from aconv.companion.training.settings import Settings


def kept_gaps_figure() -> Figure:
    """Draw the intervals that the claims about heatmaps are judged by."""
    rows = [
        {
            **gap,
            "panel": gap["measure"],
            "comparison": f"{info(images['dataset']).title}: {gap['claim']}",
        }
        for images in _kept_images()
        for gap in images["gaps"]
    ]
    if not rows:
        return figures.note("no recorded networks")
    return figures.difference_intervals(pd.DataFrame(rows))


def kept_words() -> str:
    """Say what ``kept_gaps_figure`` is of, for its caption."""
    titles = [info(images["dataset"]).title for images in _kept_images()]
    if not titles:
        return "no networks are recorded yet"
    return f"recorded networks on sample images of {listed(titles)} (kept result)"


def _kept_images() -> Sequence[Mapping[str, Any]]:
    result = load_result("heatmaps")
    return result.values["images"] if result else ()


def networks_facts(recorded: Mapping[str, RecordedMaps]) -> dict[str, str]:
    """Return for captions which networks made the maps of each data set."""
    return {
        f"{name}_networks": f"recorded networks of {found.profile}"
        if found.maps
        else f"{found.profile}: images only"
        for name, found in recorded.items()
    }


def input_range(settings: Settings, data: Dataset) -> tuple[float, float]:
    """Return the inputs of a black and of a white pixel."""
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
    """Draw images and, below each, its heatmap in every network."""
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
    """The mean of each measure in each network."""
    table = pd.DataFrame({"network": networks})
    for name in heatmaps.MEASURES:
        # Without images, pandas has no mean and does not warn of it.
        of_networks = [pd.Series(values[name, n].ravel()).mean() for n in networks]
        table[name] = of_networks
    return table.style.format(precision=3).hide(axis="index")


def interval_facts(maps: Mapping[str, Sequence[np.ndarray]]) -> dict[str, str]:
    """Return what intervals of live heatmaps are over, and which images drop out."""
    counts = []
    for network, of_seeds in maps.items():
        images = len(of_seeds[0])
        sound = next(iter(heatmaps.measure({network: of_seeds}).values())).shape[1]
        counts.append(f"{images - sound} of {network}")
    seeds = len(next(iter(maps.values())))
    over = (
        "seeds and images: both are resampled, because all images share a seed's "
        "network and all seeds share the images"
        if seeds > 1
        else "images, which are resampled; one seed says nothing of others"
    )
    return {"dropped": ", ".join(counts), "resampled": over}


def verdict_counts(verdicts: pd.DataFrame) -> dict[str, int]:
    """Count the verdicts of a table, for the text below it."""
    counts = {"verdicts": len(verdicts)}
    for word in (Verdict.SAME_WAY, Verdict.OTHER_WAY, Verdict.OPEN):
        counts[word.name.lower()] = int((verdicts["verdict"] == word).sum())
    return counts | {"disagree": int((verdicts["measures"] == "disagree").sum())}


def missing_words(titles: Sequence[str]) -> str:
    """Name the data sets without recorded networks, after another sentence."""
    return f" No networks are recorded yet on {', '.join(titles)}." if titles else ""


def kept_gaps(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the claims need of ``measures.heatmaps.sharpness_gaps``."""
    columns = {"panel": "measure", "comparison": "claim"}
    return gaps.rename(columns=columns).to_dict("records")
