"""Records and frames of runs that were made up, of any version and arm."""

import dataclasses

import pandas as pd
import sweeps

from aconv.companion.runs import ARMS, grid


def record_with(spec, peak, epochs=None, **curves):
    """The record of a run whose best accuracy, in its last epoch, is ``peak``."""
    record = sweeps.record(spec, epochs=epochs or spec.settings.epochs)
    curve = (0.1,) * (record.epochs - 1) + (peak,)
    curves = {**record.curves, "val_accuracy": curve, **curves}
    apertures = record.apertures if spec.kind == "adaptive" else {}
    return dataclasses.replace(record, curves=curves, apertures=apertures)


def short_records(study="simple", ahead=0.05, larger=0.001, **options):
    """Adaptive kernels ahead by so much, and all by ``larger`` for each pixel of size.

    Of two data sets and two sizes, unless the options of ``grid`` are others.
    """
    own = {"datasets": ("mnist", "fashion_mnist"), "kernel_sizes": [3, 5]}
    found = []
    for spec in grid(study, "short", **own | options):
        # Two seeds of one arm must not be alike.
        peak = 0.5 + spec.seed / 1e4 + larger * spec.kernel_size
        peak += ahead * (spec.kind == "adaptive")
        curves = {
            "val_accuracy": (0.1, peak - 0.1, peak),
            "accuracy": (0.1, 0.2, peak + spec.seed / 1e3),
        }
        found.append(record_with(spec, peak, epochs=3, **curves))
    return found


def frame_row(arm, seed, peak, **values):
    """A row as of ``analysis.frames.runs_frame``, as far as comparisons need it."""
    return {
        "study": "simple",
        "version": "paper",
        "profile": "short",
        "share": 0.01,
        "dataset": "cifar10",
        "arm": arm,
        "kind": ARMS[arm].layer,
        "kernel_size": 7,
        "seed": seed,
        "peak": peak,
        **values,
    }


def frame(arms, rng, seeds=(31, 48, 65), **values):
    """Runs of some arms of one cell, accuracies drawn from 40 to 60 %."""
    return pd.DataFrame(
        frame_row(arm, seed, rng.uniform(0.4, 0.6), **values)
        for arm in arms
        for seed in seeds
    )
