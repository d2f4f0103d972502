"""What is run here where the paper is silent or its published code differs.

The choices stand in ``data/fidelity.yaml``; what is run here is computed from the
profile ``full`` and from the networks that it builds.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import yaml

from aconv.companion.datasets import info
from aconv.companion.files import PROJECT
from aconv.companion.runs import ARMS, Settings, get_study, make_spec
from aconv.companion.training.networks import adaptive_layers
from aconv.companion.training.recipe import (
    PLATEAU_LEAST_GAIN,
    PLATEAU_LOWEST_RATE,
    one_cycle_rate,
)
from aconv.companion.training.variant import AS_COMPARED

_IMAGE, _CLASSES = {"unet": (32, 32, 3)}, 3


def fidelity_table(study: str) -> pd.DataFrame:
    """Sets the paper, its published code and this book side by side.

    Args:
        study: Name of a study.

    Returns:
        One row per choice: ``choice``, ``full``, ``published code``, ``here`` and
        ``other choice`` (how it is run here), all text.

    Raises:
        ValueError: If there is no such study.
    """
    get_study(study)
    return pd.DataFrame(
        [
            {
                "choice": row["choice"],
                "paper": row["paper"],
                "published code": row["code"],
                "here": _HERE[row["here"]](study),
                "other choice": _other(row["other"]),
            }
            for row in choices()
            if study in row["experiments"]
        ]
    )


@functools.cache
def choices() -> tuple[dict, ...]:
    """Reads ``data/fidelity.yaml``.

    Returns:
        Its entries.

    Raises:
        ValueError: If an entry names what is not there.
    """
    packaged = Path(__file__).parents[1] / "_data" / "fidelity.yaml"
    path = packaged if packaged.is_file() else PROJECT / "data" / "fidelity.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in entries:
        arms = entry["other"] if isinstance(entry["other"], list) else []
        for name, allowed, values in (
            ("here", _HERE, [entry["here"]]),
            ("other", ARMS, arms),
        ):
            unknown = [value for value in values if value not in allowed]
            if unknown:
                raise ValueError(
                    f"`{name}` of {entry['id']} must be in {sorted(allowed)}. "
                    f"Received: {unknown}"
                )
    return tuple(entries)


def _other(other: str | Sequence[str]) -> str:
    if isinstance(other, str):
        return other
    return "arm " + ", ".join(f"`{name}`" for name in other)


def _recipes(study: str) -> dict[str, Settings]:
    """Settings of the adaptive arm at full scale, by data set."""
    found = get_study(study)
    size = found.kernel_sizes[-1]
    return {
        name: make_spec(study, name, "adaptive", size, 0, "paper").settings
        for name in found.datasets
    }


@functools.cache
def _network(study: str, kind: str) -> keras.Model:
    image = _IMAGE.get(study, (32, 32, 1))
    size = get_study(study).kernel_sizes[-1]
    return get_study(study).network(image, _CLASSES, kernel_size=size, kind=kind)


def _exchanged(study: str, kind: str) -> keras.layers.Layer:
    """The first of the convolutions that the paper exchanges."""
    name = next(iter(adaptive_layers(_network(study, "adaptive"))))
    return _network(study, kind).get_layer(name)


def _start(study: str) -> str:
    def of(kind: str) -> str:
        layer = _exchanged(study, kind)
        name = type(layer.kernel_initializer).__name__
        spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
        bias = "bias" if layer.use_bias else "no bias"
        return f"{kind}: {spaced[0].upper()}{spaced[1:]}, {bias}"

    return f"{of('adaptive')}; {of('ordinary')}"


def _restandardize(study: str) -> str:
    return "re-standardised" if AS_COMPARED.restandardize else "as it is"


def _aperture_share(study: str) -> str:
    return _all_equal(
        settings.aperture_rate / settings.learning_rate
        for settings in _recipes(study).values()
    )


def _apertures(study: str) -> str:
    values = keras.ops.convert_to_numpy(_exchanged(study, "adaptive").aperture)
    return f"{values.min():g} to {values.max():g}"


def _aperture_l2(study: str) -> str:
    layers = adaptive_layers(_network(study, "adaptive")).values()
    penalties = [layer.aperture_regularizer for layer in layers]
    values = ["none" if p is None else f"{float(np.array(p.l2)):g}" for p in penalties]
    return ", ".join(
        f"{value} in layer {number}" for number, value in enumerate(values, 1)
    )


def _centring(study: str) -> str:
    return "centred" if info("mnist_cluttered").centred else "left as they are"


def _multipliers(study: str) -> str:
    recipes = _recipes(study)
    base = 0.1  # of Section 4.2, which the multipliers multiply
    return " and ".join(
        f"{recipes[name].recipe.learning_rate / base:.1f}"
        for name in ("mnist", "mnist_cluttered")
    )


def _dropout(study: str) -> str:
    return f"{_recipes(study)['mnist'].dropout:g}"


def _first_rate(study: str) -> str:
    return " and ".join(f"{one_cycle_rate(0, 50, peak):.3g}" for peak in (0.05, 0.5))


def _unet_batch(study: str) -> str:
    recipe = _recipes(study)["oxford_pets"].recipe
    return (
        f"{recipe.batch_size}, times {recipe.plateau_factor:g} on a plateau of "
        f"{recipe.plateau_patience} epochs"
    )


def _bounds(study: str) -> str:
    layer = _exchanged(study, "adaptive")
    low, high = layer.aperture_bounds
    return f"1/{1 / low:g} to {high:g}"


def _plateau(study: str) -> str:
    return (
        f"{PLATEAU_LOWEST_RATE:g} and {PLATEAU_LEAST_GAIN:g}, as in the simple network"
    )


def _fashion_epochs(study: str) -> str:
    return _all_equal([_recipes(study)["fashion_mnist"].recipe.epochs])


def _batch_norm(study: str) -> str:
    names = [
        layer.name
        for layer in _network(study, "adaptive").layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    return (
        f"{len(names)} layer: after the dense one"
        if names == ["dense_norm"]
        else (f"{len(names)} layers")
    )


def _cooldown(study: str) -> str:
    return _all_equal(
        settings.plateau_cooldown for settings in _recipes(study).values()
    )


def _all_equal(values: Iterable[float]) -> str:
    return ", ".join(dict.fromkeys(f"{value:g}" for value in values))


_HERE: dict[str, Callable[[str], str]] = {
    "start": _start,
    "restandardize": _restandardize,
    "aperture_share": _aperture_share,
    "apertures": _apertures,
    "aperture_l2": _aperture_l2,
    "centring": _centring,
    "multipliers": _multipliers,
    "dropout": _dropout,
    "first_rate": _first_rate,
    "unet_batch": _unet_batch,
    "bounds": _bounds,
    "plateau": _plateau,
    "fashion_epochs": _fashion_epochs,
    "batch_norm": _batch_norm,
    "cooldown": _cooldown,
}
