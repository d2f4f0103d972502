"""A rate for each kind of kernels, found alike for both on training images."""

import pandas as pd

from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    CELL,
    ORDINARY,
    compare,
    correct,
    select,
    together,
)
from aconv.companion.studies.arms import RATE_FACTORS, rate_arm, tuning_arm
from aconv.companion.training.settings import KINDS

# Runs on four fifths of the training images are shorter than those on all of them.
_TUNED_IN = tuple(name for name in CELL if name != "share")

TUNING_ARMS = tuple(
    tuning_arm(kind, factor) for kind in KINDS for factor in RATE_FACTORS
)
"""The arms that find the rates."""

RATE_ARMS = tuple(rate_arm(kind, factor) for kind in KINDS for factor in RATE_FACTORS)
"""The arms that they choose from; those of the version are among them."""


def tuning(runs: pd.DataFrame) -> pd.DataFrame:
    """Choose the rate of each kind by the accuracy on training images held out."""
    tables = []
    for kind in KINDS:
        for factor in RATE_FACTORS:
            found = select(runs, {"arm": tuning_arm(kind, factor)})
            scores = found.groupby(list(_TUNED_IN))["peak"].agg(["size", "mean"])
            table = scores.rename(columns={"size": "n", "mean": "score"}).reset_index()
            tables.append(table.assign(kind=kind, rate_factor=factor))
    rows = pd.concat(tables, ignore_index=True)
    rows["score"] = 100 * rows["score"]
    of_kind = rows.groupby([*_TUNED_IN, "kind"])
    rows = rows[of_kind["score"].transform("size") == len(RATE_FACTORS)]
    best = rows.groupby([*_TUNED_IN, "kind"])["score"].idxmax()
    rows = rows.assign(chosen=rows.index.isin(best))
    order = [*_TUNED_IN, "kind", "rate_factor", "n", "score", "chosen"]
    return rows[order].reset_index(drop=True)


def chosen_arms(runs: pd.DataFrame) -> pd.DataFrame:
    """Name the arm that the tuning chose for each kind."""
    rows = tuning(runs)
    rows = rows[rows["chosen"]]
    arms = [rate_arm(row.kind, row.rate_factor) for row in rows.itertuples(index=False)]
    table = rows.assign(arm=arms).pivot(
        index=list(_TUNED_IN), columns="kind", values="arm"
    )
    return table.reindex(columns=list(KINDS)).dropna().reset_index()


def tuned(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Compare the kinds, each at the rate that was chosen for it."""
    tables = [compare(runs.iloc[:0], ADAPTIVE, ORDINARY, by=CELL)]
    for row in chosen_arms(runs).itertuples(index=False):
        here = select(runs, {name: getattr(row, name) for name in _TUNED_IN})
        first, second = {"arm": row.adaptive}, {"arm": row.ordinary}
        table = compare(here, first, second, by=CELL, confidence=confidence)
        tables.append(table.assign(adaptive=row.adaptive, ordinary=row.ordinary))
    return correct(together(tables), confidence=confidence)
