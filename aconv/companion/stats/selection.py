"""What choosing the kernel size and the epoch on the test split does to a result.

The paper scores a run by its highest accuracy over the epochs on the test split, takes
the kernel size of the highest single run of either arm, and tests the two arms at this
size, on the same split (Section 4.2, Algorithm 1). Three questions follow.

- How would the comparison look had the choices been made elsewhere?
  ``selection_table``.
- How likely is so large a t if the arms do not differ, *choices included*?
  ``permutation_p``, from the runs themselves.
- How often does the procedure find p < 0.05 between equal arms, and how far above the
  accuracy at an epoch not chosen are the numbers it reports? ``simulate_null``, from
  the spread of the runs, so also from printed numbers.

None of them speaks of other test images: both arms of every run share one test split,
and only the seeds vary.

Arrays of curves have the axes (kernel sizes, runs, epochs), arrays of scores (kernel
sizes, runs). Run r of one arm need not belong to run r of the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.stats
from numpy.typing import ArrayLike

from aconv.companion.stats._check import finite_array, open_unit, whole_number
from aconv.companion.stats.comparison import t_test, two_tailed_p


@dataclass(frozen=True)
class Spread:
    """How the accuracy of equal runs varies once it has levelled off.

    Attributes:
        mean: Mean accuracy, shape (kernel sizes,).
        run_std: Standard deviation between the levels of runs, shape (kernel sizes,).
        epoch_std: Standard deviation between epochs of a run, shape (kernel sizes,).
    """

    mean: np.ndarray
    run_std: np.ndarray
    epoch_std: np.ndarray


@dataclass(frozen=True)
class NullDistribution:
    """What the paper's procedure reports between two arms that do not differ.

    Attributes:
        p: P-value at the chosen kernel size in each simulation, sorted, read-only.
        optimism: Mean of the reported accuracies (mean over runs, both arms) less the
            mean accuracy of that size at an epoch that was not chosen.
    """

    p: np.ndarray = field(repr=False)
    optimism: float

    def rejection_rate(self, alpha: float = 0.05) -> float:
        """Return how often the procedure reports p < alpha.

        Args:
            alpha: Significance level, in (0, 1).

        Returns:
            The share of simulations; ``alpha`` itself is what a test promises.
        """
        return float(np.mean(self.p < open_unit("alpha", alpha)))


def selection_table(
    a: ArrayLike, b: ArrayLike, kernel_sizes: Sequence[int]
) -> pd.DataFrame:
    """Compare two arms with the kernel size and the epoch chosen in different ways.

    The epoch of a run is its best on the test split (the paper's), or its last, which
    nothing chose. The kernel size is that of the highest single score of either arm
    (the paper's), or for each run that of the highest score among the *other* runs, so
    that a lucky run cannot choose the size it is compared at.

    Args:
        a: Accuracy curves of the first arm, shape (kernel sizes, runs, epochs), at
            least 2 runs.
        b: Accuracy curves of the second arm, same kernel sizes and runs.
        kernel_sizes: The kernel sizes in the order of the first axis.

    Returns:
        One row per way of choosing, with ``epoch`` ("best" or "last"), ``size``
        ("highest run" or "other runs"), ``kernel_sizes`` (the sizes chosen, ascending),
        ``mean_a``, ``mean_b``, ``difference``, ``low``, ``high`` (95 % confidence),
        ``t`` and ``p`` of Student's test.

    Raises:
        ValueError: If shapes do not fit, there are fewer than two runs, or an accuracy
            is not finite.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> curves = rng.normal(0.9, 0.01, size=(2, 4, 5, 20))
        >>> table = selection_table(curves[0], curves[1], kernel_sizes=[3, 5, 7, 9])
        >>> table[["epoch", "size"]].values.tolist()[:2]
        [['best', 'highest run'], ['best', 'other runs']]
    """
    a, b = _two_arms(a, b, ndim=3, axes="(kernel sizes, runs, epochs)")
    kernel_sizes = list(kernel_sizes)
    if len(kernel_sizes) != a.shape[0] or len(set(kernel_sizes)) != len(kernel_sizes):
        raise ValueError(
            f"`kernel_sizes` must name each of the {a.shape[0]} kernel sizes once. "
            f"Received: {kernel_sizes}"
        )

    def row(epoch: str, size: str, at: np.ndarray, scores: list) -> dict:
        runs = np.arange(at.size)
        test = t_test(*(arm[at, runs] for arm in scores))
        return {
            "epoch": epoch,
            "size": size,
            "kernel_sizes": tuple(sorted({kernel_sizes[i] for i in at})),
            "mean_a": scores[0][at, runs].mean(),
            "mean_b": scores[1][at, runs].mean(),
            "difference": test.difference,
            "low": test.low,
            "high": test.high,
            "t": test.t,
            "p": test.p,
        }

    rows = []
    for epoch, scores in (
        ("best", [arm.max(axis=-1) for arm in (a, b)]),
        ("last", [arm[..., -1] for arm in (a, b)]),
    ):
        at = np.repeat(_chosen_size(*scores), a.shape[1])
        rows.append(row(epoch, "highest run", at, scores))
        rows.append(row(epoch, "other runs", _chosen_by_other_runs(*scores), scores))
    return pd.DataFrame(rows)


def permutation_p(
    a: ArrayLike, b: ArrayLike, *, permutations: int = 10_000, seed: int = 0
) -> float:
    """Tests whether two arms differ, with the choice of the kernel size counted in.

    If the arms do not differ, every way of dealing the runs of a kernel size to the two
    arms is equally likely. Each deal goes through the whole procedure: the size of the
    highest score, then Student's t at this size. The p-value is the share of deals
    whose |t| is at least the observed one, the observed deal among them. It needs no
    normal scores and is exact up to the random choice of deals.

    Args:
        a: Scores of the first arm, shape (kernel sizes, runs), at least 2 runs. For the
            paper's procedure, the highest accuracy of each run.
        b: Scores of the second arm, same shape.
        permutations: Number of random deals.
        seed: Seed of the deals.

    Returns:
        The p-value, at least 1 / (permutations + 1).

    Raises:
        ValueError: If the shapes differ, a score is not finite, there are fewer than
            two runs, or ``permutations`` is not positive.

    Example:
        >>> permutation_p([[5.0, 6.0, 7.0, 8.0]], [[1.0, 2.0, 3.0, 4.0]]) < 0.05
        True
    """
    a, b = _two_arms(a, b, ndim=2, axes="(kernel sizes, runs)")
    permutations = whole_number("permutations", permutations, minimum=1)
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


def plateau_spread(curves: ArrayLike, last: int) -> Spread:
    """Measure the spread of runs over their last epochs.

    The variance between the levels of runs is that of their means over the window less
    what the epochs alone contribute to it, and not below 0. Epochs are taken as
    independent; where neighbours are alike, the spread between epochs is understated.

    Args:
        curves: Accuracy curves of one arm, shape (kernel sizes, runs, epochs), at least
            2 runs.
        last: Number of last epochs to use, at least 2: those where the accuracy no
            longer rises.

    Returns:
        The mean and the two spreads, ready for ``simulate_null``.

    Raises:
        ValueError: If there are fewer than two runs or ``last`` epochs, or an accuracy
            is not finite.

    Example:
        >>> curves = np.random.default_rng(0).normal(0.9, 0.01, size=(4, 5, 100))
        >>> plateau_spread(curves, last=50).epoch_std.round(2).tolist()
        [0.01, 0.01, 0.01, 0.01]
    """
    curves = finite_array("curves", curves, ndim=3)
    _at_least_two_runs("curves", curves)
    last = whole_number("last", last, minimum=2)
    if last > curves.shape[-1]:
        raise ValueError(
            f"`last` must be at most the number of epochs, {curves.shape[-1]}. "
            f"Received: {last}"
        )
    window = curves[..., -last:]
    levels = window.mean(axis=-1)
    within = window.var(axis=-1, ddof=1).mean(axis=-1)
    between = np.maximum(levels.var(axis=-1, ddof=1) - within / last, 0)
    return Spread(
        mean=levels.mean(axis=-1), run_std=np.sqrt(between), epoch_std=np.sqrt(within)
    )


def simulate_null(
    mean: ArrayLike,
    run_std: ArrayLike,
    *,
    runs: int = 5,
    epoch_std: ArrayLike = 0.0,
    epochs: int = 1,
    simulations: int = 10_000,
    seed: int = 0,
) -> NullDistribution:
    """Simulate the paper's procedure between two arms that do not differ.

    The accuracy of a run at an epoch is normal: the mean of its kernel size, plus a
    level of the run, plus noise of the epoch. The score of a run is its best epoch; the
    size is chosen over both arms; Student's test compares the arms at this size.
    Choosing by the highest single score costs the test little: the same lucky run
    raises the difference and the spread it is divided by. The reported accuracies are
    too high all the same.

    The noise of the epochs is that of both arms together. With a noise of their own the
    arms would not be equal: the best of several epochs is higher where they vary more.

    Args:
        mean: Mean accuracy of each kernel size, shape (kernel sizes,), the same in both
            arms. Equal means leave the choice to chance and are the worst case.
        run_std: Standard deviation between runs, a scalar, shape (kernel sizes,), or
            (2, kernel sizes) if the arms spread differently.
        runs: Runs of each arm and size, at least 2.
        epoch_std: Standard deviation between epochs, a scalar or shape (kernel sizes,).
            Leave at 0 if ``run_std`` is the spread of best accuracies, as in the
            paper's tables.
        epochs: Number of epochs among which the best is chosen.
        simulations: Number of simulated comparisons.
        seed: Seed of the simulation.

    Returns:
        The distribution of the reported p-values and the optimism of the accuracies.

    Raises:
        ValueError: If a spread is negative or none is positive, a shape does not fit,
            or a count is out of range.

    Example:
        >>> null = simulate_null(mean=[0.9] * 4, run_std=0.002, simulations=20_000)
        >>> 0.04 < null.rejection_rate() < 0.06
        True
        >>> null.optimism > 0.0002
        True
    """
    mean = finite_array("mean", mean, ndim=1)
    runs = whole_number("runs", runs, minimum=2)
    epochs = whole_number("epochs", epochs, minimum=1)
    simulations = whole_number("simulations", simulations, minimum=1)
    sizes = (mean.size,)
    run_std = _spreads("run_std", run_std, [(), sizes, (2, *sizes)])
    epoch_std = _spreads("epoch_std", epoch_std, [(), sizes])
    run_std = np.broadcast_to(run_std, (2, *sizes))
    epoch_std = np.broadcast_to(epoch_std, sizes)
    if not ((run_std > 0) | (epoch_std > 0)).all():
        raise ValueError(
            "`run_std` or `epoch_std` must be positive for every kernel size: scores "
            f"without spread have no t-test. Received: run_std {run_std.tolist()}, "
            f"epoch_std {epoch_std.tolist()}"
        )
    rng = np.random.default_rng(seed)
    shape = (simulations, 2, mean.size, runs)
    scores = mean[:, None] + run_std[..., None] * rng.standard_normal(shape)
    if epoch_std.any():
        # The largest of E independent normals, drawn in one step: it is below x with
        # probability Φ(x)^E. The survival function keeps its precision near 1.
        tail = -np.expm1(np.log1p(-rng.random(shape)) / epochs)
        scores += epoch_std[..., None] * scipy.stats.norm.isf(tail)
    a, b = scores[:, 0], scores[:, 1]
    chosen = _chosen_size(a, b)
    p = np.sort(two_tailed_p(np.atleast_1d(_t_at(a, b, chosen)), 2 * runs - 2))
    p.flags.writeable = False
    reported = scores[np.arange(simulations), :, chosen].mean(axis=(1, 2))
    return NullDistribution(p=p, optimism=float(np.mean(reported - mean[chosen])))


def stack(
    frame: pd.DataFrame, value: str, axes: Sequence[str]
) -> tuple[np.ndarray, list[list]]:
    """Turn a tidy data frame into an array with one axis per column.

    Args:
        frame: One row per value, for instance the accuracy of one arm, kernel size, run
            and epoch.
        value: Column of the values.
        axes: Columns that become the axes, in order.

    Returns:
        The array, and for each axis its labels in ascending order.

    Raises:
        ValueError: If a column is not there, a combination of labels occurs twice, or
            one is missing, with the first that is.

    Example:
        >>> frame = pd.DataFrame({"size": [3, 5], "seed": [1, 1], "score": [0.8, 0.9]})
        >>> array, labels = stack(frame, "score", ["size", "seed"])
        >>> array.tolist(), labels
        ([[0.8], [0.9]], [[3, 5], [1]])
    """
    axes = list(axes)
    absent = [name for name in (value, *axes) if name not in frame.columns]
    if absent or not axes:
        raise ValueError(
            f"`value` and `axes` must name columns of `frame`, {list(frame.columns)}. "
            f"Received: value {value!r}, axes {axes}"
        )
    repeated = frame.duplicated(axes)
    if repeated.any():
        first = _plain(frame.loc[repeated, axes].iloc[0])
        raise ValueError(
            f"`frame` must have one row for each {axes}. "
            f"Received: more than one for {first}"
        )
    labels = [sorted(frame[name].unique().tolist()) for name in axes]
    wanted = pd.MultiIndex.from_product(labels, names=axes)
    cells = pd.Series(
        frame[value].to_numpy(dtype=float),
        index=pd.MultiIndex.from_frame(frame[axes]),
    )
    missing = wanted.difference(cells.index)
    if len(missing):
        raise ValueError(
            f"`frame` must have a row for every combination of {axes}. Received: "
            f"{len(missing)} missing, the first {_plain(missing[0])}"
        )
    array = cells.reindex(wanted).to_numpy()
    return array.reshape([len(names) for names in labels]), labels


def _plain(labels: Iterable) -> tuple:
    """Labels as Python values, so that a message shows 5 and not np.int64(5)."""
    return tuple(np.asarray(label).item() for label in labels)


def _chosen_size(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Index of the kernel size of the highest score of either arm, shape (...)."""
    return np.maximum(a.max(axis=-1), b.max(axis=-1)).argmax(axis=-1)


def _chosen_by_other_runs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """For each run the index of the size that all other runs choose, shape (runs,)."""
    return np.array(
        [
            _chosen_size(np.delete(a, run, axis=-1), np.delete(b, run, axis=-1))
            for run in range(a.shape[-1])
        ]
    )


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


def _two_arms(
    a: ArrayLike, b: ArrayLike, ndim: int, axes: str
) -> tuple[np.ndarray, np.ndarray]:
    a, b = finite_array("a", a, ndim), finite_array("b", b, ndim)
    if a.shape[:2] != b.shape[:2]:
        raise ValueError(
            f"`a` and `b` must have the same kernel sizes and runs, axes {axes}. "
            f"Received: shapes {a.shape} and {b.shape}"
        )
    _at_least_two_runs("a", a)
    return a, b


def _at_least_two_runs(name: str, array: np.ndarray) -> None:
    if array.shape[1] < 2:
        raise ValueError(
            f"`{name}` must hold at least 2 runs (second axis). "
            f"Received: shape {array.shape}"
        )


def _spreads(name: str, spread: ArrayLike, shapes: Sequence[tuple]) -> np.ndarray:
    """Return a standard deviation as an array of one of some shapes."""
    array = np.asarray(spread, dtype=float)
    if array.shape not in shapes:
        raise ValueError(
            f"`{name}` must be a number or have a shape among {shapes[1:]}. "
            f"Received: shape {array.shape}"
        )
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(
            f"`{name}` must be finite and not negative. Received: {array.tolist()}"
        )
    return array
