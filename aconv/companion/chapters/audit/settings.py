"""The printed settings beside those of the authors' code."""

import functools
import math
from collections.abc import Iterable, Mapping

from aconv.companion.chapters.filters import settings as filter_learning
from aconv.companion.datasets import info
from aconv.companion.paper.numbers import datasets_in, load, number
from aconv.companion.studies.catalog import SEEDS, get_study, make_spec
from aconv.companion.training import widths
from aconv.companion.training.settings import Settings

CODE = {"simple": "code-2020-09", "resnet": "code-2020-06", "unet": "code-2020-09"}
"""The version of the code of each study that is nearest to what made its results."""

_DATASETS = (*get_study("simple").datasets, "oxford_pets")
# Filters of the first convolution, and the rate that Table 1 prints multiples of.
_FILTERS = {"simple": widths.SIMPLE_FILTERS, "resnet": widths.RESNET_FILTERS[0]}
_UNIT_RATES = {"simple": 0.1, "resnet": 0.5}


def compare_settings(names: Iterable[str]) -> dict[str, tuple[object, object]]:
    """Return printed settings and those of the version in ``CODE``, by their ids.

    Of the ids of ``data/paper.yaml`` that have one.
    """
    ours = _settings_of_code()
    return {name: (number(name).value, ours[name]) for name in names if name in ours}


def code_settings(study: str, dataset: str, kind: str = "adaptive") -> Settings:
    """Return the settings of the code's runs of a study, by ``CODE``."""
    size = max(size for of, size in get_study(study).kernels if of == kind)
    return make_spec(study, dataset, kind, size, SEEDS[0], "full", CODE[study]).settings


@functools.cache
def _settings_of_code() -> Mapping[str, object]:
    """The settings of the code, by the ids that the printed ones have."""
    simple = code_settings("simple", "mnist")
    unet = code_settings("unet", "oxford_pets")
    rate_of_unet = unet.learning_rate
    if unet.schedule != "constant":
        rate_of_unet = f"{rate_of_unet}, lowered on a plateau,"
    of_unet = {
        kind: [size for of, size in get_study("unet").kernels if of == kind]
        for kind in ("adaptive", "ordinary")
    }
    cycles = [code_settings("resnet", name) for name in get_study("resnet").datasets]
    lowest, *_, highest = sorted(cycles, key=lambda cycle: cycle.learning_rate)
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
        "filters.target.kernel_size": filter_learning.KERNEL_SIZE,
        "filters.ordinary.kernel_size": filter_learning.KERNEL_SIZE,
        "data.train_images": _images_of_sets("train"),
        "data.test_images": _images_of_sets("test"),
        "table1.resnet.learning_rate.low": _end_of_cycle(lowest),
        "table1.resnet.learning_rate.high": highest.learning_rate,
        "resnet.learning_rate.first": _end_of_cycle(lowest),
        "resnet.learning_rate.last": _end_of_cycle(lowest),
        "resnet.learning_rate.peak": highest.learning_rate,
        "resnet.learning_rate.rising_part": highest.cycle_top,
        "unet.batch": unet.batch_size,
        "unet.epochs": unet.epochs,
        "unet.learning_rate": rate_of_unet,
        "unet.repeats": len(SEEDS),
        "unet.networks": len(get_study("unet").kernels),
        "unet.adaptive.kernel_size": max(of_unet["adaptive"]),
        "unet.ordinary.large.kernel_size": max(of_unet["ordinary"]),
        "unet.ordinary.small.kernel_size": min(of_unet["ordinary"]),
        **{
            f"table1.{study}.{dataset}.{quantity}": value
            for study in _FILTERS
            for dataset in get_study(study).datasets
            for quantity, value in _of_table(study, dataset).items()
        },
        **{
            f"data.{dataset}.{quantity}": value
            for dataset in _DATASETS
            for quantity, value in _of_data(dataset).items()
        },
    }


def _of_table(study: str, dataset: str) -> Mapping[str, object]:
    """What Table 1 prints of a network on a data set."""
    found = code_settings(study, dataset, "ordinary")
    values = {
        "batch": found.batch_size,
        "augment": found.augmentation != "none",
        "epochs": found.epochs,
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


def _end_of_cycle(settings: Settings) -> float:
    """Where ``algorithm.OneCycle`` begins, by its formula, rounded as it is printed."""
    return round(settings.lowest_rate + settings.rate * math.exp(-4), 3)


def setting_title(name: str) -> str:
    """Return the id of a setting in words, as "simple MNIST multiplier"."""
    return " ".join(
        info(part).title if part in _DATASETS else part.replace("_", " ")
        for part in name.split(".")[1:]
    )


def shown(value: object) -> str:
    """Return the value of a setting as text."""
    return f"{value:g}" if isinstance(value, float) else str(value)
