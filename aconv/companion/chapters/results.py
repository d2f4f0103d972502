"""The chapter on all results: comparisons, and where the difference comes from."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.stats
from matplotlib.figure import Figure

from aconv.companion.analysis.accuracy import CELL, Selection, select
from aconv.companion.analysis.decomposition import TRAINED_APERTURES
from aconv.companion.analysis.scale import percent
from aconv.companion.pages import figures, tables
from aconv.companion.stats import mean_interval, summarise, t_test

# Of ``analysis.overview.overview``.
OVERVIEW = {
    "network": ("network", ""),
    "comparison": ("comparison", ""),
    "paper": ("paper", "{paper:+z.2f} [{paper_low:+z.2f}, {paper_high:+z.2f}]"),
    "size": ("size", ""),
    "difference": ("here", tables.DIFFERENCE[1]),
    "p_holm": tables.P_HOLM,
    "judgement": tables.VERDICT,
    "evidence": tables.EVIDENCE,
}
# The following are of tables with the titles of cells, see ``tables.with_cells``:
# of ``analysis.decomposition.decompose`` and ``judge_matched``, and of ``pairing``.
STEPS = {
    "cell": ("set", ""),
    "step": ("step", ""),
    "n": ("seeds", ""),
    "difference": tables.DIFFERENCE,
    "p_holm": tables.P_HOLM,
}
MATCHED = {
    "cell": ("set", ""),
    "mean_first": ("adaptive", ".2f"),
    "mean_second": ("ordinary", ".2f"),
    "difference": tables.DIFFERENCE,
    "p_holm": tables.P_HOLM,
    "evidence": tables.EVIDENCE,
    "judgement": tables.VERDICT,
}
PAIRS = {
    "cell": ("set", ""),
    "comparison": ("networks", ""),
    "n": ("seeds", ""),
    "correlation": ("correlation", "+z.2f"),
    "difference": ("Welch", tables.DIFFERENCE[1]),
    "paired_low": ("paired", "[{paired_low:+z.2f}, {paired_high:+z.2f}]"),
}

# Two pairs always lie on a line.
_FEWEST = 3


def means_table(means: pd.DataFrame) -> pd.DataFrame:
    """Accuracies of ``decomposition.arm_means``: a row per cell, a column per arm."""
    titles = dict.fromkeys(means["title"])
    rows = []
    for cell, of_cell in means.groupby(["dataset", "kernel_size", "share"], sort=False):
        row = {"set": tables.cell_title(*cell)} | dict.fromkeys(titles, tables.DASH)
        for arm in of_cell.itertuples():
            row[arm.title] = f"{arm.mean:.2f} ± {arm.std:.2f} ({arm.n})"
        rows.append(row)
    return pd.DataFrame(rows, columns=["set", *titles])


def pairing(
    runs: pd.DataFrame,
    comparisons: Mapping[str, tuple[Selection, Selection]],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare arms, by name, as independent samples and seed by seed.

    Runs of two arms with one seed share images, order and augmentation, and on the
    faces also the test images. As far as their accuracies go together, an interval of
    the differences of equal seeds (Student) is narrower than that by Welch. Verdicts
    are by Welch's test, which was decided before the runs. Only seeds that both arms
    have count, and cells with three of them.
    """
    rows = []
    for name, arms in comparisons.items():
        peaks = [
            select(runs, arm).set_index([*CELL, "seed"])["peak"].rename(place)
            for place, arm in enumerate(arms)
        ]
        both = pd.concat(peaks, axis=1, join="inner").reset_index()
        for cell, pairs in both.groupby(list(CELL), sort=False):
            if len(pairs) < _FEWEST:
                continue
            known = dict(zip(CELL, cell, strict=True))
            first, second = 100 * pairs[0], 100 * pairs[1]
            # Each for itself: what is compared are the two ways, not the arms.
            summaries = summarise(first), summarise(second)
            welch = t_test(*summaries, equal_variances=False, confidence=confidence)
            low, high = mean_interval(first - second, confidence)
            vary = np.ptp(first) > 0 and np.ptp(second) > 0
            rows.append(
                {"comparison": name}
                | known
                | {
                    "n": len(pairs),
                    "correlation": scipy.stats.pearsonr(first, second).statistic
                    if vary
                    else np.nan,
                    "difference": welch.difference,
                    "low": welch.low,
                    "high": welch.high,
                    "paired_low": low,
                    "paired_high": high,
                }
            )
    columns = ["comparison", *CELL, "n", "correlation", "difference", "low", "high"]
    table = pd.DataFrame(rows, columns=[*columns, "paired_low", "paired_high"])
    order = {"share": False, "dataset": True, "kernel_size": True}
    return table.sort_values(
        list(order), ascending=list(order.values()), kind="stable", ignore_index=True
    )


def steps_figure(steps: pd.DataFrame) -> Figure:
    """Draw the steps from ordinary to adaptive kernels."""
    if not len(steps):
        return figures.note("no recorded runs of all arms")
    shown = steps.rename(columns={"difference": "mean", "step": "comparison"})
    titles = [
        f"{tables.cell_title(row.dataset, row.kernel_size)}\n"
        f"{percent(row.share)} % of the updates"
        for row in steps.itertuples()
    ]
    fig = figures.difference_intervals(shown.assign(panel=titles))
    fig.supxlabel(
        "difference of peak accuracies (percentage points)", fontsize="medium"
    )
    return fig


def complete(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps between runs of full length."""
    return steps[(steps["profile"] == "full") & (steps["share"] == 1)]


def training_words(steps: pd.DataFrame) -> str:
    """Return what training the apertures changes, by the intervals of full length."""
    rows = complete(steps[steps["step"] == TRAINED_APERTURES])
    if not len(rows):
        return "What training them adds at full length is not recorded yet."
    gain, loss = (
        [
            tables.cell_title(row.dataset, row.kernel_size)
            for row in rows[apart].itertuples()
        ]
        for apart in (rows["low"] > 0, rows["high"] < 0)
    )
    if not gain and not loss:
        return (
            "At full length, training the apertures gives no measurable gain or loss: "
            "on every data set the interval contains zero."
        )
    words = [
        f"{does} accuracy on {' and '.join(where)}"
        for does, where in (("adds", gain), ("takes", loss))
        if where
    ]
    return f"At full length, training the apertures {', and '.join(words)}."


def describe_steps(steps: pd.DataFrame) -> str:
    """Return which runs the steps come from, for a caption."""
    if not len(steps):
        return "no data set has two recorded seeds of every variant yet"
    low, high = steps["n"].min(), steps["n"].max()
    seeds = f"{low}" if low == high else f"{low} to {high}"
    versions = ", ".join(dict.fromkeys(steps["version"]))
    return f"version {versions}, {seeds} seeds of each variant"
