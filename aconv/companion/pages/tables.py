"""Tables as a page shows them: few columns, titles, rounded numbers, a caption.

A table is given as ``{column: (title, format)}``. A format is

- the end of a format specification, as ``".2f"``: of the column's value;
- a text with fields in braces, as ``"{mean:.2f} ± {std:.2f}"``: of columns of the row,
  without a spread that is NaN, as that of one run is;
- a function that makes text of the column's value, which is None where there is none.

But for a function, a row without the column's value has a dash.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.analysis.evidence import describe_evidence
from aconv.companion.analysis.scale import percent
from aconv.companion.datasets import info
from aconv.companion.pages.words import minus
from aconv.companion.stats.formatting import format_span

Column = tuple[str, str | Callable[[Any], str]]

DASH = "–"


def show(frame: pd.DataFrame, columns: Mapping[str, Column], caption: str) -> Styler:
    """Return some columns of a frame as a table of text with a caption."""
    return captioned(text_table(frame, columns), caption)


def text_table(frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return some columns of a frame as text, under their titles."""
    return pd.DataFrame(
        [
            [_text(row, name, form) for name, (_, form) in columns.items()]
            for row in frame.to_dict("records")
        ],
        columns=[title for title, _ in columns.values()],
    )


def captioned(table: pd.DataFrame, caption: str) -> Styler:
    """Return a table of text without row numbers; one without rows says so."""
    if table.empty:
        columns = list(table.columns) or [""]
        row = ["no runs yet", *[DASH] * (len(columns) - 1)]
        table = pd.DataFrame([row], columns=columns)
    return table.map(minus).style.hide(axis="index").set_caption(caption)


def _text(row: Mapping[str, Any], name: str, form: str | Callable[[Any], str]) -> str:
    value = row[name]
    if isinstance(value, float) and math.isnan(value):
        value = None
    if callable(form):
        return form(value)
    if value is None:
        return DASH
    if "{" in form:
        return form.format_map(row).replace(" ± nan", "")
    return format(value, form)


def dataset_title(name: str) -> str:
    """Return the title of a data set."""
    return info(name).title


# Columns that many tables have.
DATASET: Column = ("data set", dataset_title)
SIZE: Column = ("size", "{kernel_size}×{kernel_size}")
DIFFERENCE: Column = ("difference", "{difference:+z.2f} [{low:+z.2f}, {high:+z.2f}]")
P: Column = ("p", ".2g")
P_HOLM: Column = ("p (Holm)", ".2g")
VERDICT: Column = ("verdict", str)
EVIDENCE: Column = ("evidence", lambda evidence: describe_evidence([evidence]))


def spread(n: int, mean: float, std: float, digits: int = 2) -> str:
    """Return mean ± std; one run has no spread."""
    return f"{mean:.{digits}f}" + (f" ± {std:.{digits}f}" if n > 1 else "")


def cell_title(dataset: str, kernel_size: int, share: float | None = None) -> str:
    """Return such as "MNIST, 7×7, 0.6 %", the last the share of full length."""
    title = f"{dataset_title(dataset)}, {kernel_size}×{kernel_size}"
    return title if share is None else f"{title}, {percent(share)} %"


def with_cells(frame: pd.DataFrame, *, share: bool = False) -> pd.DataFrame:
    """Return a frame with the column ``cell``, the titles of its rows."""
    names = ["dataset", "kernel_size", *(["share"] if share else [])]
    cells = [cell_title(*cell) for cell in frame[names].itertuples(index=False)]
    return frame.assign(cell=cells)


def pivoted(frame: pd.DataFrame, index: str, columns: str, values: str) -> pd.DataFrame:
    """Return texts by two columns, both in their order, and dashes where none is."""
    wide = frame.pivot(index=index, columns=columns, values=values)
    wide = wide.reindex(index=frame[index].unique(), columns=frame[columns].unique())
    return wide.fillna(DASH).rename_axis(columns=None).reset_index()


def together(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return rows with equal values of a column together, in the order of the first."""
    return frame.sort_values(name, key=lambda c: pd.factorize(c)[0], kind="stable")


def counted(number: int, noun: str) -> str:
    """Return such as "1 seed" and "5 seeds"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def describe_runs(runs: pd.DataFrame) -> str:
    """Return such as "version paper, full (100 %): MNIST (5 seeds)".

    Behind the profile stands the share of the paper's updates, where it has one.
    """
    texts = []
    groups = runs.groupby(["version", "profile"], sort=False)
    for (version, profile), of_profile in groups:
        by_seeds: dict[str, list[str]] = {}
        for dataset, of_dataset in of_profile.groupby("dataset", sort=False):
            counts = of_dataset.groupby(["arm", "kernel_size"]).size()
            to = "" if counts.nunique() == 1 else f"{counts.min()} to "
            seeds = f"{to}{counted(counts.max(), 'seed')}"
            by_seeds.setdefault(seeds, []).append(dataset_title(dataset))
        parts = [
            f"{', '.join(names)} ({seeds}{' each' * (len(names) > 1)})"
            for seeds, names in by_seeds.items()
        ]
        shares = format_span(*map(percent, of_profile["share"].agg(["min", "max"])))
        length = "" if profile == "demo" else f" ({shares} % of the paper's training)"
        texts.append(f"version {version}, {profile}{length}: {', '.join(parts)}")
    return "; ".join(texts)


def titled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with titles in place of the names of data sets."""
    return frame.assign(dataset=frame["dataset"].map(dataset_title))
