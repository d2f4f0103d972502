"""Rates tuned alike for all kinds of layers, on training images held out."""

from collections.abc import Iterable

import pandas as pd

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import CELL, ORDINARY
from aconv.companion.studies.arms import RATE_FACTORS, rate_arm, tuning_arm
from aconv.companion.training.settings import KINDS, Layer

# Runs on four fifths of the training images are shorter than those on all of them.
TUNED_IN = tuple(name for name in CELL if name != "share")
"""Columns of a cell in which one rate is chosen."""


def tuning_arms(layers: Iterable[Layer]) -> tuple[str, ...]:
    """Return the arms that find the rates of layers."""
    return tuple(tuning_arm(layer, f) for layer in layers for f in RATE_FACTORS)


def rate_arms(layers: Iterable[Layer]) -> tuple[str, ...]:
    """Return the arms that they choose from; those of the version are among them."""
    return tuple(rate_arm(layer, f) for layer in layers for f in RATE_FACTORS)


ALL_RATES = (*rate_arms(KINDS), *tuning_arms(KINDS))


def tuning(runs: pd.DataFrame, layers: Iterable[Layer] = KINDS) -> pd.DataFrame:
    """Choose the rate of each layer by the accuracy on training images held out."""
    tables = []
    for layer in layers:
        for factor in RATE_FACTORS:
            found = accuracy.select(runs, {"arm": tuning_arm(layer, factor)})
            scores = found.groupby(list(TUNED_IN))["peak"].agg(n="size", score="mean")
            table = scores.reset_index()
            tables.append(table.assign(layer=layer, rate_factor=factor))
    rows = pd.concat(tables, ignore_index=True)
    rows["score"] = 100 * rows["score"]
    of_layer = rows.groupby([*TUNED_IN, "layer"])
    rows = rows[of_layer["score"].transform("size") == len(RATE_FACTORS)]
    best = rows.groupby([*TUNED_IN, "layer"])["score"].idxmax()
    rows = rows.assign(chosen=rows.index.isin(best))
    order = [*TUNED_IN, "layer", "rate_factor", "n", "score", "chosen"]
    return rows[order].reset_index(drop=True)


def chosen_arms(runs: pd.DataFrame, layers: Iterable[Layer] = KINDS) -> pd.DataFrame:
    """Name the arm that the tuning chose for each layer, where all are tuned."""
    layers = list(layers)
    rows = tuning(runs, layers)
    rows = rows[rows["chosen"]]
    arms = [rate_arm(row.layer, row.rate_factor) for row in rows.itertuples()]
    axes = {"index": list(TUNED_IN), "columns": "layer"}
    table = rows.assign(arm=arms).pivot(**axes, values="arm")
    return table.reindex(columns=layers).dropna().reset_index()


def tuned(runs: pd.DataFrame, layer: Layer = "adaptive") -> pd.DataFrame:
    """Compare a layer with the ordinary one, each at the rate chosen for it."""
    tables = [accuracy.compare(runs.iloc[:0], {"arm": layer}, ORDINARY, by=CELL)]
    for row in chosen_arms(runs, (layer, "ordinary")).to_dict("records"):
        here = accuracy.select(runs, {name: row[name] for name in TUNED_IN})
        first, second = row[layer], row["ordinary"]
        table = accuracy.compare(here, {"arm": first}, {"arm": second}, by=CELL)
        tables.append(table.assign(first=first, second=second))
    rows = accuracy.adjust_for_multiplicity(accuracy.concat_comparisons(tables))
    return rows.assign(layer=layer)
