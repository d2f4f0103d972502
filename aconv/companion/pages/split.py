"""Where the difference of a version comes from, as a page shows it."""

import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis.evidence import describe as describe_evidence
from aconv.companion.analysis.scale import percent
from aconv.companion.analysis.split import KEPT, START, TRAINED
from aconv.companion.datasets import info
from aconv.companion.pages import figures
from aconv.companion.pages.words import minus
from aconv.companion.stats.written import estimate, interval, signed


def cell_title(dataset: str, kernel_size: int, share: float | None = None) -> str:
    """Name a cell for people."""
    title = f"{info(dataset).title}, {kernel_size}×{kernel_size}"
    return title if share is None else f"{title}, {percent(share)} %"


def means_table(means: pd.DataFrame) -> pd.DataFrame:
    """Peak accuracies of all arms, a line for each cell."""
    titles = dict.fromkeys(means["title"])
    rows = []
    for (dataset, size, share), of_cell in means.groupby(
        ["dataset", "kernel_size", "share"], sort=False
    ):
        row = {"set": cell_title(dataset, size, share)} | dict.fromkeys(titles, "–")
        for arm in of_cell.itertuples():
            row[arm.title] = f"{arm.mean:.2f} ± {arm.std:.2f} ({arm.n})"
        rows.append(row)
    return pd.DataFrame(rows, columns=["set", *titles])


def steps_table(steps: pd.DataFrame) -> pd.DataFrame:
    """What each step from ordinary to adaptive kernels changes."""
    return pd.DataFrame(
        [
            {
                "set": cell_title(row.dataset, row.kernel_size, row.share),
                "step": row.step,
                "seeds": row.n,
                "difference": estimate(row.difference, row.low, row.high),
                "p (Holm)": f"{row.p_holm:.2g}",
            }
            for row in steps.itertuples()
        ],
        columns=["set", "step", "seeds", "difference", "p (Holm)"],
    )


def matched_table(judged: pd.DataFrame) -> pd.DataFrame:
    """What arms that differ in the envelope alone say of the printed differences."""
    columns = ["set", "adaptive", "ordinary", "difference", "p (Holm)"]
    return pd.DataFrame(
        [
            {
                "set": cell_title(row.dataset, row.kernel_size, row.share),
                "adaptive": f"{row.mean_first:.2f}",
                "ordinary": f"{row.mean_second:.2f}",
                "difference": estimate(row.difference, row.low, row.high),
                "p (Holm)": f"{row.p_holm:.2g}",
                "evidence": describe_evidence([row.evidence]),
                "verdict": str(row.judgement),
            }
            for row in judged.itertuples()
        ],
        columns=[*columns, "evidence", "verdict"],
    )


def pairing_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """What comparing runs seed by seed would change."""
    return pd.DataFrame(
        [
            {
                "set": cell_title(row.dataset, row.kernel_size, row.share),
                "arms": row.comparison,
                "seeds": row.n,
                "correlation": "–"
                if pd.isna(row.correlation)
                else signed(row.correlation),
                "Welch": estimate(row.difference, row.low, row.high),
                "paired": interval(row.paired_low, row.paired_high),
            }
            for row in pairs.itertuples()
        ],
        columns=["set", "arms", "seeds", "correlation", "Welch", "paired"],
    )


def steps_figure(steps: pd.DataFrame) -> Figure:
    """Draw the steps from ordinary to adaptive kernels."""
    if not len(steps):
        return figures.note("no recorded runs of all arms")
    shown = steps.rename(columns={"difference": "mean", "step": "comparison"})
    titles = [
        f"{cell_title(row.dataset, row.kernel_size)}\n"
        f"{percent(row.share)} % of the updates"
        for row in steps.itertuples()
    ]
    fig = figures.difference_intervals(shown.assign(panel=titles))
    fig.supxlabel(
        "difference of peak accuracies (percentage points)", fontsize="medium"
    )
    return fig


def envelope_facts(steps: pd.DataFrame) -> dict[str, str]:
    """Return a sentence on what each step does at the paper's scale."""
    by_name = {"start": START, "kept": KEPT, "trained": TRAINED}
    facts = {name: at_scale(steps, step) for name, step in by_name.items()}
    return facts | {"training": _training_words(steps)}


def complete(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps between runs of full length."""
    return steps[(steps["profile"] == "full") & (steps["share"] == 1)]


def _training_words(steps: pd.DataFrame) -> str:
    rows = complete(steps).query("step == @TRAINED")
    if not len(rows):
        return "What training the apertures adds is not recorded yet."
    gain, loss = (
        [cell_title(row.dataset, row.kernel_size) for row in rows[apart].itertuples()]
        for apart in (rows["holm_low"] > 0, rows["holm_high"] < 0)
    )
    if not gain and not loss:
        return (
            "At the paper's scale, training the apertures adds nothing that can be "
            "seen: on no data set does the corrected interval leave zero out."
        )
    words = [
        f"it {does} accuracy on {' and '.join(where)}"
        for does, where in (("adds", gain), ("takes", loss))
        if where
    ]
    return (
        f"At the paper's scale, training the apertures matters: {', and '.join(words)}."
    )


def at_scale(steps: pd.DataFrame, step: str) -> str:
    """Return a sentence on what one step changes in runs at the paper's scale."""
    found = [
        f"{estimate(row.difference, row.low, row.high)} points on "
        f"{cell_title(row.dataset, row.kernel_size)}"
        for row in complete(steps).query("step == @step").itertuples()
    ]
    return minus(" and ".join(found)) or "an amount that is not recorded yet"


def describe(steps: pd.DataFrame) -> str:
    """Return which runs the steps come from, for a caption."""
    if not len(steps):
        return "no data set has two recorded seeds of every variant yet"
    parts = []
    for (version, profile), rows in steps.groupby(["version", "profile"], sort=False):
        cells = []
        for cell, of_cell in rows.groupby(
            ["dataset", "kernel_size", "share"], sort=False
        ):
            low, high = of_cell["n"].min(), of_cell["n"].max()
            seeds = f"{low}" if low == high else f"{low} to {high}"
            cells.append(f"{cell_title(*cell)} ({seeds})")
        parts.append(f"version {version}, profile {profile}: {'; '.join(cells)}")
    return (
        "data sets, kernel sizes, shares of the paper's updates (seeds of each): "
        + "; ".join(parts)
    )
