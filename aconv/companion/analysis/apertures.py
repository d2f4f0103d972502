"""Changes of apertures in training (grid units), and sizes of kernels (pixels)."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

_RUN = ["dataset", "kernel_size", "layer", "seed", "filter"]


def of_shown_set(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the set that is shown: that of Figure 5 f, or the first."""
    names = table["dataset"]
    shown = "fashion_mnist" if "fashion_mnist" in set(names) else names.iloc[0]
    return table[names == shown]


def at_largest_size(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest kernel size."""
    return table[table["kernel_size"] == table["kernel_size"].max()]


def first_and_last(apertures: pd.DataFrame) -> pd.DataFrame:
    """Compare each filter's aperture before training with that after it.

    What was initialised below the lower bound 1/n counts from there, because the layer
    computes with the bound: it has not learned to move.
    """
    ordered = apertures.sort_values("epochs", kind="stable")
    table = ordered.groupby(_RUN, sort=False)["aperture"].agg(["first", "last"])
    # The data sets stay in the order in which they came.
    places = {
        "dataset": list(dict.fromkeys(apertures["dataset"])),
        "layer": order_layers(apertures["layer"]),
    }
    table = table.reset_index().sort_values(
        _RUN,
        key=lambda c: c.map(places[c.name].index) if c.name in places else c,
        ignore_index=True,
    )
    table["first"] = table["first"].clip(lower=1 / table["kernel_size"])
    for point in ("first", "last"):
        table[f"{point}_size"] = table.groupby("kernel_size")[point].transform(
            lambda found: effective_sizes(found.to_numpy(), int(found.name))
        )
    return table


def order_layers(names: Iterable[str]) -> list[str]:
    """Order the names of a network's layers, the input side first."""
    return sorted(
        dict.fromkeys(names),
        key=lambda name: [int(n) for n in re.findall(r"\d+", name)],
    )


def effective_sizes(apertures: np.ndarray, kernel_size: int) -> np.ndarray:
    """Return the effective sizes that apertures give on a square grid.

    As ``aconv.layers.envelope.effective_size`` of their envelopes, but in NumPy, since
    no claim is to wait for Keras.
    """
    distance = np.square(np.linspace(-0.5, 0.5, kernel_size))
    apertures = np.maximum(np.asarray(apertures, "float64"), 1e-6)
    energy = np.exp(-(distance - distance.min()) / np.square(apertures)[:, np.newaxis])
    return np.square(energy.sum(axis=1)) / np.square(energy).sum(axis=1)


def summarise_changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Summarise the movement of apertures and the spread of sizes of each layer.

    ``moved`` is the mean absolute change, ``smallest`` and ``largest`` are the 10th and
    90th percentile of the sizes (``first_``: before training), ``order`` is the rank
    correlation of apertures before and after, NaN where all are equal.
    """
    rows = []
    keys = _RUN[:3]
    for key, filters in changes.groupby(keys, sort=False):
        change = filters["last"] - filters["first"]
        moved = change.abs().groupby(filters["seed"]).mean()
        of_runs = filters.groupby("seed")
        orders = [
            run[["first", "last"]].corr("spearman").iloc[0, 1] for _, run in of_runs
        ]
        low, middle, high = filters["last_size"].quantile([0.1, 0.5, 0.9])
        first_low, first_high = filters["first_size"].quantile([0.1, 0.9])
        rows.append(
            dict(zip(keys, key, strict=True))
            | {
                "seeds": len(moved),
                "change": change.mean(),
                "moved": moved.mean(),
                "moved_std": moved.std(ddof=0) if len(moved) > 1 else np.nan,
                "smallest": low,
                "median": middle,
                "largest": high,
                "first_smallest": first_low,
                "first_largest": first_high,
                # Records keep five digits.
                "at_bound": (filters["last"] <= (1 + 1e-4) / key[1]).mean(),
                "spread": of_runs["last_size"].std(ddof=0).mean(),
                "first_spread": of_runs["first_size"].std(ddof=0).mean(),
                "order": pd.Series(orders).mean(),
            }
        )
    return pd.DataFrame(rows)


def spread_changes(changes: pd.DataFrame) -> pd.Series:
    """Return, by seed, the change of the standard deviation of a layer's sizes."""
    layers = changes.groupby(["seed", "layer"])
    change = layers["last_size"].std(ddof=0) - layers["first_size"].std(ddof=0)
    return change.groupby("seed").mean()
