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
from aconv.companion.experiments.peers import PEERS, missing, network
from aconv.companion.runs.execution import isolated_keras
from aconv.companion.studies.catalog import SEEDS
from aconv.companion.training.preprocessing import minus_pixel_mean
from aconv.companion.training.settings import HELD_OUT

COLUMNS = ("peer", "rate", "seed", "held_out", "accuracy")


@dataclasses.dataclass(frozen=True)
class Scale:
    """What is trained, and how much of it.

    Attributes:
        dataset: Name of a set of square grey images of ten classes.
        train_images: How many of its training images, from the first.
        test_images: How many of its test images, from the first.
        kernel_size: Side of the grid of both convolutions, in pixels.
        filters: Filters of each.
        epochs: Epochs of a training; the accuracy is that after the last.
        batch_size: Images per step.
        rates: Learning rates that are tried, of Adam, whose steps do not depend on how
            a layer scales its numbers.
        seeds: Seeds of the runs that are scored on test images; the rate is found with
            the first.
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
    """Say which run of a layer comes next.

    Args:
        runs: Those that are done, with ``COLUMNS``.
        peer: One of ``PEERS``.
        scale: What is trained.

    Returns:
        Its ``rate``, ``seed`` and ``held_out`` (whether it is scored on training images
        to find the rate), or None if all are done.
    """
    done = runs[runs["peer"] == peer]
    tuning = done[done["held_out"].astype(bool)]
    for rate in scale.rates:
        if rate not in set(tuning["rate"]):
            return {"rate": rate, "seed": scale.seeds[0], "held_out": True}
    scored = set(scored_runs(done)["seed"])
    for seed in scale.seeds:
        if seed not in scored:
            rate = chosen_rate(runs, peer)
            return {"rate": rate, "seed": seed, "held_out": False}
    return None


def scored_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that are scored on test images, each layer at its rate.

    Args:
        runs: Those that are done, with ``COLUMNS``.

    Returns:
        A part of the table. Runs at a rate that was chosen before another one was tried
        are none of it.
    """
    on_test = runs[~runs["held_out"].astype(bool)]
    rates = {peer: chosen_rate(runs, peer) for peer in dict.fromkeys(on_test["peer"])}
    return on_test[on_test["rate"] == on_test["peer"].map(rates)]


def chosen_rate(runs: pd.DataFrame, peer: str) -> float:
    """Return the rate of a layer that is best on training images held out.

    Args:
        runs: Those that are done, with ``COLUMNS``, one at least of the layer's that
            find its rate.
        peer: One of ``PEERS``.

    Returns:
        The rate, the lowest of several.
    """
    tuning = runs[(runs["peer"] == peer) & runs["held_out"].astype(bool)]
    return float(tuning.sort_values("rate").set_index("rate")["accuracy"].idxmax())


def further_runs(
    scale: Scale, runs: pd.DataFrame | None = None, peers: Sequence[str] = PEERS
) -> Iterator[pd.DataFrame]:
    """Does the runs that are missing, a run of each layer in turn.

    Args:
        scale: What is trained.
        runs: Those that are done, with ``COLUMNS``; none if None.
        peers: Which of ``PEERS``; those that cannot be had here are left out.

    Yields:
        All runs, after each: ``peer``, ``rate``, ``seed``, ``held_out`` and
        ``accuracy``, in [0, 1].

    Raises:
        aconv.companion.datasets.DataFileError: If the files of the set are not there
        and cannot be fetched.
    """
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
    """Train a network with one layer and score it.

    Args:
        scale: What is trained.
        peer: One of ``PEERS``.
        rate: Learning rate.
        seed: Of weights and the order of images.
        held_out: Whether a fifth of the training images is scored in place of the test
            images, and kept out of the training.

    Returns:
        The share of images that are right after the last epoch.
    """
    dataset = datasets.load(scale.dataset)
    x_train, x_test = minus_pixel_mean(dataset.x_train, dataset.x_test)
    x, y = x_train[: scale.train_images], dataset.y_train[: scale.train_images]
    x_scored, y_scored = x_test[: scale.test_images], dataset.y_test
    y_scored = y_scored[: scale.test_images]
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
