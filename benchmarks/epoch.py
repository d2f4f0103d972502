"""What a compiled epoch saves: steps per second of ``fit`` and of one call per epoch.

Trains the simple network (Section 4.2) on random 28x28 images by both engines of
``training.algorithm.train`` and prints steps per second, the first epoch, which
compiles, left out. It is meant for an accelerator: on a CPU ``fit`` is the faster one.
Needs JAX.

    KERAS_BACKEND=jax .venv/bin/python benchmarks/epoch.py --images 60000
"""

import argparse

import attrs
import keras
import numpy as np
import pandas as pd

from aconv.companion.runs.provenance import device
from aconv.companion.studies.catalog import make_spec
from aconv.companion.training.algorithm import Engine, train
from aconv.companion.training.networks import build_network

ENGINES: tuple[Engine, ...] = ("fit", "compiled")


def main() -> None:
    """Train by both engines in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 7])
    parser.add_argument("--images", type=int, default=640, help="of an epoch")
    parser.add_argument("--epochs", type=int, default=3, help="two or more")
    parser.add_argument("--batch", type=int, default=128)
    arguments = parser.parse_args()

    random = np.random.default_rng(31)
    images = random.normal(size=(arguments.images, 28, 28, 1)).astype("float32")
    labels = random.integers(10, size=arguments.images)
    tested = images[: arguments.batch], labels[: arguments.batch]
    spec = make_spec("simple", "mnist", "adaptive", 3, 31, "full")
    settings = attrs.evolve(
        spec.settings, epochs=arguments.epochs, batch_size=arguments.batch
    )
    rows = []
    for size in arguments.sizes:
        row = {"kernel": f"{size}x{size}"}
        for engine in ENGINES:
            keras.utils.set_random_seed(31)
            model = build_network(settings, size, (28, 28, 1), 10)
            history = train(
                model, (images, labels), tested, settings, seed=31, engine=engine
            )
            # Without the first epoch, which compiles.
            steps = history.steps * (arguments.epochs - 1)
            row[engine] = steps / sum(history.train_seconds[1:])
        rows.append(row | {"ratio": row["compiled"] / row["fit"]})
    print(
        f"Steps a second, Keras {keras.__version__} on {keras.backend.backend()}, "
        f"{device()}, batch {arguments.batch}, {arguments.images} images"
    )
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
