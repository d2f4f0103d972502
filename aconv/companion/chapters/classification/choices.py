"""The effect of choosing the kernel size and the epoch on the test split.

Curves come as tables of ``analysis.frames.curves_frame``. Accuracies are in percent and
differences in percentage points; a difference is adaptive minus ordinary.
"""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY
from aconv.companion.stats import selection

_PLATEAU = 3  # epochs


def choice_effects(curves: pd.DataFrame) -> pd.DataFrame:
    """Compare both kinds as ``selection_table``, on each data set."""
    tables = []
    for dataset, a, b, sizes in _complete(curves):
        table = selection.selection_table(a, b, sizes)
        same = table.duplicated(["epoch", "kernel_sizes"], keep=False)
        table.loc[same, "size"] = "either"
        table = table.drop_duplicates(["epoch", "kernel_sizes"])
        table.insert(0, "dataset", dataset)
        table.insert(1, "n", a.shape[1])
        tables.append(table)
    if not tables:
        return pd.DataFrame(columns=["dataset", "n", "epoch", "size"])
    return pd.concat(tables, ignore_index=True)


def choice_tests(curves: pd.DataFrame, *, repeats: int = 10_000) -> pd.DataFrame:
    """Test the comparison with the choices counted in, and measure their optimism.

    Equal arms with the spread of these runs are simulated, the best epoch one of the
    last three. An arm's mean curve is taken out first: it need not be level.
    """
    rows = []
    for dataset, a, b, sizes in _complete(curves):
        both, n = np.stack([a, b]), a.shape[1]
        above_last = float(np.mean(both.max(axis=-1) - both[..., -1]))
        p = selection.permutation_p(
            a.max(axis=-1), b.max(axis=-1), permutations=repeats
        )
        optimism = rejection_rate = math.nan
        last = min(_PLATEAU, both.shape[-1])
        if last >= 2:
            means, run_stds, epoch_stds = np.swapaxes(
                [selection.plateau_spread(_detrended(arm), last) for arm in both], 0, 1
            )
            # Equal arms have one noise: the variance of both together.
            epoch_std = np.sqrt(np.mean(epoch_stds**2, axis=0))
            if ((run_stds > 0) | (epoch_std > 0)).all():
                options = {"runs": n, "epochs": last, "simulations": repeats}
                rejection_rate, optimism = selection.simulate_null(
                    means.mean(axis=0), run_stds, epoch_std=epoch_std, **options
                )
        found = above_last, p, optimism, rejection_rate
        rows.append((dataset, n, tuple(sizes), *found))
    names = ["above_last", "p_permutation", "optimism", "rejection_rate"]
    return pd.DataFrame(rows, columns=["dataset", "n", "sizes", *names])


def _detrended(curves: np.ndarray) -> np.ndarray:
    """Subtract the mean curve of each kernel size from its runs, but not its level.

    What is left of n runs is stretched, because their mean curve follows them.
    """
    mean = curves.mean(axis=1, keepdims=True)
    runs = curves.shape[1]
    level = mean.mean(axis=-1, keepdims=True)
    return level + (curves - mean) * math.sqrt(runs / (runs - 1))


def _complete(
    curves: pd.DataFrame,
) -> Iterator[tuple[str, np.ndarray, np.ndarray, list[int]]]:
    """Curves in percent of the seeds that both kinds have at every size."""
    for dataset, rows in curves.groupby("dataset", sort=False):
        arms = [accuracy.select(rows, arm) for arm in (ADAPTIVE, ORDINARY)]
        for arm in arms:
            by_size = arm.groupby("kernel_size")
            accuracy.check_not_pooled(of_size for _, of_size in by_size)
        kinds = pd.concat(arms).groupby(["kernel_size", "seed"])["arm"].nunique()
        # Seeds that both kinds have, of the sizes that have two of them.
        shared = (kinds == 2).unstack(fill_value=False)
        shared = shared[shared.sum(axis=1) >= 2]
        sizes, seeds = shared.index.tolist(), shared.columns[shared.all()]
        if not sizes or len(seeds) < 2:
            continue
        keys = ["kernel_size", "seed", "epoch"]
        used = (
            arm[arm["kernel_size"].isin(sizes) & arm["seed"].isin(seeds)]
            for arm in arms
        )
        a, b = (100 * selection.stack(arm, "val_accuracy", keys) for arm in used)
        yield dataset, a, b, sizes
