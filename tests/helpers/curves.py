"""Learning curves and runs that were made up."""

import itertools

import numpy as np
import pandas as pd

SEEDS = (31, 48, 65)


def make_curves(seeds=SEEDS, sizes=(3, 5), datasets=("mnist",), epochs=4, seed=0):
    """A table of learning curves, accuracies in [0, 1]."""
    rng = np.random.default_rng(seed)
    names = ["dataset", "kernel_size", "arm", "seed", "epoch"]
    rows = itertools.product(
        datasets, sizes, ("adaptive", "ordinary"), seeds, range(epochs)
    )
    curves = pd.DataFrame(rows, columns=names)
    level = 0.9 + 0.01 * (curves["arm"] == "adaptive")
    noise = rng.normal(0, 0.01, len(curves))
    return curves.assign(
        study="simple",
        version="paper",
        profile="short",
        kind=curves["arm"],
        share=0.01,
        val_accuracy=level + noise,
        accuracy=rng.uniform(0.9, 1, len(curves)),
    )


def make_runs(curves):
    keys = ["study", "version", "profile", "share", "dataset"]
    keys += ["arm", "kind", "kernel_size", "seed"]
    ordered = curves.sort_values("epoch", kind="stable")
    gaps = ordered.assign(gap=ordered["accuracy"] - ordered["val_accuracy"])
    runs = gaps.groupby(keys, sort=False)
    return runs.agg(peak=("val_accuracy", "max"), gap=("gap", "last")).reset_index()


def peaks(runs, dataset, size, kind):
    chosen = (runs.dataset == dataset) & (runs.kernel_size == size)
    return 100 * runs[chosen & (runs.kind == kind)].peak.to_numpy()
