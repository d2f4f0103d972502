"""Counted parameters of the networks of Table 1, and the printed numbers."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from aconv.companion.datasets import info
from aconv.companion.paper.numbers import PaperNumber, number
from aconv.companion.runs import get_study, make_spec
from aconv.companion.training import widths
from aconv.companion.training.settings import Settings

# Scale, shift, mean and variance of batch normalisation.
_STATISTICS = 4


def compare_parameters(study: Literal["simple", "resnet"]) -> pd.DataFrame:
    """Count the parameters of a study's networks for Table 1, by formulas.

    The paper does not say at which kernel size it counted. Networks are those of the
    version ``paper`` with ordinary kernels; adaptive ones have an aperture per filter
    more.
    """
    rows = []
    for dataset in get_study(study).datasets:
        printed = number(f"table1.{study}.{dataset}.parameters")
        for size in get_study(study).kernel_sizes:
            count = _count(study, dataset, size)
            rows.append(
                {
                    "dataset": dataset,
                    "kernel_size": size,
                    "parameters": count,
                    "printed": printed.printed,
                    "agrees": _agreement(count, printed),
                    "note": printed.note,
                }
            )
    return pd.DataFrame(rows)


def _agreement(count: int, printed: PaperNumber) -> str:
    if printed.agrees(count):
        return "rounded"
    low, high = printed.cut
    return "cut off" if low <= count < high else "no"


def _count(study: str, dataset: str, kernel_size: int) -> int:
    facts = info(dataset)
    spec = make_spec(study, dataset, "ordinary", kernel_size, seed=0, profile="full")
    count = {"simple": _count_simple, "resnet": _count_resnet}[study]
    return count(spec.settings, kernel_size, facts.image_shape, facts.classes)


def _count_simple(
    settings: Settings, kernel_size: int, image_shape: Sequence[int], classes: int
) -> int:
    height, width, channels = image_shape
    filters, units = widths.SIMPLE_FILTERS, widths.SIMPLE_UNITS
    further = widths.SIMPLE_CONVOLUTIONS - 1
    convolutions = _normalised(kernel_size, channels, filters)
    convolutions += further * _normalised(kernel_size, filters, filters)
    pool_size = widths.SIMPLE_POOL_SIZE
    pooled = (height // pool_size) * (width // pool_size) * filters
    dense = _dense(pooled, units) + _STATISTICS * units
    return convolutions + dense + _dense(units, classes)


def _count_resnet(
    settings: Settings, kernel_size: int, image_shape: Sequence[int], classes: int
) -> int:
    before = widths.RESNET_FILTERS[0]
    total = _normalised(kernel_size, image_shape[-1], before)
    for width in widths.RESNET_FILTERS:
        total += _normalised(kernel_size, before, width)
        further = 2 * settings.residual_blocks - 1
        total += further * _normalised(kernel_size, width, width)
        before = width
    return total + _dense(before, classes)


def _normalised(kernel_size: int, channels: int, filters: int) -> int:
    """Numbers of a convolution without bias and of the normalisation after it."""
    return kernel_size**2 * channels * filters + _STATISTICS * filters


def _dense(inputs: int, units: int) -> int:
    return (inputs + 1) * units
