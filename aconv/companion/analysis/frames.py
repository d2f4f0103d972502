"""Records as tidy data frames. Needs pandas."""

from collections.abc import Iterable, Sequence

import pandas as pd

from aconv.companion.analysis.scale import share_done, updates
from aconv.companion.datasets import info
from aconv.companion.runs.record import RunRecord
from aconv.companion.studies.catalog import (
    DEFAULT_VERSION,
    SEEDS,
    get_study,
    make_spec,
)
from aconv.companion.studies.profiles import Profile

_SPEC = ("study", "version", "profile", "dataset", "arm", "kind", "kernel_size", "seed")
_IDENTITY = (*_SPEC[:3], "share", *_SPEC[3:])


def runs_frame(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return a table with a row for each run that went well, failed ones left out."""
    records = [record for record in records if record.status != "failed"]
    columns = [
        *_IDENTITY,
        "digest",
        "peak",
        "peak_epoch",
        "last",
        "gap",
        "train_loss",
        "val_loss",
        "val_loss_epoch",
        "val_loss_rise",
        "epochs",
        "trainable",
        "apertures",
        "seconds",
        "seconds_per_step",
        "backend",
        "device",
        "commit",
        "dirty",
        *dict.fromkeys(name for record in records for name in record.scores),
    ]
    return pd.DataFrame(
        [
            {
                **_identity(record),
                "digest": record.spec.digest,
                "peak": record.peak,
                "peak_epoch": record.curves["val_accuracy"].index(record.peak),
                "last": record.last,
                "gap": record.curves["accuracy"][-1] - record.last,
                **_losses(record),
                "epochs": len(record.curves["loss"]),
                "trainable": record.parameters["trainable"],
                "apertures": record.parameters["apertures"],
                "seconds": record.seconds,
                "seconds_per_step": _seconds_per_step(record),
                "backend": record.provenance.backend,
                "device": record.provenance.device,
                "commit": record.provenance.commit,
                "dirty": record.provenance.dirty,
                **record.scores,
            }
            for record in records
        ],
        columns=columns,
    )


def curves_frame(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return a table with a row for each epoch of each run that went well."""
    rows = []
    for record in records:
        if record.status != "failed":
            curves = pd.DataFrame(record.curves).rename_axis("epoch").reset_index()
            rows.append(curves.assign(**_identity(record)))
    if not rows:
        return pd.DataFrame(columns=[*_IDENTITY, "epoch"])
    frame = pd.concat(rows, ignore_index=True)
    return frame[[*_IDENTITY, *frame.columns.difference(_IDENTITY, sort=False)]]


def apertures_frame(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return a table with a row for each aperture (grid units) at each point kept."""
    rows = [
        {
            **identity,
            "layer": layer,
            "filter": number,
            "epochs": epochs,
            "aperture": aperture,
        }
        for record in records
        for identity in [_identity(record)]
        for layer, path in record.apertures.items()
        for epochs, values in zip(path.epochs, path.values, strict=True)
        for number, aperture in enumerate(values)
    ]
    return pd.DataFrame(
        rows, columns=[*_IDENTITY, "layer", "filter", "epochs", "aperture"]
    )


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
            facts = info(dataset)
            kind, size = found.kernels[0]
            spec = make_spec(study, dataset, kind, size, SEEDS[0], profile, version)
            settings = spec.settings
            train, test = settings.images(facts.train, facts.test)
            rows.append(
                {
                    "dataset": dataset,
                    "profile": profile,
                    "train_images": train,
                    "test_images": test,
                    "epochs": settings.epochs,
                    "batch_size": settings.batch_size,
                    "steps": updates(settings, dataset),
                    "learning_rate": settings.rate,
                    "schedule": settings.schedule,
                    "dropout": settings.dropout,
                    "augmentation": settings.augmentation,
                }
            )
    return pd.DataFrame(rows)


def _identity(record: RunRecord) -> dict[str, object]:
    values = {name: getattr(record.spec, name) for name in _SPEC}
    return values | {"share": share_done(record)}


def _losses(record: RunRecord) -> dict[str, float]:
    losses = record.curves["val_loss"]
    lowest = min(losses)
    return {
        "train_loss": min(record.curves["loss"]),
        "val_loss": lowest,
        "val_loss_epoch": losses.index(lowest),
        "val_loss_rise": losses[-1] - lowest,
    }


def _seconds_per_step(record: RunRecord) -> float | None:
    later = record.curves["train_seconds"][1:]
    return sum(later) / (record.steps * len(later)) if later else None
