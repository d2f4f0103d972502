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
class Training:
    """A training by its L2 penalty, and by its initial weights if not its kind's."""

    weight_decay: float = WEIGHT_DECAY
    initializer: str | None = None


@dataclass(frozen=True)
class FilterBanks:
    """Trained layers of nine kernels, one for each seed, and how they got there.

    The last axis of kernels, envelopes and apertures (in grid units) is the filter.
    """

    kind: str
    seeds: tuple[int, ...]
    # (seeds, updates): mean squared error before each update, without the penalty.
    loss: np.ndarray
    initial_weights: np.ndarray  # (seeds, 9, 9, 9), kernels W at the start
    kernels: np.ndarray  # that act at the end, W ∘ U or W
    outputs: np.ndarray  # (seeds, height, width, 9), of the trained layers
    # (seeds, updates + 1, 9): before the first and after each update.
    apertures: np.ndarray | None = None
    initial_envelopes: np.ndarray | None = None
    envelopes: np.ndarray | None = None


def learn_filters(
    image: np.ndarray,
    kind: Kind,
    seeds: Sequence[int],
    updates: int,
    trainings: Sequence[Training] = (Training(),),
) -> list[FilterBanks]:
    """Train nine 9x9 kernels, for each training and seed, to do what nine operators do.

    The set-up of Section 4.1 with the details of the authors' code: no bias, and an L2
    penalty on the weights. All kernels are trained side by side as one layer. Kernels
    of one layer share nothing, and the error is summed over trainings and seeds, so
    each nine train as they would alone.
    """
    count = len(trainings) * len(seeds)
    targets = ops.convert_to_tensor(np.tile(target_images(image), count)[np.newaxis])
    inputs = ops.convert_to_tensor(image[np.newaxis, ..., np.newaxis], "float32")

    adaptive = kind == "adaptive"
    layer = _layer(kind, trainings, len(seeds) * len(TARGET_FILTERS))
    model = keras.Sequential([keras.Input(inputs.shape[1:]), layer])
    starts = [
        _initial_weights(seeds, training.initializer or INITIALIZERS[kind])
        for training in trainings
    ]
    layer.kernel.assign(np.concatenate(starts, axis=-1))
    errors = _ErrorOfEachSeed(count)
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE, MOMENTUM, clipvalue=CLIP_VALUE),
        loss=lambda y, prediction: count * ops.mean(ops.square(y - prediction)),
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

    def split(values: np.ndarray) -> np.ndarray:
        parts = np.stack(np.split(values, count, axis=-1))
        return parts.reshape(len(trainings), len(seeds), *parts.shape[1:])

    def kernels(values: np.ndarray) -> np.ndarray:
        return split(values[:, :, 0])

    trained = {
        "loss": np.array(losses, "float64").T.reshape(len(trainings), len(seeds), -1),
        "initial_weights": kernels(initial_weights),
        "kernels": kernels(
            _numpy(layer.effective_kernel() if adaptive else layer.kernel)
        ),
        "outputs": split(_numpy(layer(inputs))[0]),
    }
    if adaptive:
        trained |= {
            "apertures": split(np.stack(apertures)),
            "initial_envelopes": kernels(initial_envelopes),
            "envelopes": kernels(_numpy(layer.envelope())),
        }
    return [
        FilterBanks(kind, tuple(seeds), **dict(zip(trained, arrays, strict=True)))
        for arrays in zip(*trained.values(), strict=True)
    ]


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


class _L2OfEach(keras.regularizers.Regularizer):
    """The L2 penalty of each training, on its own filters of one layer."""

    def __init__(self, trainings: Sequence[Training], filters: int) -> None:
        decays = [training.weight_decay for training in trainings]
        self._decays = np.repeat(decays, filters).astype("float32")

    def __call__(self, kernel: keras.KerasTensor) -> keras.KerasTensor:
        return ops.sum(self._decays * ops.square(kernel))


def _layer(
    kind: Kind, trainings: Sequence[Training], filters: int
) -> keras.layers.Layer:
    options = {
        "padding": "same",
        # In the authors' code the ordinary layer has a bias, which cannot move from
        # zero: their optimiser limits an update by the size of what it updates.
        "use_bias": False,
        "kernel_regularizer": _L2OfEach(trainings, filters),
    }
    filters *= len(trainings)
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
    """Mean squared error in the last update, of each seed's nine filters a training."""

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
