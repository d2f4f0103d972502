"""How the versions of a study differ, setting by setting."""

from collections.abc import Mapping
from typing import Any

import attrs
import pandas as pd

from aconv.companion.datasets import info
from aconv.companion.studies import catalog
from aconv.companion.studies.arms import COMPARED
from aconv.companion.studies.profiles import Profile
from aconv.companion.training.settings import ENVELOPE, Settings

HERE = "short runs"

# Settings that say which run it is, and not how it is done.
_NOT_COMPARED = ("network", "layer", "rate_factor", "held_out")
# The size at which versions are compared: September has an exception at 9×9.
_SIZE = 7


def differences(study: str) -> pd.DataFrame:
    """Return, in words, the settings in which versions, and runs ``HERE``, differ."""
    found = catalog.get_study(study)
    columns: dict[str, dict[tuple[str, str], Settings]] = {
        version: _all_settings(found, version, "full") for version in found.versions
    }
    columns[HERE] = _all_settings(found, catalog.DEFAULT_VERSION, "short")
    rows = []
    for name in (field.name for field in attrs.fields(Settings)):
        values = {column: _in_words(name, of) for column, of in columns.items()}
        if len(set(values.values())) > 1 and name not in _NOT_COMPARED:
            rows.append({"setting": name.replace("_", " "), **values})
    return pd.DataFrame(rows, columns=["setting", *columns])


def _all_settings(
    study: catalog.Study, version: str, profile: Profile
) -> dict[tuple[str, str], Settings]:
    """Settings by data set and arm."""
    return {
        (study.original(dataset), arm): catalog.make_spec(
            study.name, dataset, arm, _SIZE, catalog.SEEDS[0], profile, version
        ).settings
        for dataset in study.datasets_of(profile)
        for arm in COMPARED
    }


# What the absence of a value means.
_NONE = {
    "aperture_bounds": "1/n to n",
    "train_images": "all",
    "test_images": "all",
    "residual_blocks": "–",
    "shortcut": "–",
}

# Where a setting of the learning rate does anything.
_SCHEDULES = {
    "schedule_factor": ("plateau", "steps"),
    "plateau_patience": ("plateau",),
    "plateau_cooldown": ("plateau",),
    "lowest_rate": ("plateau", "one-cycle"),
    "cycle_top": ("one-cycle",),
    "cycle_by_batch": ("one-cycle",),
}


def _in_words(name: str, settings: Mapping[tuple[str, str], Settings]) -> str:
    """A setting of all data sets and both kinds; one value if they have it alike."""
    values = {
        key: _word(name, getattr(of, name))
        if of.schedule in _SCHEDULES.get(name, (of.schedule,))
        else "–"
        for key, of in settings.items()
        # Ordinary layers have no envelope, whose settings mean nothing there.
        if name not in ENVELOPE or key[1] == "adaptive"
    }
    titles = {dataset: info(dataset).title for dataset, _ in values}
    for label in (
        lambda key: "",
        lambda key: key[1],
        lambda key: titles[key[0]],
        lambda key: f"{titles[key[0]]}, {key[1]}",
    ):
        # Each value with the labels that have it, which must have no other.
        labels: dict[str, dict[str, None]] = {}
        for key, word in values.items():
            labels.setdefault(word, {})[label(key)] = None
        if len(set().union(*labels.values())) == sum(map(len, labels.values())):
            break
    if len(labels) == 1:
        return next(iter(labels))
    return "; ".join(f"{', '.join(of)}: {word}" for word, of in labels.items())


def _word(name: str, value: Any) -> str:
    if value is None:
        return _NONE[name]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        joint = ", " if name == "schedule_epochs" else " to "
        return joint.join(f"{end:.3g}" for end in value) or "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
