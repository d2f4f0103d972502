"""The tables of the chapter on time, and what the claims keep of it."""

from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion import paper
from aconv.companion.experiments.timing import printed_steps
from aconv.companion.measures import times

_DIGITS = {"µs": 0, "ms": 1, "ratio": 2}
_SLOWDOWN = tuple(f"timing.slowdown.{end}" for end in ("low", "high"))


def printed_slowdown() -> tuple[tuple[float, float], str]:
    """Return by how much the paper says that a training step takes longer."""
    low, high = (paper.number(name) for name in _SLOWDOWN)
    return (low.rounded[0], high.rounded[1]), f"{low.printed} to {high.printed}"


def steps_table(training: pd.DataFrame) -> Styler:
    """Show training steps of the paper and of here side by side."""
    steps = printed_steps(training["kernel_size"].tolist())
    for kind in ("ordinary", "adaptive"):
        steps[f"here, {kind} (ms)"] = training[kind].to_numpy()
    steps["here, ratio"] = training["median"].to_numpy()
    formats = {
        column: f"{{:.{digits}f}}"
        for unit, digits in _DIGITS.items()
        for column in steps.columns
        if unit in column
    }
    return steps.style.format(formats, na_rep="").hide(axis="index")


def ratios_table(
    training: pd.DataFrame, claim: tuple[float, float], printed: str
) -> Styler:
    """Show by pairs how much longer an adaptive step takes."""
    table = pd.DataFrame(
        {
            "kernel": _squares(training["kernel_size"]),
            "ratio": training["median"],
            "quartiles": times.span(training, "lower_quartile", "upper_quartile"),
            "interval": times.span(training),
            f"{printed}?": times.described(training, claim),
        }
    )
    return table.style.format({"ratio": "{:.2f}"}).hide(axis="index")


def inference_table(
    unfolded: pd.DataFrame, folded: pd.DataFrame, same: tuple[float, float]
) -> Styler:
    """Show what inference takes before and after folding."""
    table = pd.DataFrame(
        {
            "kernel": _squares(folded["kernel_size"]),
            "ordinary (ms)": folded["ordinary"],
            "adaptive / folded": unfolded["median"],
            "its interval": times.span(unfolded),
            "folded / ordinary": folded["median"],
            "interval": times.span(folded),
            "the same?": times.described(folded, same),
        }
    )
    styled = table.style.format(precision=2).format("{:.1f}", subset="ordinary (ms)")
    return styled.hide(axis="index")


def extra_table(extra: pd.DataFrame) -> Styler:
    """Show the extra time of an adaptive layer by the size of the image."""
    table = pd.DataFrame(
        {
            "image": _squares(extra["image_side"]),
            "ordinary (ms)": extra["ordinary"],
            "adaptive − ordinary (ms)": extra["median"],
            "interval": times.span(extra),
        }
    )
    formats = {"ordinary (ms)": "{:.1f}", "adaptive − ordinary (ms)": "{:.2f}"}
    return table.style.format(formats).hide(axis="index")


def medians_text(compared: pd.DataFrame) -> str:
    """Return the least and the greatest of some medians as text."""
    return f"{compared['median'].min():.2f} to {compared['median'].max():.2f}"


def kept_rows(compared: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the claims need of a comparison."""
    rows = compared[["kernel_size", "median", "low", "high"]]
    return rows.rename(columns={"kernel_size": "size"}).to_dict("records")


def _squares(sides: pd.Series) -> list[str]:
    return [f"{side}×{side}" for side in sides]
