"""Counted parameters of the networks of Table 1, and the printed numbers."""

import itertools
from typing import Literal

import pandas as pd

from aconv.companion.datasets import info
from aconv.companion.paper.numbers import PaperNumber, number
from aconv.companion.runs import get_study, make_spec
from aconv.companion.training import widths

# Scale, shift, mean and variance of batch normalisation.
_STATISTICS = 4


def compare_parameters(study: Literal["simple", "resnet"]) -> pd.DataFrame:
    """Count the parameters of a study's ordinary networks for Table 1, by formulas.

    Adaptive ones have an aperture per filter more. The paper does not say at which
    kernel size it counted.
    """
    rows = []
    for dataset in get_study(study).datasets:
        printed = number(f"table1.{study}.{dataset}.parameters")
        for size in get_study(study).kernel_sizes:
            count = _count(study, dataset, size)
            agrees = _agreement(count, printed)
            rows.append((dataset, size, count, printed.printed, agrees, printed.note))
    names = ["dataset", "kernel_size", "parameters", "printed", "agrees", "note"]
    return pd.DataFrame(rows, columns=names)


def _agreement(count: int, printed: PaperNumber) -> str:
    if printed.agrees(count):
        return "rounded"
    low, high = printed.cut
    return "cut off" if low <= count < high else "no"


def _count(study: str, dataset: str, kernel_size: int) -> int:
    """Numbers of convolutions, which have no bias, normalisations and dense layers."""
    facts = info(dataset)
    height, width, channels = facts.image_shape
    if study == "simple":
        filters = [widths.SIMPLE_FILTERS] * widths.SIMPLE_CONVOLUTIONS
        pool, units = widths.SIMPLE_POOL_SIZE, widths.SIMPLE_UNITS
        pooled = (height // pool) * (width // pool) * filters[-1]
        hidden = (pooled + 1) * units + _STATISTICS * units
    else:
        spec = make_spec(study, dataset, "ordinary", kernel_size, 0, profile="full")
        per_level = 2 * spec.settings.residual_blocks
        filters = [
            widths.RESNET_FILTERS[0],
            *(width for width in widths.RESNET_FILTERS for _ in range(per_level)),
        ]
        units, hidden = filters[-1], 0
    convolutions = sum(
        kernel_size**2 * before * after + _STATISTICS * after
        for before, after in itertools.pairwise([channels, *filters])
    )
    return convolutions + hidden + (units + 1) * facts.classes
