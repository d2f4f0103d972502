"""All comparisons of accuracy in one table: what the paper prints, and what runs say.

Differences are adaptive less ordinary, in percentage points. The paper's have an
interval too, by its own test (Student) from its printed means and standard deviations.
"""

import math

import pandas as pd

from aconv.companion.analysis.accuracy import (
    PrintedTable,
    compare_kinds,
    printed_results,
)
from aconv.companion.analysis.arms import arm_differences, arm_name
from aconv.companion.datasets import info
from aconv.companion.paper.numbers import number
from aconv.companion.runs.studies import get_study
from aconv.companion.stats import Summary, direction, t_test

COLUMNS = (
    "network",
    "comparison",
    "paper",
    "paper_low",
    "paper_high",
    "size",
    "seeds",
    "difference",
    "low",
    "high",
    "verdict",
)


def classification(
    network: str, table: PrintedTable, runs: pd.DataFrame, confidence: float = 0.95
) -> pd.DataFrame:
    """Puts the comparisons of Table 2 or 3 beside those of runs.

    Args:
        network: What to call the network.
        table: "table2" (simple network) or "table3" (ResNet).
        runs: Table of ``analysis.frames.runs_frame``; may be empty.
        confidence: Confidence of the intervals.

    Returns:
        One row a data set of the paper: ``network``; ``comparison``, the data set's
        title; ``paper``, ``paper_low`` and ``paper_high``, the printed difference and
        its interval; ``size`` and ``seeds`` (the smaller number of the two arms) of the
        runs, at the size of the highest single one; ``difference``, ``low`` and
        ``high``, by Welch; and ``verdict``, see ``stats.direction``. Where there are no
        runs to compare, NaN.
    """
    found = {}
    if len(runs):
        compared = compare_kinds(runs, confidence=confidence)
        found = {row.dataset: row for row in compared.itertuples()}
    rows = []
    for printed in printed_results(table).itertuples():
        arms = [
            Summary(mean, std, n)
            for mean, std, n in (
                (printed.mean_adaptive, printed.std_adaptive, printed.n_adaptive),
                (printed.mean_ordinary, printed.std_ordinary, printed.n_ordinary),
            )
        ]
        test = t_test(*arms, confidence=confidence)
        row = [network, info(printed.dataset).title]
        row += [test.difference, test.low, test.high]
        ours = found.get(printed.dataset)
        if ours is None:
            row += [None, 0, math.nan, math.nan, math.nan]
        else:
            seeds = min(ours.n_adaptive, ours.n_ordinary)
            size = f"{ours.kernel_size}×{ours.kernel_size}"
            row += [size, seeds, ours.difference, ours.low, ours.high]
        rows.append([*row, direction(row[-2], row[-1], test.difference).value])
    return pd.DataFrame(rows, columns=COLUMNS)


def segmentation(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Puts the comparisons of the U-Net beside those of runs.

    Args:
        runs: Table of ``analysis.arms.scored_runs``, of one data set; may be empty.
        confidence: Confidence of the intervals.

    Returns:
        As ``classification``, a row for each ordinary network; ``comparison`` is its
        name. The paper's difference from 3×3 is positive, but it claims no more than
        that.
    """
    study = get_study("unet")
    (adaptive,) = [arm for arm in study.arms if arm[0] == "adaptive"]
    others = [arm for arm in study.arms if arm != adaptive]
    gaps = {}
    if len(runs):
        table = arm_differences(
            runs, adaptive, others, ["peak"], confidence=confidence
        ).dropna(subset=["low"])
        gaps = {row.against: row for row in table.itertuples()}
    rows = []
    for arm in others:
        test = t_test(_printed(adaptive), _printed(arm), confidence=confidence)
        row = ["U-Net", f"against {arm_name(arm)}"]
        row += [100 * test.difference, 100 * test.low, 100 * test.high]
        ours = gaps.get(arm_name(arm))
        if ours is None:
            row += [None, 0, math.nan, math.nan, math.nan]
        else:
            row += [f"{adaptive[1]}×{adaptive[1]}", int(min(ours.n_a, ours.n_b))]
            row += [100 * ours.difference, 100 * ours.low, 100 * ours.high]
        rows.append([*row, direction(row[-2], row[-1], test.difference).value])
    return pd.DataFrame(rows, columns=COLUMNS)


def _printed(arm: tuple[str, int]) -> Summary:
    kind, size = arm
    stem = f"unet.oxford_pets.{kind}.{size}x{size}"
    mean, std = (
        number(f"{stem}.{quantity}").as_fraction().value for quantity in ("mean", "std")
    )
    return Summary(mean, std, number("unet.repeats").value)
