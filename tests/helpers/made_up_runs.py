"""Records and frames of runs that were made up, of any version and arm."""

import dataclasses

import pandas as pd
import sweeps

from aconv.companion.runs import ARMS


def record_with(spec, peak, epochs=None, **curves):
    """The record of a run whose best accuracy, in its last epoch, is ``peak``."""
    record = sweeps.record(spec, epochs=epochs or spec.settings.epochs)
    curve = (0.1,) * (record.epochs - 1) + (peak,)
    curves = {**record.curves, "val_accuracy": curve, **curves}
    apertures = record.apertures if spec.kind == "adaptive" else {}
    return dataclasses.replace(record, curves=curves, apertures=apertures)


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
