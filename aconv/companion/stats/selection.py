"""What choosing the kernel size and the epoch on the test split does to a result.

The paper scores a run by its highest accuracy over the epochs on the test split, takes
the kernel size of the highest single run of either arm, and tests the two arms at this
size, on the same split (Section 4.2, Algorithm 1). Nothing here speaks of other test
images: both arms of every run share one test split, and only the seeds vary.

Arrays of curves have the axes (kernel sizes, runs, epochs), arrays of scores (kernel
sizes, runs), both with two runs or more. Run r of one arm need not belong to run r of
the other.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.special
from numpy.typing import ArrayLike

from aconv.companion.stats.comparison import t_test, two_tailed_p


def selection_table(
    a: np.ndarray, b: np.ndarray, kernel_sizes: Sequence[int]
) -> pd.DataFrame:
    """Compare the curves of two arms with size and epoch chosen in different ways.

    The ``epoch`` of a run is its "best" on the test split (the paper's), or its "last",
    which nothing chose. The ``size`` is that of the "highest run" of either arm (the
    paper's), or for each run that of the highest score among the "other runs", so that
    a lucky run cannot choose the size it is compared at.
    """
    of_test = ("difference", "low", "high", "t", "p")
    runs = np.arange(a.shape[1])
    rows = []
    for epoch, arms in (
        ("best", [arm.max(axis=-1) for arm in (a, b)]),
        ("last", [arm[..., -1] for arm in (a, b)]),
    ):
        for size, at in (
            ("highest run", np.repeat(_chosen_size(*arms), runs.size)),
            ("other runs", _chosen_by_other_runs(*arms)),
        ):
            scores = [arm[at, runs] for arm in arms]
            test = t_test(*scores)
            rows.append(
                {
                    "epoch": epoch,
                    "size": size,
                    "kernel_sizes": tuple(sorted({kernel_sizes[i] for i in at})),
                    "mean_a": scores[0].mean(),
                    "mean_b": scores[1].mean(),
                    **{name: getattr(test, name) for name in of_test},
                }
            )
    return pd.DataFrame(rows)


def permutation_p(
    a: np.ndarray, b: np.ndarray, *, permutations: int = 10_000, seed: int = 0
) -> float:
    """Test whether the scores of two arms differ, the choice of the size counted in.

    If the arms do not differ, every way of dealing the runs of a kernel size to the two
    arms is equally likely. Each deal goes through the whole procedure: the size of the
    highest score, then Student's t at this size. The p-value is the share of deals
    whose |t| is at least the observed one, the observed deal among them. It needs no
    normal scores and is exact up to the random choice of deals.
    """
    rng = np.random.default_rng(seed)
    runs = a.shape[1]
    pooled = np.concatenate([a, b], axis=1)
    deals = np.broadcast_to(pooled, (permutations, *pooled.shape))
    deals = rng.permuted(deals, axis=-1)
    observed = abs(_t_at(a, b, _chosen_size(a, b)))
    dealt_a, dealt_b = deals[..., :runs], deals[..., runs:]
    dealt = np.abs(_t_at(dealt_a, dealt_b, _chosen_size(dealt_a, dealt_b)))
    # A deal that repeats the observed one may differ from it in the last bits.
    as_extreme = np.sum(dealt >= observed * (1 - 1e-9))
    return (1 + int(as_extreme)) / (1 + permutations)


def plateau_spread(
    curves: np.ndarray, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measure how one arm's runs vary over the last epochs, two or more.

    By kernel size: the mean, and the standard deviations between the levels of runs and
    between epochs of a run. The variance between levels is that of their means over the
    window minus what the epochs alone contribute to it, and not below 0. Epochs are
    taken as independent; where neighbours are alike, their spread is understated.
    """
    window = curves[..., -last:]
    levels = window.mean(axis=-1)
    within = window.var(axis=-1, ddof=1).mean(axis=-1)
    between = np.maximum(levels.var(axis=-1, ddof=1) - within / last, 0)
    return levels.mean(axis=-1), np.sqrt(between), np.sqrt(within)


def simulate_null(
    mean: ArrayLike,
    run_std: ArrayLike,
    *,
    runs: int = 5,
    epoch_std: ArrayLike = 0.0,
    epochs: int = 1,
    simulations: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Simulate the paper's procedure between two arms that do not differ.

    Return how often it reports p < 0.05, and its optimism: the mean of the reported
    accuracies minus the mean accuracy of the chosen size at an epoch that was not
    chosen. The latter is too high even where the former is not: the same lucky run
    raises the difference and the spread it is divided by.

    The accuracy of a run at an epoch is normal: the ``mean`` of its kernel size, plus a
    level of the run, plus noise of the epoch. Equal means leave the choice to chance
    and are the worst case.

    ``run_std`` is a scalar or has the shape (kernel sizes,), or (2, kernel sizes) if
    the arms spread differently. ``epoch_std`` is 0 if ``run_std`` is the spread of best
    accuracies, as in the paper's tables. It is one for both arms: with a noise of their
    own they would not be equal, as the best of several epochs is higher where they vary
    more. One of the two must be positive at every size.
    """
    mean = np.asarray(mean, dtype=float)
    run_std = np.broadcast_to(run_std, (2, mean.size))
    epoch_std = np.broadcast_to(epoch_std, mean.shape)
    rng = np.random.default_rng(seed)
    shape = (simulations, 2, mean.size, runs)
    scores = mean[:, None] + run_std[..., None] * rng.standard_normal(shape)
    if epoch_std.any():
        # The largest of E independent normals, drawn in one step: it is below x with
        # probability Φ(x)^E. The survival function keeps its precision near 1.
        tail = -np.expm1(np.log1p(-rng.random(shape)) / epochs)
        scores -= epoch_std[..., None] * scipy.special.ndtri(tail)
    a, b = scores[:, 0], scores[:, 1]
    chosen = _chosen_size(a, b)
    reported = scores[np.arange(simulations), :, chosen].mean(axis=(1, 2))
    p = two_tailed_p(_t_at(a, b, chosen), 2 * runs - 2)
    return float(np.mean(p < 0.05)), float(np.mean(reported - mean[chosen]))


def stack(frame: pd.DataFrame, value: str, axes: Sequence[str]) -> np.ndarray:
    """Turn a tidy data frame into an array with one axis per column, labels ascending.

    ``ValueError`` where it has not one row for each combination of labels.
    """
    axes = list(axes)
    if frame.duplicated(axes).any():
        raise ValueError(f"`frame` must have one row for each {axes}, no duplicates.")
    shape = [frame[name].nunique() for name in axes]
    return frame.sort_values(axes)[value].to_numpy(dtype=float).reshape(shape)


def _chosen_size(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Index of the kernel size of the highest score of either arm, shape (...)."""
    return np.maximum(a.max(axis=-1), b.max(axis=-1)).argmax(axis=-1)


def _chosen_by_other_runs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """For each run the index of the size that all other runs choose, shape (runs,)."""
    others = ~np.eye(a.shape[-1], dtype=bool)
    return np.array([_chosen_size(a[:, kept], b[:, kept]) for kept in others])


def _t_at(a: np.ndarray, b: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Student's t of arms with equal numbers of runs, at one size each, shape (...).

    It is 0 where neither the means nor any two runs of an arm differ.
    """
    at = np.asarray(size)[..., None, None]
    a, b = (np.take_along_axis(arm, at, axis=-2)[..., 0, :] for arm in (a, b))
    difference = a.mean(axis=-1) - b.mean(axis=-1)
    variance = a.var(axis=-1, ddof=1) + b.var(axis=-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = difference / np.sqrt(variance / a.shape[-1])
    return np.nan_to_num(t, nan=0.0, posinf=np.inf, neginf=-np.inf)
