"""The chapter on all results: comparisons, and where the difference comes from."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis.accuracy import CELL, Selection, select
from aconv.companion.analysis.decomposition import SINGLE_STEPS, TRAINED_APERTURES
from aconv.companion.analysis.scale import percent
from aconv.companion.pages import figures, tables
from aconv.companion.pages.words import listed, minus
from aconv.companion.stats import mean_interval, summarise, t_test
from aconv.companion.stats.formatting import (
    format_estimate,
    format_interval,
    format_span,
)

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
    texts = [f"{a.mean:.2f} ± {a.std:.2f} ({a.n})" for a in means.itertuples()]
    table = tables.with_cells(means, share=True).assign(text=texts)
    return tables.pivoted(table, "cell", "title", "text").rename(
        columns={"cell": "set"}
    )


def pairing(
    runs: pd.DataFrame,
    comparisons: Mapping[str, tuple[Selection, Selection]],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare arms, by name, as independent samples and seed by seed.

    Runs of two arms with one seed share images, order and augmentation. If their
    accuracies go together closely enough (with five seeds from a correlation of about
    0.3 on), an interval of the differences of equal seeds (Student) is narrower than
    that by Welch, the test that verdicts are by. Cells count with three common seeds.
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
            first, second = 100 * pairs[0], 100 * pairs[1]
            # Each for itself: what is compared are the two ways, not the arms.
            summaries = summarise(first), summarise(second)
            welch = t_test(*summaries, equal_variances=False, confidence=confidence)
            paired = mean_interval(first - second, confidence)
            vary = np.ptp([first, second], axis=1).all()
            correlation = first.corr(second) if vary else np.nan
            numbers = correlation, welch.difference, welch.low, welch.high, *paired
            rows.append((name, *cell, len(pairs), *numbers))
    columns = ["comparison", *CELL, "n", "correlation", "difference", "low", "high"]
    table = pd.DataFrame(rows, columns=[*columns, "paired_low", "paired_high"])
    order = ["share", "dataset", "kernel_size"]
    return table.sort_values(
        order, ascending=[False, True, True], kind="stable", ignore_index=True
    )


def scale_words(at_scale: int, accuracies: str) -> str:
    """Return how many comparisons are at the paper's scale, with some accuracies."""
    if not at_scale:
        return "none is at the paper's scale"
    words = f"{at_scale} {'is' if at_scale == 1 else 'are'} at the paper's scale"
    return f"{words} (simple network: {accuracies})" if accuracies else words


def steps_figure(steps: pd.DataFrame) -> Figure:
    """Draw the steps from ordinary to adaptive kernels."""
    if not len(steps):
        return figures.note("no recorded runs of all arms")
    shown = steps.rename(columns={"difference": "mean", "step": "comparison"})
    shares = steps["share"].map(percent) + " % of the updates"
    titles = tables.with_cells(steps)["cell"] + "\n" + shares
    fig = figures.difference_intervals(shown.assign(panel=titles))
    fig.supxlabel(
        "difference of peak accuracies (percentage points)", fontsize="medium"
    )
    return fig


def training_words(steps: pd.DataFrame) -> str:
    """Return what training the apertures changes, by the intervals of full length."""
    complete = steps.query("profile == 'full' and share == 1")
    rows = tables.with_cells(complete[complete["step"] == TRAINED_APERTURES])
    if not len(rows):
        return "What training the apertures adds at full length is not recorded yet."
    cells = rows["cell"] + " (" + rows["n"].map(str) + " seeds)"
    above, below = rows["low"] > 0, rows["high"] < 0
    apart = {
        "raises the accuracy on": above,
        "lowers the accuracy on": below,
        "does not change the accuracy beyond chance on": ~(above | below),
    }
    words = [f"{how} {listed(cells[on])}" for how, on in apart.items() if on.any()]
    return f"At full length, training the apertures {', '.join(words)}."


def step_words(steps: pd.DataFrame) -> str:
    """Return which steps change the accuracy, by the intervals that decide."""
    if not len(steps):
        return "No data set has the runs of every step yet."
    rows = tables.with_cells(steps, share=True)
    parts = []
    for name in SINGLE_STEPS:
        of_step = rows[rows["step"] == name]
        clear = of_step[(of_step["low"] > 0) | (of_step["high"] < 0)]
        where = [
            f"{row.cell} ({format_estimate(row.difference, row.low, row.high)} points)"
            for row in clear.itertuples()
        ]
        parts.append(f"{name}, {f'on {listed(where)}' if where else 'nowhere'}")
    return minus(
        f"Single steps change accuracies beyond chance as follows: {'; '.join(parts)}."
    )


def pairing_words(pairs: pd.DataFrame) -> str:
    """Return where pairs of equal seeds would say another thing, uncorrected."""
    if not len(pairs):
        return "No two networks have three seeds in common yet."
    rows = tables.with_cells(pairs, share=True)
    clear, paired = (
        (rows[f"{by}low"] > 0) | (rows[f"{by}high"] < 0) for by in ("", "paired_")
    )
    other = rows[clear != paired]
    if not len(other):
        return "Before correction, pairing would move no interval across zero."
    where = listed(
        f"{row.comparison} networks on {row.cell} (from "
        f"{format_interval(row.low, row.high)} to "
        f"{format_interval(row.paired_low, row.paired_high)} points)"
        for row in other.itertuples()
    )
    return minus(f"Before correction, pairing would move the interval of {where}.")


def describe_steps(steps: pd.DataFrame) -> str:
    """Return which runs the steps come from, for a caption."""
    if not len(steps):
        return "no data set has two recorded seeds of every variant yet"
    seeds = format_span(*map(str, steps["n"].agg(["min", "max"])))
    shares = format_span(*map(percent, steps["share"].agg(["min", "max"])))
    versions = ", ".join(dict.fromkeys(steps["version"]))
    return (
        f"version {versions}, {seeds} seeds of each variant, {shares} % of the paper's "
        "updates"
    )
