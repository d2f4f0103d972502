"""The printed settings beside those of the authors' code."""

import collections
import functools
import math
from collections.abc import Iterable, Mapping

from aconv.companion.chapters.filters import settings as filter_learning
from aconv.companion.datasets import info
from aconv.companion.paper.numbers import datasets_in, load, number
from aconv.companion.studies.catalog import (
    DEFAULT_VERSION,
    SEEDS,
    STUDIES,
    get_study,
    make_spec,
)
from aconv.companion.training import widths
from aconv.companion.training.settings import Settings

CODE = {"simple": "code-2020-09", "resnet": "code-2020-06", "unet": "code-2020-09"}
"""The version of the code of each study that is nearest to what made its results."""

SCORED = "data.oxford_pets.test_images"
"""The one number of a data set that the code decides on: it scores a part of them."""

_PUBLISHED = {
    version
    for study in STUDIES.values()
    for version in study.versions
    if version != DEFAULT_VERSION
}
_DATASETS = (*get_study("simple").datasets, "oxford_pets")
# Filters of the first convolution, and the rate that Table 1 prints multiples of.
_FILTERS = {"simple": widths.SIMPLE_FILTERS, "resnet": widths.RESNET_FILTERS[0]}
_UNIT_RATES = {"simple": 0.1, "resnet": 0.5}


def compare_settings(names: Iterable[str]) -> dict[str, tuple[object, object]]:
    """Return printed settings and those of the authors' code, by their ids.

    Of the ids of ``data/paper.yaml`` that have one. The code's is the printed one if
    any published version has it, and else that of the version in ``CODE``.
    """
    nearest = _settings_of_code(None)
    others = [_settings_of_code(version) for version in _PUBLISHED]
    compared = {}
    for name in names:
        if name in nearest:
            printed = number(name).value
            known = (of_version[name] for of_version in others)
            same = (value for value in known if is_as_printed(printed, value))
            compared[name] = printed, next(same, nearest[name])
    return compared


def origin(name: str) -> str:
    """Return what a printed setting is compared with."""
    of_set = name.startswith("data.") and name != SCORED
    return "the data sets" if of_set else "the authors' code"


def is_as_printed(printed: object, ours: object) -> bool:
    """Return whether a setting of the code is the printed one, absent for a dash."""
    return (printed or 0) == ours


def code_settings(
    study: str,
    dataset: str,
    kind: str = "adaptive",
    version: str | None = None,
    kernel_size: int | None = None,
) -> Settings:
    """Return settings of a version or, where it has no such study, of ``CODE``'s."""
    found = get_study(study)
    if version not in found.versions:
        version = CODE[study]
    size = kernel_size or max(size for of, size in found.kernels if of == kind)
    return make_spec(study, dataset, kind, size, SEEDS[0], "full", version).settings


@functools.cache
def _settings_of_code(version: str | None) -> Mapping[str, object]:
    """The settings of the code, by the ids that the printed ones have."""
    simple = code_settings("simple", "mnist", version=version)
    unet = code_settings("unet", "oxford_pets", version=version)
    rate_of_unet = unet.learning_rate
    if unet.schedule != "constant":
        rate_of_unet = f"{rate_of_unet}, lowered on a plateau,"
    kernels = get_study("unet").kernels
    ordinary = [size for kind, size in kernels if kind == "ordinary"]
    cycles = {
        name: code_settings("resnet", name, version=version)
        for name in get_study("resnet").datasets
    }
    highest = max(cycles.values(), key=lambda cycle: cycle.learning_rate)
    return {
        "abstract.simple.layers": widths.SIMPLE_CONVOLUTIONS,
        "simple.convolutions": widths.SIMPLE_CONVOLUTIONS,
        "simple.filters": widths.SIMPLE_FILTERS,
        "simple.pool_size": widths.SIMPLE_POOL_SIZE,
        "simple.dense_units": widths.SIMPLE_UNITS,
        "simple.dropouts": widths.SIMPLE_DROPOUTS,
        "simple.repeats": len(SEEDS),
        "simple.results.repeats": len(SEEDS),
        "simple.datasets": len(get_study("simple").datasets),
        "simple.momentum": simple.momentum,
        "simple.clip_value": simple.clip_value,
        "simple.plateau.factor": simple.schedule_factor,
        "simple.plateau.patience": simple.plateau_patience,
        "algorithm1.momentum": simple.momentum,
        "algorithm1.clip_value": simple.clip_value,
        "simple.aperture.first": simple.apertures[0],
        "simple.aperture.last": simple.apertures[1],
        **{
            f"simple.{size}x{size}.kernel_size": size
            for size in get_study("simple").kernel_sizes
        },
        "filters.kernels": len(filter_learning.TARGET_FILTERS),
        "filters.learning_rate": filter_learning.LEARNING_RATE,
        "filters.momentum": filter_learning.MOMENTUM,
        "filters.ordinary.kernel_size": filter_learning.KERNEL_SIZE,
        "data.train_images": _images_of_sets("train"),
        "data.test_images": _images_of_sets("test"),
        "table1.resnet.learning_rate.low": _rates_of_sets(cycles, 0),
        "table1.resnet.learning_rate.high": highest.learning_rate,
        "resnet.learning_rate.first": _rates_of_sets(cycles, 0),
        "resnet.learning_rate.last": _rates_of_sets(cycles, 1),
        "resnet.learning_rate.peak": highest.learning_rate,
        "resnet.learning_rate.rising_part": highest.cycle_top,
        "unet.batch": unet.batch_size,
        "unet.epochs": unet.epochs,
        "unet.learning_rate": rate_of_unet,
        "unet.repeats": len(SEEDS),
        "unet.networks": len(kernels),
        "unet.adaptive.kernel_size": max(
            size for kind, size in kernels if kind == "adaptive"
        ),
        "unet.ordinary.large.kernel_size": max(ordinary),
        "unet.ordinary.small.kernel_size": min(ordinary),
        **{
            f"table1.{study}.{dataset}.{quantity}": value
            for study in _FILTERS
            for dataset in get_study(study).datasets
            for quantity, value in _of_table(study, dataset, version).items()
        },
        **{
            f"data.{dataset}.{quantity}": value
            for dataset in _DATASETS
            for quantity, value in _of_data(dataset).items()
        },
        SCORED: f"{unet.test_images} (scored)"
        if unet.test_images
        else info("oxford_pets").test,
    }


def _of_table(study: str, dataset: str, version: str | None) -> Mapping[str, object]:
    """What Table 1 prints of a network on a data set."""
    found = code_settings(study, dataset, "ordinary", version)
    epochs = {
        f"{kind} {n}×{n}": code_settings(study, dataset, kind, version, n).epochs
        for kind, n in get_study(study).kernels
    }
    values = {
        "batch": found.batch_size,
        "augment": found.augmentation != "none",
        "epochs": _common(epochs),
        "dropout": found.dropout,
        "multiplier": round(found.learning_rate / _UNIT_RATES[study], 9),
        "filters": _FILTERS[study],
    }
    if found.residual_blocks is not None:
        values["blocks"] = found.residual_blocks
        values["layers"] = 6 * found.residual_blocks + 2
    return values


def _of_data(dataset: str) -> Mapping[str, object]:
    facts = info(dataset)
    return {
        "image_size": facts.image_shape[0],
        "channels": facts.image_shape[2],
        "classes": facts.classes,
        "train_images": facts.train,
        "test_images": facts.test,
        "images": facts.train + facts.test,
    }


def _images_of_sets(part: str) -> object:
    """Number of images of sets without printed ones of their own."""
    return _common(
        {
            info(name).title: getattr(info(name), part)
            for name in datasets_in("table2")
            if f"data.{name}.{part}_images" not in load()
        }
    )


def _rates_of_sets(cycles: Mapping[str, Settings], part: float) -> object:
    """The rate after a part of the training, of ``algorithm.OneCycle``, two digits."""
    rates = {
        info(name).title: cycle.lowest_rate
        + cycle.rate * math.exp(-(((part / cycle.cycle_top - 1) / 0.5) ** 2))
        for name, cycle in cycles.items()
    }
    return _common({title: float(f"{rate:.2g}") for title, rate in rates.items()})


def _common(values: Mapping[str, object]) -> object:
    """The value that all have, or the others than most have, with whose they are."""
    (most, _), *_ = collections.Counter(values.values()).most_common()
    others = collections.defaultdict(list)
    for name, value in values.items():
        if value != most:
            others[value].append(name)
    words = [f"{shown(value)} ({', '.join(of)})" for value, of in others.items()]
    return ", ".join(words) or most


def setting_title(name: str) -> str:
    """Return the id of a setting in words, as "simple MNIST multiplier"."""
    return " ".join(
        info(part).title if part in _DATASETS else part.replace("_", " ")
        for part in name.split(".")[1:]
    )


def shown(value: object) -> str:
    """Return the value of a setting as text."""
    return f"{value:g}" if isinstance(value, float) else str(value)
