"""The printed settings beside those of the authors' code."""

import re
from collections.abc import Callable, Iterable, Mapping

import keras

from aconv.companion.chapters.filters import compute as filter_learning
from aconv.companion.datasets import info
from aconv.companion.paper.numbers import datasets_in, load, number
from aconv.companion.studies.catalog import SEEDS, get_study, make_spec
from aconv.companion.training import widths
from aconv.companion.training.algorithm import OneCycle
from aconv.companion.training.settings import Settings

CODE = {"simple": "code-2020-09", "resnet": "code-2020-06", "unet": "code-2020-09"}
"""The version of the code of each study that is nearest to what made its results."""


# Filters of the first convolution.
_FILTERS = {"simple": widths.SIMPLE_FILTERS, "resnet": widths.RESNET_FILTERS[0]}


def compare_settings(names: Iterable[str]) -> dict[str, tuple[object, object]]:
    """Return printed settings and those of the version in ``CODE``, by their ids.

    Of the ids of ``data/paper.yaml`` that have one.
    """
    found = {}
    for name in names:
        ours = _setting(name)
        if ours is not None:
            found[name] = (number(name).value, ours)
    return found


def _setting(name: str) -> object | None:
    """The value of a setting in the code; None if it has none."""
    table = re.fullmatch(r"table1\.(simple|resnet)\.(\w+)\.(\w+)", name)
    if table and table[2] in get_study("simple").datasets:
        return _of_table(*table.groups())
    of_data = re.fullmatch(r"data\.(\w+)\.(\w+)", name)
    if of_data:
        return _of_data(*of_data.groups())
    size = re.fullmatch(r"simple\.(\d)x\1\.kernel_size", name)
    if size:
        value = int(size[1])
        return value if value in get_study("simple").kernel_sizes else 0
    return _SETTINGS[name]() if name in _SETTINGS else None


def code_settings(study: str, dataset: str, kind: str = "adaptive") -> Settings:
    """Return the settings of the code's runs of a study, by ``CODE``."""
    size = max(size for of, size in get_study(study).kernels if of == kind)
    return make_spec(study, dataset, kind, size, SEEDS[0], "full", CODE[study]).settings


def _of_table(study: str, dataset: str, quantity: str) -> object | None:
    found = code_settings(study, dataset, "ordinary")
    unit = {"simple": 0.1, "resnet": 0.5}[study]
    values: Mapping[str, Callable[[], object]] = {
        "batch": lambda: found.batch_size,
        "augment": lambda: found.augmentation != "none",
        "epochs": lambda: found.epochs,
        "dropout": lambda: found.dropout,
        "multiplier": lambda: round(found.learning_rate / unit, 9),
        "blocks": lambda: found.residual_blocks,
        "filters": lambda: _FILTERS[study],
        "layers": lambda: 6 * found.residual_blocks + 2,
    }
    return values[quantity]() if quantity in values else None


def _of_data(dataset: str, quantity: str) -> object | None:
    facts = info(dataset)
    values = {
        "image_size": facts.image_shape[0],
        "channels": facts.image_shape[2],
        "classes": facts.classes,
        "train_images": facts.train,
        "test_images": facts.test,
        "images": facts.train + facts.test,
    }
    return values.get(quantity)


def _of_sets(part: str) -> object:
    """Number of images of sets without printed ones of their own, or what differs."""
    counts = {
        name: getattr(info(name), part)
        for name in datasets_in("table2")
        if f"data.{name}.{part}_images" not in load()
    }
    first = counts["mnist"]
    others = [
        f"{count} ({info(name).title})"
        for name, count in counts.items()
        if count != first
    ]
    return ", ".join(others) or first


def _setting_of(study: str, name: str) -> Callable[[], object]:
    dataset = get_study(study).datasets[0]
    return lambda: getattr(code_settings(study, dataset), name)


def _highest_peak() -> float:
    names = get_study("resnet").datasets
    return max(code_settings("resnet", name).learning_rate for name in names)


def _end_of_cycle() -> float:
    """Where the cycle of the lowest peak begins and ends, rounded as it is printed."""
    name = min(
        get_study("resnet").datasets,
        key=lambda name: code_settings("resnet", name).learning_rate,
    )
    rate = OneCycle(code_settings("resnet", name), steps=100)(0)
    return round(float(keras.ops.convert_to_numpy(rate)), 3)


def _rate_of_unet() -> object:
    settings = code_settings("unet", "oxford_pets")
    rate = settings.learning_rate
    return rate if settings.schedule == "constant" else f"{rate}, lowered on a plateau,"


def _unet_size(kind: str, end: Callable) -> Callable[[], object]:
    kernels = get_study("unet").kernels
    return lambda: end(size for of, size in kernels if of == kind)


_SETTINGS: Mapping[str, Callable[[], object]] = {
    "abstract.simple.layers": lambda: widths.SIMPLE_CONVOLUTIONS,
    "simple.convolutions": lambda: widths.SIMPLE_CONVOLUTIONS,
    "simple.filters": lambda: widths.SIMPLE_FILTERS,
    "simple.pool_size": lambda: widths.SIMPLE_POOL_SIZE,
    "simple.dense_units": lambda: widths.SIMPLE_UNITS,
    "simple.dropouts": lambda: widths.SIMPLE_DROPOUTS,
    "simple.repeats": lambda: len(SEEDS),
    "simple.results.repeats": lambda: len(SEEDS),
    "simple.datasets": lambda: len(get_study("simple").datasets),
    "simple.momentum": _setting_of("simple", "momentum"),
    "simple.clip_value": _setting_of("simple", "clip_value"),
    "simple.plateau.factor": _setting_of("simple", "schedule_factor"),
    "simple.plateau.patience": _setting_of("simple", "plateau_patience"),
    "algorithm1.momentum": _setting_of("simple", "momentum"),
    "algorithm1.clip_value": _setting_of("simple", "clip_value"),
    "simple.aperture.first": lambda: code_settings("simple", "mnist").apertures[0],
    "simple.aperture.last": lambda: code_settings("simple", "mnist").apertures[1],
    "filters.kernels": lambda: len(filter_learning.TARGET_FILTERS),
    "filters.learning_rate": lambda: filter_learning.LEARNING_RATE,
    "filters.momentum": lambda: filter_learning.MOMENTUM,
    "filters.target.kernel_size": lambda: filter_learning.KERNEL_SIZE,
    "filters.ordinary.kernel_size": lambda: filter_learning.KERNEL_SIZE,
    "data.train_images": lambda: _of_sets("train"),
    "data.test_images": lambda: _of_sets("test"),
    "table1.resnet.learning_rate.low": _end_of_cycle,
    "table1.resnet.learning_rate.high": _highest_peak,
    "resnet.learning_rate.first": _end_of_cycle,
    "resnet.learning_rate.last": _end_of_cycle,
    "resnet.learning_rate.peak": _highest_peak,
    "resnet.learning_rate.rising_part": _setting_of("resnet", "cycle_top"),
    "unet.batch": _setting_of("unet", "batch_size"),
    "unet.epochs": _setting_of("unet", "epochs"),
    "unet.learning_rate": _rate_of_unet,
    "unet.repeats": lambda: len(SEEDS),
    "unet.networks": lambda: len(get_study("unet").kernels),
    "unet.adaptive.kernel_size": _unet_size("adaptive", max),
    "unet.ordinary.large.kernel_size": _unet_size("ordinary", max),
    "unet.ordinary.small.kernel_size": _unet_size("ordinary", min),
}


def setting_title(name: str) -> str:
    """Return the id of a setting in words, as "simple MNIST multiplier"."""
    parts = name.split(".")[1:]
    titles = {
        part: info(part).title
        for part in parts
        if part in (*get_study("simple").datasets, "oxford_pets")
    }
    return " ".join(titles.get(part, part.replace("_", " ")) for part in parts)


def shown(value: object) -> str:
    """Return the value of a setting as text."""
    return f"{value:g}" if isinstance(value, float) else str(value)
