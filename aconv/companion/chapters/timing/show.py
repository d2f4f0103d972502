"""The tables of the chapter on time, and what the claims keep of it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.measures import times
from aconv.companion.pages.tables import SIZE, show
from aconv.companion.pages.words import Interval, agreement
from aconv.companion.paper.consistency import printed_steps
from aconv.companion.runs.results_cache import load_result

_INTERVAL = "{low:z.2f} to {high:z.2f}"

# Of ``measures.times.compare`` of differences, by the size of the image.
EXTRA = {
    "image_side": ("image", "{image_side}×{image_side}"),
    "ordinary": ("ordinary (ms)", ".1f"),
    "median": ("adaptive − ordinary (ms)", ".2f"),
    "low": ("interval", _INTERVAL),
}


def steps_table(training: pd.DataFrame, caption: str) -> Styler:
    """Training steps of the paper and of here, from ``measures.times.compare``."""
    steps = printed_steps(training["kernel_size"].tolist())
    for kind in ("ordinary", "adaptive"):
        steps[f"here, {kind} (ms)"] = training[kind].to_numpy()
    steps["here, ratio"] = training["median"].to_numpy()
    digits = {"µs": ".0f", "ms": ".1f", "ratio": ".2f", "kernel": ""}
    columns = {
        name: (name, form)
        for name in steps
        for unit, form in digits.items()
        if unit in name
    }
    return show(steps, columns, caption)


def ratios_table(
    training: pd.DataFrame, claim: tuple[float, float], printed: str, caption: str
) -> Styler:
    """By pairs, how much longer an adaptive step takes, judged by the claim."""
    quartiles = "{lower_quartile:z.2f} to {upper_quartile:z.2f}"
    columns = {
        "kernel_size": ("kernel", SIZE[1]),
        "median": ("ratio", ".2f"),
        "lower_quartile": ("quartiles", quartiles),
        "low": ("interval", _INTERVAL),
        "verdict": (f"{printed}?", ""),
    }
    verdicts = times.verdict_words(training, claim)
    return show(training.assign(verdict=verdicts), columns, caption)


def inference_table(
    unfolded: pd.DataFrame,
    folded: pd.DataFrame,
    same: tuple[float, float],
    caption: str,
) -> Styler:
    """Inference of adaptive over folded networks, and of folded over ordinary ones."""
    columns = {
        "kernel_size": ("kernel", SIZE[1]),
        "ordinary": ("ordinary (ms)", ".1f"),
        "unfolded": ("adaptive / folded", ".2f"),
        "its": ("its interval", ""),
        "median": ("folded / ordinary", ".2f"),
        "low": ("interval", _INTERVAL),
        "verdict": ("the same?", ""),
    }
    table = folded.assign(
        unfolded=unfolded["median"],
        its=times.interval_words(unfolded),
        verdict=times.verdict_words(folded, same),
    )
    return show(table, columns, caption)


def kept_rows(compared: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the claims need of a comparison."""
    rows = compared[["kernel_size", "median", "low", "high"]]
    return rows.rename(columns={"kernel_size": "size"}).to_dict("records")


def agreements(found: Mapping[str, Any]) -> dict[str, str]:
    """Return whether this build agrees with each part of what the chapter keeps."""
    kept = load_result("timing")
    values = {} if kept is None else kept.values
    return {
        f"{part}_agreement": agreement(
            _intervals(part, found), _intervals(part, values)
        )
        for part in found
    }


def _intervals(part: str, values: Mapping[str, Any]) -> dict[Any, Interval]:
    """The intervals of a part by the name of a size, or its only one."""
    if part not in values:
        return {}
    if part in ("share", "with_filters"):
        return {part: tuple(values[part])}
    return {
        f"{row['size']}×{row['size']}": (row["low"], row["high"])
        for row in values[part]
    }
