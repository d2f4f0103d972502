"""Comparing two arms of a study, from runs and from what the paper prints.

An arm is a selection of rows of ``analysis.frames`` by the values of columns, such as
``{"arm": "adaptive"}``; a difference is first arm minus second arm.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import scipy.special

from aconv.companion.paper.numbers import datasets_in, number
from aconv.companion.stats import Claim, Summary, comparison
from aconv.companion.stats.interim_analyses import share_of_level

Selection = Mapping[str, object]

# The tables of the classifications by study, and what they compare, each at one size.
PRINTED_TABLES = {"simple": "table2", "resnet": "table3"}
ADAPTIVE: Selection = {"arm": "adaptive"}
ORDINARY: Selection = {"arm": "ordinary"}

# Runs that can be compared have these in common, and the kernel size where it is not
# what is compared.
SETTING = ("study", "version", "profile", "share", "dataset")
CELL = (*SETTING, "kernel_size")

# What runs must have in common to count as repeats of one network.
_NETWORK = ("study", "version", "profile", "dataset", "arm", "kernel_size")


def select(rows: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """Return the rows of an arm."""
    wanted = np.logical_and.reduce(
        [(rows[name] == value).to_numpy() for name, value in selection.items()]
    )
    return rows[wanted]


def check_not_pooled(groups: Iterable[pd.DataFrame]) -> None:
    """Raise if runs of different networks would count as repeats of one."""
    for rows in groups:
        for name in rows.columns.intersection(_NETWORK):
            values = rows[name].unique().tolist()
            if len(values) > 1:
                raise ValueError(
                    f"Runs must have one `{name}` to be taken together. "
                    f"Received: {values}"
                )


def summarise_arms(
    rows: pd.DataFrame, by: Sequence[str], score: str = "peak", scale: float = 100.0
) -> pd.DataFrame:
    """Summarise a score of each arm."""
    scores = rows.assign(score=scale * rows[score]).groupby(list(by), sort=False)
    check_not_pooled(of_arm for _, of_arm in scores)
    table = scores["score"].agg(
        n="size", mean="mean", std=lambda values: values.std(ddof=0), max="max"
    )
    return table.reset_index()


def best_sizes(runs: pd.DataFrame) -> pd.Series:
    """Choose the kernel size at which both kinds of each data set are compared.

    The paper's rule: that of the highest single score of either kind. Only sizes with
    two runs of both kinds can be chosen, and of these the ones with the longest runs.
    """
    arms = (ADAPTIVE, ORDINARY)
    runs = with_two_runs(runs, arms, ["dataset", "kernel_size", "share"])
    runs = runs[runs["share"] == runs.groupby("dataset")["share"].transform("max")]
    of_arms = pd.concat([select(runs, arm) for arm in arms])
    highest = of_arms.groupby(["dataset", "kernel_size"])["peak"].max()
    sizes = {name: int(highest[name].idxmax()) for name in runs["dataset"].unique()}
    return pd.Series(sizes, name="kernel_size", dtype="int64").rename_axis("dataset")


def with_two_runs(
    runs: pd.DataFrame, arms: Iterable[Selection], cell: Sequence[str]
) -> pd.DataFrame:
    """Return the runs of the cells that have at least two runs of each arm."""
    of_runs = pd.MultiIndex.from_frame(runs[list(cell)])
    complete = np.full(len(runs), True)
    for arm in arms:
        counts = select(runs, arm).groupby(list(cell)).size()
        complete &= of_runs.isin(counts[counts >= 2].index)
    return runs[complete]


def at_best_sizes(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of each data set at its size of ``best_sizes``."""
    return at_sizes(runs, best_sizes(runs))


def at_sizes(rows: pd.DataFrame, sizes: pd.Series) -> pd.DataFrame:
    """Return the rows of each data set at one kernel size."""
    return rows[rows["kernel_size"] == rows["dataset"].map(sizes)]


def compare(
    rows: pd.DataFrame,
    first: Selection,
    second: Selection,
    *,
    by: Sequence[str] = CELL,
    score: str = "peak",
    scale: float = 100.0,
    test: Literal["welch", "student"] = "welch",
    confidence: float = 0.95,
    family: Sequence[str] = (),
) -> pd.DataFrame:
    """Compare two arms in one score, in each cell that has two runs of both.

    The table has the columns of ``by``, ``_COLUMNS`` and those of
    ``adjust_for_multiplicity``. ``std`` is divided by n, as in the paper.
    """
    cells = []
    for arm in (first, second):
        cells.append(dict(iter(select(rows, arm).groupby(list(by), sort=False))))
        check_not_pooled(cells[-1].values())
    found = []
    for cell in (cell for cell in cells[0] if cell in cells[1]):
        scores = [scale * of_arm[cell][score].dropna() for of_arm in cells]
        if min(map(len, scores)) < 2:
            continue
        summaries = [comparison.summarise(of_arm) for of_arm in scores]
        row = dict(zip(by, cell, strict=True))
        for name, summary in zip(("first", "second"), summaries, strict=True):
            row |= {f"n_{name}": summary.n, f"mean_{name}": summary.mean}
            row |= {f"std_{name}": summary.std, f"max_{name}": summary.maximum}
        found.append(row | difference_of(*summaries, test, confidence))
    table = pd.DataFrame(found, columns=[*by, *_COLUMNS])
    return adjust_for_multiplicity(table, family, confidence=confidence)


_COLUMNS = (
    *(f"{q}_{arm}" for arm in ("first", "second") for q in ("n", "mean", "std", "max")),
    *("difference", "low", "high", "t", "df", "error", "p", "g", "g_low", "g_high"),
)


def difference_of(
    first: Summary,
    second: Summary,
    test: Literal["welch", "student"],
    confidence: float = 0.95,
) -> dict[str, float]:
    """Return the test and the effect size of a difference, as ``compare`` has them."""
    tested = comparison.t_test(
        first, second, equal_variances=test == "student", confidence=confidence
    )
    effect = comparison.hedges_g(first, second, confidence=confidence)
    named = dict(zip(("g", "g_low", "g_high"), effect, strict=True))
    return dataclasses.asdict(tested) | named


def concat_comparisons(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate tables of ``compare``, for ``adjust_for_multiplicity``."""
    known = [table for table in tables if len(table)]
    return pd.concat(known or tables, ignore_index=True)


def adjust_for_multiplicity(
    table: pd.DataFrame, family: Sequence[str] = (), *, confidence: float = 0.95
) -> pd.DataFrame:
    """Correct comparisons for the number of those of equal ``family`` (Holm).

    Adds ``p_holm``, and makes ``low`` and ``high`` the interval that decides, which
    leaves out zero where ``p_holm`` is below 1 - ``confidence``. One in the profile
    ``full`` is looked at twice, so that its p counts for more.
    """
    table = table.reset_index(drop=True)
    columns = ["p", "df", "error", "difference"]
    p, df, error, difference = table[columns].to_numpy(dtype=float).T
    shares = _shares_of_level(table)
    p = np.minimum(p / shares, 1)
    p_holm, levels = np.empty((2, len(table)))
    groups = table.groupby(list(family)).indices.values() if family else [slice(None)]
    for rows in groups:
        p_holm[rows] = comparison.holm(p[rows])
        levels[rows] = comparison.holm_confidences(p[rows], confidence)
    levels = 1 - (1 - levels) * shares
    reach = scipy.special.stdtrit(df, (1 + levels) / 2) * error
    # Runs without any spread tell nothing of other runs.
    reach[error == 0] = math.inf
    return table.assign(low=difference - reach, high=difference + reach, p_holm=p_holm)


def _shares_of_level(table: pd.DataFrame) -> np.ndarray:
    """The part of the level that each comparison has by its number of runs."""
    if "profile" not in table:
        return np.ones(len(table))
    shares = table[["n_first", "n_second"]].min(axis=1).map(share_of_level)
    return shares.where(table["profile"] == "full", 1.0).to_numpy(dtype=float)


def compare_with_smallest(runs: pd.DataFrame, arm: Selection) -> pd.DataFrame:
    """Compare the larger kernel sizes of an arm with its ``smallest``, one family."""
    tables = []
    for _, of_dataset in select(runs, arm).groupby("dataset", sort=False):
        smallest, *larger = sorted(set(of_dataset["kernel_size"]))
        for size in larger:
            sizes = {"kernel_size": size}, {"kernel_size": smallest}
            table = compare(of_dataset, *sizes, by=SETTING)
            tables.append(table.assign(kernel_size=size, smallest=smallest))
    if not tables:
        return compare(runs[:0], arm, arm).assign(smallest=[])
    return adjust_for_multiplicity(concat_comparisons(tables))


def printed_results(table: str) -> pd.DataFrame:
    """Return what the paper prints as of ``compare``, each row with its ``claim``."""
    level = number(f"{table}.significance").value
    repeats = number(f"{table}.repeats").value
    rows = []
    for dataset in datasets_in(table):
        stem = f"{table}.{dataset}"
        row = {"dataset": dataset, "kernel_size": number(f"{stem}.kernel_size").value}
        for name, kind in (("first", "adaptive"), ("second", "ordinary")):
            row[f"n_{name}"] = repeats
            for quantity in ("mean", "std", "max"):
                printed = number(f"{stem}.{kind}.{quantity}").as_fraction()
                row[f"{quantity}_{name}"] = 100 * printed.value
        row["difference"] = row["mean_first"] - row["mean_second"]
        row["t"], row["p"] = number(f"{stem}.t").value, number(f"{stem}.p").value
        row["claim"] = claim_of(row["difference"], row["p"], level)
        rows.append(row)
    return pd.DataFrame(rows)


def claims_of(printed: pd.DataFrame) -> Mapping[str, Claim]:
    """Return the claims of ``printed_results`` by data set."""
    return dict(zip(printed["dataset"], printed["claim"], strict=True))


def claim_of(difference: float, p: float, level: float) -> Claim:
    """Return what a difference that the paper prints claims."""
    if p >= level:
        return Claim(0)
    return Claim(int(math.copysign(1, difference)), abs(difference) / 2)


def printed_summary(row: object, arm: Literal["first", "second"]) -> Summary:
    """Return what the paper prints of one arm, for ``stats.t_test``."""
    mean, std, n = (getattr(row, f"{q}_{arm}") for q in ("mean", "std", "n"))
    return Summary(mean, std, n)
