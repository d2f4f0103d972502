"""What layers that learn a kernel's size cost, beside the ordinary one."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import pandas as pd

from aconv.companion.measures.times import time_in_turn
from aconv.companion.studies.catalog import make_spec
from aconv.companion.training.algorithm import make_optimizer
from aconv.companion.training.backends import missing
from aconv.companion.training.networks import build_network
from aconv.companion.training.settings import PEERS, Layer
from aconv.layers.fold import fold

LAYERS: tuple[Layer, ...] = ("ordinary", "adaptive", *PEERS)
"""The layers that are compared, the one that the others are held against first."""

_SEED = 31
_CLASSES = 10


def compiled_network(layer: Layer, kernel_size: int, image_side: int) -> keras.Model:
    """Build the simple network of the version ``paper``, at full length, to train."""
    # All kernel sizes are trained alike.
    settings = make_spec("simple", "fashion_mnist", layer, 3, _SEED, "full").settings
    shape = (image_side, image_side, 1)
    model = build_network(settings, kernel_size, shape, _CLASSES)
    # The time of a step does not depend on its rate, nor on how many there are.
    model.compile(make_optimizer(settings, steps=1), "sparse_categorical_crossentropy")
    return model


def step_times(
    kernel_sizes: Sequence[int],
    *,
    layers: Sequence[Layer] = LAYERS,
    image_side: int = 28,
    batch: int = 32,
    rounds: int = 30,
) -> pd.DataFrame:
    """Time training steps and inference of all layers that are to be had, in turn.

    ``milliseconds`` is the median of a batch, ``ratio`` the time over that of the
    ordinary layer in the same round, NaN without that layer.
    """
    keras.utils.set_random_seed(_SEED)
    rng = np.random.default_rng(_SEED)
    x = rng.uniform(size=(batch, image_side, image_side, 1)).astype("float32")
    y = rng.integers(0, _CLASSES, batch)
    rows = []
    for size in kernel_sizes:
        models = {
            layer: compiled_network(layer, size, image_side)
            for layer in layers
            if missing(layer) is None
        }
        steps = {
            name: partial(model.train_on_batch, x, y) for name, model in models.items()
        }
        rows += _rows(models, time_in_turn(steps, rounds), size, "training")
        if "adaptive" in models:
            models["adaptive, folded"] = fold(models["adaptive"])
        calls = {
            name: partial(model.predict_on_batch, x) for name, model in models.items()
        }
        rows += _rows(models, time_in_turn(calls, rounds), size, "inference")
    return pd.DataFrame(rows)


def _rows(
    models: dict[str, keras.Model],
    times: dict[str, np.ndarray],
    size: int,
    phase: str,
) -> list[dict[str, Any]]:
    rows = []
    for name, seconds in times.items():
        # Round by round, so that a drift of the machine's speed meets both alike.
        ratios = seconds / times.get("ordinary", np.nan)
        lower, ratio, upper = np.quantile(ratios, [0.25, 0.5, 0.75])
        rows.append(
            {
                "layer": name,
                "kernel_size": size,
                "phase": phase,
                "milliseconds": 1e3 * float(np.median(seconds)),
                "ratio": ratio,
                "lower_quartile": lower,
                "upper_quartile": upper,
                "parameters": models[name].count_params(),
            }
        )
    return rows
