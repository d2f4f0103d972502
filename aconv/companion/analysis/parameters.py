"""Counted parameters of the networks of Table 1, and the printed numbers."""

import functools
from typing import Literal

import pandas as pd

from aconv.companion.datasets import info
from aconv.companion.paper.numbers import PaperNumber, number
from aconv.companion.runs import get_study, make_spec
from aconv.companion.training.networks import build_network, count_parameters


def compare_parameters(study: Literal["simple", "resnet"]) -> pd.DataFrame:
    """Count the parameters of a study's networks for Table 1.

    The paper does not say at which kernel size it counted. Networks of the version
    ``paper`` with ordinary kernels are built; adaptive ones have an aperture per filter
    more.
    """
    if study not in ("simple", "resnet"):
        raise ValueError(f"`study` must be 'simple' or 'resnet'. Received: {study!r}")
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


@functools.cache
def _count(study: str, dataset: str, kernel_size: int) -> int:
    facts = info(dataset)
    spec = make_spec(study, dataset, "ordinary", kernel_size, seed=0, profile="full")
    model = build_network(spec.settings, kernel_size, facts.image_shape, facts.classes)
    return count_parameters(model).total
