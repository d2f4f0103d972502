"""Choices on which the paper and its code may differ, and what they do, as tables."""

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.analysis.ablations import ABLATIONS
from aconv.companion.analysis.fidelity import fidelity_table
from aconv.companion.pages.split import cell_title
from aconv.companion.pages.tables import captioned
from aconv.companion.runs import ARMS


def choices_made(study: str) -> Styler:
    """The table of ``analysis.fidelity.fidelity_table`` with its caption.

    Args:
        study: Name of a study.

    Returns:
        The styled table.
    """
    return captioned(
        fidelity_table(study),
        "What the paper says, what its authors' published code does, and what the "
        "profile paper runs here; neither of the first two is right by itself. An arm "
        "runs the other choice: aconv run --arm",
    )


def ablations_table(rows: pd.DataFrame) -> pd.DataFrame:
    """What each choice moves the published comparison by.

    Args:
        rows: Table of ``analysis.ablations.ablations``.

    Returns:
        One row per choice and cell: data set, seeds, percentage points with interval,
        and corrected p; a choice without two recorded seeds has a row that says so.
    """
    columns = ["choice", "set", "seeds", "moves the comparison by", "p (Holm)"]
    table = [
        {
            "choice": row.title,
            "set": cell_title(row.dataset, row.kernel_size),
            "seeds": str(row.n),
            "moves the comparison by": f"{row.moves:+.2f} "
            f"[{row.low:+.2f}, {row.high:+.2f}]",
            "p (Holm)": f"{row.p_holm:.2g}",
        }
        for row in rows.itertuples()
    ]
    known = set(rows["title"])
    for name in ABLATIONS:
        if ARMS[name].title not in known:
            table.append(
                dict.fromkeys(columns, "–")
                | {"choice": ARMS[name].title, "set": "not recorded yet"}
            )
    return pd.DataFrame(table, columns=columns)
