"""What an adaptive layer costs: training steps of the simple network, both kinds.

Prints the time of a training step of the paper's simple network (Section 4.2) with
adaptive layers over the same step with ordinary ones, at each kernel size. The two are
timed in turn, step by step, in one process after a warm-up, so that a drift of the
machine's speed meets both alike; the ratio is taken pair by pair.

    .venv/bin/python benchmarks/training_step.py --steps 100
"""

import argparse
import time

import keras
import numpy as np
import pandas as pd

from aconv.models import KINDS, simple_cnn


def main() -> None:
    """Times the steps and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 5, 7, 9])
    parser.add_argument("--steps", type=int, default=100, help="timed pairs of steps")
    parser.add_argument("--batch", type=int, default=128)
    arguments = parser.parse_args()

    rng = np.random.default_rng(31)
    x = rng.uniform(size=(arguments.batch, 28, 28, 1)).astype("float32")
    y = rng.integers(0, 10, arguments.batch)
    rows = [measure(size, arguments.steps, x, y) for size in arguments.sizes]
    print(
        f"Keras {keras.__version__} on {keras.backend.backend()}, "
        f"batch {arguments.batch}, {arguments.steps} pairs of steps"
    )
    print(pd.DataFrame(rows).to_string(index=False))


def measure(size: int, steps: int, x: np.ndarray, y: np.ndarray) -> dict:
    """Times one kernel size.

    Args:
        size: Kernel size, in pixels.
        steps: Number of timed pairs.
        x: A batch of images.
        y: Its labels.

    Returns:
        A row of the table: median step times in milliseconds and, of the ratio of each
        pair, the median and the quartiles.
    """
    models = {}
    for kind in KINDS:
        models[kind] = simple_cnn(x.shape[1:], 10, kernel_size=size, kind=kind)
        models[kind].compile("sgd", "sparse_categorical_crossentropy")
        for _ in range(3):
            models[kind].train_on_batch(x, y)
    times = {kind: [] for kind in KINDS}
    for pair in range(steps):
        # Who goes first alternates.
        for kind in KINDS if pair % 2 else reversed(KINDS):
            start = time.perf_counter()
            # The loss comes back as a number, so the step has ended.
            models[kind].train_on_batch(x, y)
            times[kind].append(1e3 * (time.perf_counter() - start))
    ratio = np.divide(times["adaptive"], times["ordinary"])
    low, middle, high = np.quantile(ratio, [0.25, 0.5, 0.75])
    return {
        "kernel": f"{size}x{size}",
        "adaptive ms": round(np.median(times["adaptive"]), 1),
        "ordinary ms": round(np.median(times["ordinary"]), 1),
        "ratio": round(middle, 3),
        "quartiles": f"{low:.3f} to {high:.3f}",
    }


if __name__ == "__main__":
    main()
