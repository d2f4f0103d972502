"""What the engines of training save: steps per second by ``fit`` and without it.

Trains the simple network (Section 4.2) on random 28x28 images by both engines that
``training.algorithm.train`` has on this backend: ``fit``, and on JAX one compiled call
per epoch, on PyTorch recorded steps. Prints steps per second, the first epoch, which
compiles or records, left out. On JAX it is meant for an accelerator: on a CPU ``fit``
is the faster one.

    KERAS_BACKEND=jax .venv/bin/python benchmarks/engines.py --images 60000
    KERAS_BACKEND=torch OMP_NUM_THREADS=1 .venv/bin/python benchmarks/engines.py
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

ENGINES: dict[str, tuple[Engine, Engine]] = {
    "jax": ("fit", "compiled"),
    "torch": ("fit", "recorded"),
}


def main() -> None:
    """Train by both engines in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 7])
    parser.add_argument("--images", type=int, default=640, help="of an epoch")
    parser.add_argument("--epochs", type=int, default=3, help="two or more")
    parser.add_argument("--batch", type=int, default=128)
    arguments = parser.parse_args()
    backend = keras.backend.backend()
    if backend not in ENGINES:
        parser.error(f"KERAS_BACKEND must be jax or torch. Received: {backend}")

    random = np.random.default_rng(31)
    images = random.normal(size=(arguments.images, 28, 28, 1)).astype("float32")
    labels = random.integers(10, size=arguments.images)
    tested = images[: arguments.batch], labels[: arguments.batch]
    spec = make_spec("simple", "mnist", "adaptive", 3, 31, "full")
    settings = attrs.evolve(
        spec.settings, epochs=arguments.epochs, batch_size=arguments.batch
    )
    slow, fast = ENGINES[backend]
    rows = []
    for size in arguments.sizes:
        row = {"kernel": f"{size}x{size}"}
        for engine in (slow, fast):
            keras.utils.set_random_seed(31)
            model = build_network(settings, size, (28, 28, 1), 10)
            history = train(
                model, (images, labels), tested, settings, seed=31, engine=engine
            )
            steps = history.steps * (arguments.epochs - 1)
            row[engine] = steps / sum(history.train_seconds[1:])
        rows.append(row | {"ratio": row[fast] / row[slow]})
    print(
        f"Steps a second, Keras {keras.__version__} on {backend}, "
        f"{device()}, batch {arguments.batch}, {arguments.images} images"
    )
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
