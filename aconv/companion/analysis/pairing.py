"""Comparisons of runs seed by seed.

Verdicts are by Welch's test of independent samples, which was decided before the runs.
Runs of two arms with one seed share images, order and augmentation, and on the faces
also the test images, which each seed draws; as far as their accuracies go together, an
interval of the differences of equal seeds is the narrower one.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.stats

from aconv.companion.analysis.accuracy import CELL, Selection, compare, select
from aconv.companion.stats import mean_interval

# Two pairs always lie on a line.
_FEWEST = 3


def pairing(
    runs: pd.DataFrame,
    comparisons: Mapping[str, tuple[Selection, Selection]],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare arms as independent samples and seed by seed."""
    rows = []
    for name, arms in comparisons.items():
        peaks = [
            select(runs, arm).set_index([*CELL, "seed"])["peak"].rename(place)
            for place, arm in enumerate(arms)
        ]
        both = pd.concat(peaks, axis=1, join="inner").reset_index()
        for cell, pairs in both.groupby(list(CELL), sort=False):
            if len(pairs) < _FEWEST:
                continue
            known = dict(zip(CELL, cell, strict=True))
            of_cell = select(runs, known)
            same_seeds = of_cell[of_cell["seed"].isin(pairs["seed"])]
            (welch,) = compare(same_seeds, *arms, confidence=confidence).itertuples()
            first, second = 100 * pairs[0], 100 * pairs[1]
            low, high = mean_interval(first - second, confidence)
            vary = np.ptp(first) > 0 and np.ptp(second) > 0
            rows.append(
                {"comparison": name}
                | known
                | {
                    "n": len(pairs),
                    "correlation": scipy.stats.pearsonr(first, second).statistic
                    if vary
                    else np.nan,
                    "difference": welch.difference,
                    "low": welch.low,
                    "high": welch.high,
                    "paired_low": low,
                    "paired_high": high,
                }
            )
    columns = ["comparison", *CELL, "n", "correlation", "difference", "low", "high"]
    table = pd.DataFrame(rows, columns=[*columns, "paired_low", "paired_high"])
    order = {"share": False, "dataset": True, "kernel_size": True}
    return table.sort_values(
        list(order), ascending=list(order.values()), kind="stable", ignore_index=True
    )
