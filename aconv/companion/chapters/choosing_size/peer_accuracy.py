"""How accurate a network is with each layer of ``peers``, at rates tuned alike.

One rate for all numbers of a network, the numbers that make sizes among them. It is
chosen for each layer from the same few, by the accuracy on a fifth of the training
images that the network does not see; only then are test images scored.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd

from aconv.companion import datasets
from aconv.companion.chapters.choosing_size.peer_layers import PEERS, missing, network
from aconv.companion.runs.execution import isolated_keras
from aconv.companion.studies.catalog import SEEDS
from aconv.companion.training.preprocessing import minus_pixel_mean
from aconv.companion.training.settings import HELD_OUT

COLUMNS = ("peer", "rate", "seed", "held_out", "accuracy")


@dataclasses.dataclass(frozen=True)
class Scale:
    """What is trained: a set of square grey images of ten classes, its first images.

    The rates are of Adam, whose steps do not depend on how a layer scales its numbers;
    the best is found with the first of the seeds.
    """

    dataset: str
    train_images: int
    test_images: int
    kernel_size: int
    filters: int
    epochs: int
    batch_size: int
    rates: tuple[float, ...]
    seeds: tuple[int, ...]


# The lowest rate was added when two layers had chosen the next one.
_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
REAL = Scale("fashion_mnist", 4000, 2500, 7, 32, 7, 64, _RATES, SEEDS)
"""What the book shows: as many images and epochs as the profile ``short`` has."""


def next_run(runs: pd.DataFrame, peer: str, scale: Scale) -> dict[str, Any] | None:
    """Return the rate, seed and ``held_out`` of a layer's next run, if any is left.

    First all rates are tried on images held out, then the seeds at the best of them.
    """
    done = runs[runs["peer"] == peer]
    tried = set(done.loc[done["held_out"].astype(bool), "rate"])
    for rate in scale.rates:
        if rate not in tried:
            return {"rate": rate, "seed": scale.seeds[0], "held_out": True}
    scored = set(scored_runs(done)["seed"])
    for seed in scale.seeds:
        if seed not in scored:
            rate = chosen_rate(runs, peer)
            return {"rate": rate, "seed": seed, "held_out": False}
    return None


def scored_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs on test images, each layer at its best rate."""
    on_test = runs[~runs["held_out"].astype(bool)]
    rates = {peer: chosen_rate(runs, peer) for peer in dict.fromkeys(on_test["peer"])}
    return on_test[on_test["rate"] == on_test["peer"].map(rates)]


def chosen_rate(runs: pd.DataFrame, peer: str) -> float:
    """Return the lowest of the rates that are best on images held out."""
    tuning = runs[(runs["peer"] == peer) & runs["held_out"].astype(bool)]
    return float(tuning.sort_values("rate").set_index("rate")["accuracy"].idxmax())


def further_runs(
    scale: Scale, runs: pd.DataFrame | None = None, peers: Sequence[str] = PEERS
) -> Iterator[pd.DataFrame]:
    """Do the missing runs, one of each layer in turn; yield all after each."""
    if runs is None:
        runs = pd.DataFrame(columns=list(COLUMNS))
    here = [peer for peer in peers if missing(peer) is None]
    while True:
        to_do = {peer: next_run(runs, peer, scale) for peer in here}
        to_do = {peer: run for peer, run in to_do.items() if run is not None}
        if not to_do:
            return
        # The one with the fewest, so that all are equally far wherever it ends.
        peer = min(to_do, key=lambda peer: (runs["peer"] == peer).sum())
        row = {"peer": peer} | to_do[peer]
        row["accuracy"] = accuracy(scale, **row)
        rows = pd.DataFrame([row], columns=list(COLUMNS))
        runs = pd.concat([runs, rows], ignore_index=True) if len(runs) else rows
        yield runs


def accuracy(scale: Scale, peer: str, rate: float, seed: int, held_out: bool) -> float:
    """Train a network with a layer and return its accuracy after the last epoch."""
    dataset = datasets.load(scale.dataset)
    x_train, x_test = minus_pixel_mean(dataset.x_train, dataset.x_test)
    train, test = slice(scale.train_images), slice(scale.test_images)
    x, y = x_train[train], dataset.y_train[train]
    x_scored, y_scored = x_test[test], dataset.y_test[test]
    if held_out:
        cut = len(x) // HELD_OUT
        x, x_scored, y, y_scored = x[cut:], x[:cut], y[cut:], y[:cut]
    with isolated_keras(seed):
        model = network(
            peer,
            scale.kernel_size,
            image_side=x.shape[1],
            filters=scale.filters,
        )
        optimizer = keras.optimizers.Adam(rate)
        model.compile(optimizer, "sparse_categorical_crossentropy")
        options = {"batch_size": scale.batch_size, "verbose": 0}
        model.fit(x, y, epochs=scale.epochs, **options)
        predicted = model.predict(x_scored, **options).argmax(-1)
    return float(np.mean(predicted == y_scored))
