"""Records as tidy data frames. Needs pandas."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from aconv.companion.analysis.scale import share_done, updates
from aconv.companion.datasets import info
from aconv.companion.runs.record import RunRecord
from aconv.companion.studies.catalog import DEFAULT_VERSION, SEEDS, get_study, make_spec
from aconv.companion.studies.profiles import Profile

_SPEC = ("study", "version", "profile", "dataset", "arm", "kind", "kernel_size", "seed")
_IDENTITY = (*_SPEC[:3], "share", *_SPEC[3:])


def _seconds_per_step(record: RunRecord) -> float | None:
    # The first epoch compiles.
    later = record.curves["train_seconds"][1:]
    return sum(later) / (record.steps * len(later)) if later else None


# Training accuracy is taken as the epoch went, with dropout and augmentation where
# there are any, so that a gap may be negative.
_OF_RUN: Mapping[str, Callable[[RunRecord], object]] = {
    "digest": lambda record: record.spec.digest,
    "peak": lambda record: record.peak,
    "peak_epoch": lambda record: record.curves["val_accuracy"].index(record.peak),
    "last": lambda record: record.last,
    "gap": lambda record: record.curves["accuracy"][-1] - record.last,
    "train_loss": lambda record: min(record.curves["loss"]),
    "val_loss": lambda record: min(record.curves["val_loss"]),
    "val_loss_epoch": lambda record: int(np.argmin(record.curves["val_loss"])),
    "val_loss_rise": lambda record: (
        record.curves["val_loss"][-1] - min(record.curves["val_loss"])
    ),
    "epochs": lambda record: len(record.curves["loss"]),
    "trainable": lambda record: record.parameters["trainable"],
    "apertures": lambda record: record.parameters["apertures"],
    "seconds": lambda record: record.seconds,
    "seconds_per_step": _seconds_per_step,
    "backend": lambda record: record.provenance.backend,
    "device": lambda record: record.provenance.device,
    "commit": lambda record: record.provenance.commit,
    "dirty": lambda record: record.provenance.dirty,
}


def runs_frame(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return a table with a row for each run that went well.

    Of a partial run all is about the epochs that it has. Accuracies and scores are in
    [0, 1], epochs count from 0.
    """
    records = [record for record in records if record.status != "failed"]
    scores = dict.fromkeys(name for record in records for name in record.scores)
    return pd.DataFrame(
        [
            _identity(record)
            | {name: value(record) for name, value in _OF_RUN.items()}
            | record.scores
            for record in records
        ],
        columns=[*_IDENTITY, *_OF_RUN, *scores],
    )


def curves_frame(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return a table with a row for each epoch, from 0, of each run that went well."""
    columns: dict[str, list[object]] = {name: [] for name in (*_IDENTITY, "epoch")}
    for record in records:
        if record.status == "failed":
            continue
        epochs = len(record.curves["loss"])
        for name, value in _identity(record).items():
            columns[name] += [value] * epochs
        columns["epoch"] += range(epochs)
        for name, values in record.curves.items():
            columns.setdefault(name, []).extend(values)
    # Of no runs all columns would be numbers.
    return pd.DataFrame(columns, dtype=None if columns["epoch"] else object)


def apertures_frame(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return a table with a row for each aperture (grid units) at each point kept."""
    rows = [
        (*identity.values(), layer, number, epochs, aperture)
        for record in records
        for identity in [_identity(record)]
        for layer, path in record.apertures.items()
        for epochs, values in zip(path.epochs, path.values, strict=True)
        for number, aperture in enumerate(values)
    ]
    columns = [*_IDENTITY, "layer", "filter", "epochs", "aperture"]
    return pd.DataFrame(rows, columns=columns)


def settings_frame(
    study: str,
    profiles: Sequence[Profile] = ("short", "full"),
    version: str = DEFAULT_VERSION,
) -> pd.DataFrame:
    """Return a table of the settings that the profiles of a study stand for."""
    found = get_study(study)
    rows = []
    for profile in profiles:
        for dataset in found.datasets_of(profile):
            kind, size = found.kernels[0]
            spec = make_spec(study, dataset, kind, size, SEEDS[0], profile, version)
            settings, facts = spec.settings, info(dataset)
            train, test = settings.images(facts.train, facts.test)
            row = {"dataset": dataset, "profile": profile}
            row |= {"train_images": train, "test_images": test}
            row |= {name: getattr(settings, name) for name in ("epochs", "batch_size")}
            row |= {"steps": updates(settings, dataset), "learning_rate": settings.rate}
            names = ("schedule", "dropout", "augmentation")
            rows.append(row | {name: getattr(settings, name) for name in names})
    return pd.DataFrame(rows)


def _identity(record: RunRecord) -> dict[str, object]:
    values = {"share": share_done(record)}
    values |= {name: getattr(record.spec, name) for name in _SPEC}
    return {name: values[name] for name in _IDENTITY}
