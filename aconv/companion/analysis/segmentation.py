"""Comparing the networks of the U-Net study: the paper's numbers, and those of runs."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from aconv.companion import stats
from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import SETTING, Selection
from aconv.companion.paper.numbers import PaperNumber, number
from aconv.companion.stats import Claim, Summary
from aconv.companion.studies.catalog import get_study

NETWORKS: Mapping[str, Selection] = {
    f"{kind} {size}×{size}": {"arm": kind, "kernel_size": size}
    for kind, size in get_study("unet").kernels
}
"""The arms of the study by their names, in the order of the paper's figure."""

(ADAPTIVE,) = (arm for arm in NETWORKS.values() if arm["arm"] == "adaptive")
# What it is compared with, the smallest kernel first.
ORDINARY = {name: arm for name, arm in NETWORKS.items() if arm["arm"] == "ordinary"}


def compare_networks(
    runs: pd.DataFrame, score: str, *, confidence: float = 0.95, **options: Any
) -> pd.DataFrame:
    """Compare the adaptive network with each ordinary one, as one family.

    Options are those of ``accuracy.compare``. ``mean_ordinary`` is the peak accuracy of
    the ordinary one, whatever the score.
    """
    options |= {"by": SETTING, "score": score, "confidence": confidence}
    tables = []
    for name, other in ORDINARY.items():
        mean = 100 * accuracy.select(runs, other)["peak"].mean()
        table = accuracy.compare(runs, ADAPTIVE, other, **options)
        tables.append(table.assign(against=name, mean_ordinary=mean))
    return accuracy.adjust_for_multiplicity(
        accuracy.concat_comparisons(tables), confidence=confidence
    )


def printed_claim(arm: Selection) -> Claim:
    """Return what the paper claims of the peak accuracy compared with a network's."""
    difference = printed_summary(ADAPTIVE).mean - printed_summary(arm).mean
    # The U-Net's section names no level of its own.
    level = number("table2.significance").value
    return accuracy.claim_of(difference, printed_p(arm).value, level)


def printed_summary(arm: Selection) -> Summary:
    """Return what the paper prints of the peak accuracies of a network."""
    size = arm["kernel_size"]
    stem = f"unet.oxford_pets.{arm['arm']}.{size}x{size}"
    mean, std = (
        100 * number(f"{stem}.{quantity}").as_fraction().value
        for quantity in ("mean", "std")
    )
    return Summary(mean, std, number("unet.repeats").value)


def printed_p(arm: Selection) -> PaperNumber:
    """Return the p that the paper prints of the comparison with a network."""
    return number("unet.oxford_pets.{0}x{0}.p".format(arm["kernel_size"]))


def printed_comparisons() -> pd.DataFrame:
    """Return what the printed means and deviations of the U-Net amount to (points)."""
    rows = []
    for name, arm in ORDINARY.items():
        arms = printed_summary(ADAPTIVE), printed_summary(arm)
        row = accuracy.difference_of(*arms, "student") | {"against": name}
        row["kernel_size"], row["p_printed"] = arm["kernel_size"], printed_p(arm).value
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.assign(p_holm=stats.holm(table["p_printed"]))
