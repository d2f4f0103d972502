"""How the versions of a study differ, setting by setting."""

from collections.abc import Mapping
from typing import Any

import attrs
import pandas as pd

from aconv.companion.datasets import info
from aconv.companion.studies.arms import COMPARED
from aconv.companion.studies.catalog import (
    DEFAULT_VERSION,
    SEEDS,
    Study,
    get_study,
    make_spec,
)
from aconv.companion.studies.profiles import Profile
from aconv.companion.training.settings import ENVELOPE, Settings

HERE = "short runs"

# Settings that say which run it is, and not how it is done.
_NOT_COMPARED = ("network", "layer", "rate_factor", "held_out")
# The size at which versions are compared: September has an exception at 9×9.
_SIZE = 7


def differences(study: str) -> pd.DataFrame:
    """Put the versions of a study, and what most runs ``HERE`` have, side by side.

    A row per ``setting`` in which they differ, in words, by data set and kind if need
    be.
    """
    found = get_study(study)
    columns: dict[str, dict[tuple[str, str], Settings]] = {
        version: _all_settings(found, version, "full") for version in found.versions
    }
    columns[HERE] = _all_settings(found, DEFAULT_VERSION, "short")
    rows = []
    for field in attrs.fields(Settings):
        if field.name in _NOT_COMPARED:
            continue
        values = {
            name: _in_words(field.name, settings) for name, settings in columns.items()
        }
        if len(set(values.values())) > 1:
            rows.append({"setting": field.name.replace("_", " "), **values})
    return pd.DataFrame(rows, columns=["setting", *columns])


def _all_settings(
    study: Study, version: str, profile: Profile
) -> dict[tuple[str, str], Settings]:
    """Settings by data set and arm."""
    return {
        (study.original(dataset), arm): make_spec(
            study.name, dataset, arm, _SIZE, SEEDS[0], profile, version
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
        words: dict[str, set[str]] = {}
        for key, word in values.items():
            words.setdefault(label(key), set()).add(word)
        if all(len(found) == 1 for found in words.values()):
            return _joined({name: found.pop() for name, found in words.items()})
    raise AssertionError("a data set and an arm have one value")


def _joined(words: Mapping[str, str]) -> str:
    """Each value with the names that have it."""
    names: dict[str, list[str]] = {}
    for name, word in words.items():
        names.setdefault(word, []).append(name)
    if len(names) == 1:
        return next(iter(names))
    return "; ".join(f"{', '.join(of)}: {word}" for word, of in names.items())


def _word(name: str, value: Any) -> str:
    if value is None:
        return _NONE[name]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        joint = ", " if name == "schedule_epochs" else " to "
        return joint.join(f"{end:.3g}" for end in value) or "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
