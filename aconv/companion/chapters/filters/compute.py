"""Learning image processing filters with one layer of nine kernels (Section 4.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from keras import ops
from scipy import optimize, stats
from tqdm import tqdm

from aconv.companion.chapters.filters.settings import (
    CLIP_VALUE,
    INITIAL_APERTURE,
    INITIALIZERS,
    KERNEL_SIZE,
    LEARNING_RATE,
    MOMENTUM,
    TARGET_FILTERS,
    WEIGHT_DECAY,
    target_images,
)
from aconv.companion.stats import direction
from aconv.companion.training.settings import Kind
from aconv.layers import AdaptiveConv2D


@dataclass(frozen=True)
class FilterBanks:
    """Trained layers of nine kernels, one for each seed, and how they got there.

    The last axis of kernels, envelopes and apertures (in grid units) is the filter.
    """

    kind: str
    seeds: tuple[int, ...]
    # (seeds, updates): mean squared error before each update, without the penalty.
    loss: np.ndarray
    # (seeds, updates + 1, 9): before the first and after each update.
    apertures: np.ndarray | None
    # (seeds, 9, 9, 9), kernels W at the start.
    initial_weights: np.ndarray
    initial_envelopes: np.ndarray | None
    envelopes: np.ndarray | None
    kernels: np.ndarray  # that act at the end, W ∘ U or W
    outputs: np.ndarray  # (seeds, height, width, 9), of the trained layers


def learn_filters(
    image: np.ndarray,
    kind: Kind,
    seeds: Sequence[int],
    updates: int,
    weight_decay: float = WEIGHT_DECAY,
    initializer: str | None = None,
) -> FilterBanks:
    """Train nine 9x9 kernels, for each seed, to do what nine operators do to an image.

    The set-up of Section 4.1 with the details of the authors' code: no bias, and an L2
    penalty on the weights. The kernels of all seeds are trained side by side as one
    layer. Kernels of one layer share nothing, and the error is summed over seeds, so
    each seed trains as it would alone.
    """
    targets = ops.convert_to_tensor(
        np.tile(target_images(image), len(seeds))[np.newaxis]
    )
    inputs = ops.convert_to_tensor(image[np.newaxis, ..., np.newaxis], "float32")

    adaptive = kind == "adaptive"
    layer = _layer(kind, len(seeds) * len(TARGET_FILTERS), weight_decay)
    model = keras.Sequential([keras.Input(inputs.shape[1:]), layer])
    layer.kernel.assign(_initial_weights(seeds, initializer or INITIALIZERS[kind]))
    errors = _ErrorOfEachSeed(len(seeds))
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE, MOMENTUM, clipvalue=CLIP_VALUE),
        loss=lambda y, prediction: len(seeds) * ops.mean(ops.square(y - prediction)),
        metrics=[errors],
    )

    initial_weights = _numpy(layer.kernel)
    initial_envelopes = _numpy(layer.envelope()) if adaptive else None
    losses, apertures = [], [_numpy(layer.aperture)] if adaptive else []
    for _ in tqdm(range(updates), desc=f"{kind} filters", disable=None):
        model.train_on_batch(inputs, targets)
        losses.append(_numpy(errors.last))
        if adaptive:
            apertures.append(_numpy(layer.aperture))

    def by_seed(values: np.ndarray) -> np.ndarray:
        return np.stack(np.split(values, len(seeds), axis=-1))

    def kernels(values: np.ndarray) -> np.ndarray:
        return by_seed(values[:, :, 0])

    return FilterBanks(
        kind=kind,
        seeds=tuple(seeds),
        loss=np.array(losses, "float64").T,
        apertures=by_seed(np.stack(apertures)) if adaptive else None,
        initial_weights=kernels(initial_weights),
        initial_envelopes=kernels(initial_envelopes) if adaptive else None,
        envelopes=kernels(_numpy(layer.envelope())) if adaptive else None,
        kernels=kernels(_numpy(layer.effective_kernel() if adaptive else layer.kernel)),
        outputs=by_seed(_numpy(layer(inputs))[0]),
    )


def ridge_error(
    image: np.ndarray, targets: np.ndarray, weight_decay: float = 0.0
) -> float:
    """Mean squared error that the training of ordinary 9x9 kernels goes towards.

    What a linear layer makes small, the mean squared error over all pixels and filters
    plus ``weight_decay`` times the sum of all squared weights, has one minimum, that of
    a ridge regression. The error at it is returned without the penalty; with none, it
    is the least that any 9x9 kernels have, adaptive ones included.
    """
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(image.astype("float64"), KERNEL_SIZE // 2), (KERNEL_SIZE, KERNEL_SIZE)
    )
    design = windows.reshape(-1, KERNEL_SIZE**2)
    pixels = targets.reshape(len(design), -1).astype("float64")
    # The penalty as further observations: weights that are to be zero. Unlike the
    # normal equations this stays exact without a penalty.
    penalty = np.sqrt(weight_decay * pixels.size) * np.eye(KERNEL_SIZE**2)
    zeros = np.zeros((KERNEL_SIZE**2, pixels.shape[1]))
    solution = np.linalg.lstsq(
        np.vstack([design, penalty]), np.vstack([pixels, zeros]), rcond=None
    )[0]
    return float(np.mean(np.square(pixels - design @ solution)))


def penalties_of_error(
    image: np.ndarray, targets: np.ndarray, low: float, high: float
) -> tuple[float, float]:
    """Return the penalties, from 1e-6 to 1, of two values of ``ridge_error``."""

    def penalty(error: float) -> float:
        exponent = optimize.brentq(
            lambda x: ridge_error(image, targets, 10**x) - error, -6, 0
        )
        return 10**exponent

    return penalty(low), penalty(high)


def compare_errors(
    comparisons: Mapping[str, tuple[FilterBanks, FilterBanks]], confidence: float
) -> pd.DataFrame:
    """Compare the last errors of ordinary and adaptive layers by Welch's test.

    The interval is of adaptive minus ordinary, the verdict on "the adaptive error is
    lower".
    """
    rows = []
    for label, (ordinary, adaptive) in comparisons.items():
        last = [bank.loss[:, -1] for bank in (adaptive, ordinary)]
        test = stats.ttest_ind(*last, equal_var=False)
        low, high = test.confidence_interval(confidence)
        verdict = direction(low, high, claimed=-1).value
        rows.append((label, last[1].mean(), last[0].mean(), low, high, verdict))
    names = ["training", "ordinary", "adaptive", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=names)


def convergence_step(curve: np.ndarray, tolerance: float = 0.1) -> int:
    """Return the first update, from 0, from which on a curve stays near its end."""
    away = np.abs(curve - curve[-1]) > tolerance * np.abs(curve[-1])
    return int(np.flatnonzero(away).max() + 1) if away.any() else 0


def explained_variance(bank: FilterBanks, targets: np.ndarray) -> np.ndarray:
    """Share of each target's variance that trained outputs explain, mean over seeds."""
    error = np.square(bank.outputs - targets).mean(axis=(1, 2))
    return 1 - error.mean(axis=0) / targets.var(axis=(0, 1))


def _layer(kind: Kind, filters: int, weight_decay: float) -> keras.layers.Layer:
    options = {
        "padding": "same",
        # In the authors' code the ordinary layer has a bias, which cannot move from
        # zero: their optimiser limits an update by the size of what it updates.
        "use_bias": False,
        "kernel_regularizer": keras.regularizers.L2(weight_decay),
    }
    if kind == "ordinary":
        return keras.layers.Conv2D(filters, KERNEL_SIZE, **options)
    return AdaptiveConv2D(
        filters, KERNEL_SIZE, aperture_initializer=INITIAL_APERTURE, **options
    )


def _initial_weights(seeds: Sequence[int], name: str) -> np.ndarray:
    # Drawn nine filters at a time: a layer of all seeds would have another fan-out.
    initializer = type(keras.initializers.get(name))
    shape = (KERNEL_SIZE, KERNEL_SIZE, 1, len(TARGET_FILTERS))
    draws = [_numpy(initializer(seed=seed)(shape)) for seed in seeds]
    return np.concatenate(draws, axis=-1)


class _ErrorOfEachSeed(keras.metrics.Metric):
    """Mean squared error of each seed's nine filters in the last update."""

    def __init__(self, seeds: int) -> None:
        super().__init__(name="error")
        self.last = self.add_variable((seeds,), "zeros", name="last")

    def update_state(
        self,
        y: keras.KerasTensor,
        prediction: keras.KerasTensor,
        sample_weight: None = None,
    ) -> None:
        squares = ops.square(y - prediction)
        by_seed = ops.reshape(squares, (-1, *self.last.shape, len(TARGET_FILTERS)))
        self.last.assign(ops.mean(by_seed, axis=(0, 2)))

    def result(self) -> keras.KerasTensor:
        # Keras wants one number; each seed's is read from ``last``.
        return ops.mean(self.last)


def _numpy(tensor: keras.KerasTensor) -> np.ndarray:
    # A copy: backends hand out views of weights that later updates change.
    return np.array(ops.convert_to_numpy(tensor))
