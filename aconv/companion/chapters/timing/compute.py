"""What an adaptive layer costs, in time (Section 4.5).

What is timed is what users call, as Keras compiles it: ``train_on_batch``, with the
update by the optimiser of Algorithm 1, and ``predict_on_batch``. Their results are
numbers and NumPy arrays, so that the device is done when the clock is read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from aconv.companion.measures.gradients import compile_gradients
from aconv.companion.measures.times import time_in_turn
from aconv.companion.studies.catalog import make_spec
from aconv.companion.training.algorithm import make_optimizer
from aconv.companion.training.networks import build_network
from aconv.companion.training.settings import KINDS, Kind, Settings
from aconv.layers import AdaptiveConv2D
from aconv.layers.fold import fold

_SEED = 31


def network_times(
    kernel_sizes: Sequence[int],
    *,
    image_side: int = 28,
    batch: int = 128,
    rounds: int = 30,
    seed: int = _SEED,
) -> pd.DataFrame:
    """Times of the paper's simple network (Section 4.2) at each kernel size.

    It is that of the version ``paper``, trained on MNIST at full length. A row for each
    time of a batch, by ``phase`` ("training" or "inference") and ``kind``, which in
    inference may be "folded": the adaptive network by ``aconv.fold``.
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(batch, image_side, image_side, 1)).astype("float32")
    y = rng.integers(0, 10, batch)
    tables = []
    for size in _progress(kernel_sizes):
        settings = {kind: _settings(kind) for kind in KINDS}
        models = {
            kind: build_network(settings[kind], size, x.shape[1:], 10) for kind in KINDS
        }
        calls = {
            kind: _training_step(models[kind], settings[kind], x, y) for kind in KINDS
        }
        tables.append(_table(calls, rounds, kernel_size=size, phase="training"))
        models["folded"] = fold(models["adaptive"])
        calls = {kind: _inference(model, x) for kind, model in models.items()}
        tables.append(_table(calls, rounds, kernel_size=size, phase="inference"))
    return pd.concat(tables, ignore_index=True)


def layer_times(
    image_sides: Sequence[int],
    *,
    kernel_size: int = 5,
    channels: int = 32,
    filters: int = 32,
    batch: int = 4,
    rounds: int = 30,
    seed: int = _SEED,
) -> pd.DataFrame:
    """Times of a training step of one convolution at each image size.

    The convolution is followed by the mean over the image and a squared error.
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    y = np.zeros((batch, filters), "float32")
    layers = {"adaptive": AdaptiveConv2D, "ordinary": keras.layers.Conv2D}
    tables = []
    for side in _progress(image_sides):
        x = rng.uniform(size=(batch, side, side, channels)).astype("float32")
        calls = {}
        for kind in KINDS:
            model = keras.Sequential(
                [
                    keras.Input(x.shape[1:]),
                    layers[kind](filters, kernel_size, padding="same"),
                    keras.layers.GlobalAveragePooling2D(),
                ]
            )
            calls[kind] = _training_step(
                model, _settings(kind), x, y, loss="mean_squared_error"
            )
        tables.append(_table(calls, rounds, image_side=side))
    return pd.concat(tables, ignore_index=True)


def envelope_times(
    filters: Sequence[int],
    kernel_sizes: Sequence[int],
    *,
    channels: int = 32,
    rounds: int = 50,
    seed: int = _SEED,
) -> pd.DataFrame:
    """Times of what an adaptive layer computes beyond an ordinary one, by itself.

    This is the product kernel ``W ∘ U`` of Eq. (3) and the derivatives with respect to
    the weights and the apertures, Eqs. (7) and (10). The time has the call of a
    compiled function in it, which a training step makes but once for all of its layers.
    """
    keras.utils.set_random_seed(seed)
    calls = {
        (size, number): _envelope(size, channels, number)
        for size in kernel_sizes
        for number in filters
    }
    return pd.DataFrame(
        [
            (*case, turn, 1e3 * seconds)
            for case, times in time_in_turn(calls, rounds).items()
            for turn, seconds in enumerate(times)
        ],
        columns=["kernel_size", "filters", "round", "milliseconds"],
    )


def _settings(kind: Kind) -> Settings:
    # All kernel sizes are trained alike.
    return make_spec("simple", "mnist", kind, 3, _SEED, "full").settings


def _training_step(
    model: keras.Model,
    settings: Settings,
    x: np.ndarray,
    y: np.ndarray,
    loss: str = "sparse_categorical_crossentropy",
) -> Callable[[], Any]:
    # The time of a step does not depend on its rate, nor on how many there are.
    model.compile(make_optimizer(settings, steps=1), loss)
    return lambda: model.train_on_batch(x, y)


def _inference(model: keras.Model, x: np.ndarray) -> Callable[[], Any]:
    return lambda: model.predict_on_batch(x)


def _envelope(size: int, channels: int, filters: int) -> Callable[[], Any]:
    layer = AdaptiveConv2D(filters, size)
    layer.build((None, size, size, channels))
    # Stands for the derivative of the error with respect to the product kernel.
    delta = keras.random.normal(layer.kernel.shape)
    derivatives = compile_gradients(
        lambda: keras.ops.sum(layer.effective_kernel() * delta),
        [layer.kernel, layer.aperture],
    )
    # The smaller of two results of one program, so that no time goes into copying.
    return lambda: keras.ops.convert_to_numpy(derivatives()[1])


def _table(
    calls: Mapping[str, Callable[[], Any]], rounds: int, **labels: int | str
) -> pd.DataFrame:
    times = time_in_turn(calls, rounds)
    return pd.DataFrame(
        [
            {**labels, "kind": kind, "round": turn, "milliseconds": 1e3 * seconds}
            for kind in calls
            for turn, seconds in enumerate(times[kind])
        ]
    )


def _progress(sizes: Sequence[int]) -> tqdm:
    return tqdm(sizes, unit="size", leave=False, disable=None)
