"""The comparisons of Tables 2 and 3, from runs and from what the paper prints.

Runs come as the data frames of ``analysis.frames``, live ones and recorded ones alike,
any number of seeds an arm. The paper's procedure is kept: the score of a run is its
best test accuracy of all epochs, and the arms are compared at the kernel size of the
highest single score. What a reader needs to judge it is added by ``stats``.

Accuracies are in percent and differences in percentage points throughout; a difference
is adaptive less ordinary.
"""

import math
from typing import Literal

import numpy as np
import pandas as pd

from aconv.companion.paper.numbers import number
from aconv.companion.stats import (
    compare,
    permutation_p,
    plateau_spread,
    selection_table,
    simulate_null,
    stack,
    t_test,
)

# First the arm whose name the difference has its sign from.
_KINDS = ("adaptive", "ordinary")
_INTERVAL = ("difference", "low", "high", "p_welch")
_PAPER_DATASETS = ("mnist", "mnist_cluttered", "cifar10", "fashion_mnist", "lfw_faces")

PrintedTable = Literal["table2", "table3"]


def summarise_arms(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarises the peak accuracies of each arm.

    Args:
        runs: Table of ``analysis.frames.runs_frame``.

    Returns:
        One row a data set, kernel size and kind, in the order of the runs: ``profile``,
        ``dataset``, ``kernel_size``, ``kind``, ``n`` (runs), ``mean``, ``std`` (divided
        by n, as in the paper) and ``max``.

    Example:
        >>> runs = pd.DataFrame({
        ...     "profile": "quick", "dataset": "digits", "kernel_size": 3,
        ...     "kind": "adaptive", "peak": [0.5, 0.7],
        ... })
        >>> summarise_arms(runs)[["n", "mean", "max"]].round(1).values.tolist()
        [[2.0, 60.0, 70.0]]
    """
    keys = ["profile", "dataset", "kernel_size", "kind"]
    peaks = runs.assign(peak=100 * runs["peak"]).groupby(keys, sort=False)["peak"]
    table = peaks.agg(
        n="size", mean="mean", std=lambda values: values.std(ddof=0), max="max"
    )
    return table.reset_index()


def best_sizes(runs: pd.DataFrame) -> pd.Series:
    """Chooses the kernel size at which each data set's arms are compared.

    Args:
        runs: Table of ``analysis.frames.runs_frame``.

    Returns:
        By data set, the size of the highest single score of either kind, the smallest
        of several. Only sizes with at least two runs of both kinds can be chosen; a
        data set without any is left out.
    """
    counts = runs.pivot_table(
        index=["dataset", "kernel_size"],
        columns="kind",
        values="peak",
        aggfunc="count",
        fill_value=0,
        sort=False,
    ).reindex(columns=list(_KINDS), fill_value=0)
    highest = runs.groupby(["dataset", "kernel_size"])["peak"].max()
    highest = highest[counts[(counts >= 2).all(axis=1)].index].sort_index()
    sizes = {
        dataset: int(highest[dataset].idxmax())
        for dataset in dict.fromkeys(runs["dataset"])
        if dataset in highest.index.get_level_values("dataset")
    }
    return pd.Series(sizes, name="kernel_size", dtype="int64").rename_axis("dataset")


def compare_kinds(
    runs: pd.DataFrame, sizes: pd.Series | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Compares adaptive with ordinary kernels, a kernel size a data set.

    Args:
        runs: Table of ``analysis.frames.runs_frame``.
        sizes: By data set, the kernel size; ``best_sizes`` if None.
        confidence: Confidence of the interval.

    Returns:
        One row a data set: ``profile``, ``dataset``, ``kernel_size``; ``n``, ``mean``,
        ``std`` and ``max`` of each kind, as in "mean_adaptive"; ``difference``,
        ``low``, ``high`` (the interval by Welch), ``t`` and ``p`` (Student, as in the
        paper), ``p_welch``, ``p_holm`` (that of Welch, corrected for the data sets of
        this table), ``g`` (Hedges) with ``g_low`` and ``g_high``; and ``outcome``, see
        ``outcome``. No rows if there is nothing to compare.

    Raises:
        ValueError: If an arm has fewer than two runs.
    """
    sizes = best_sizes(runs) if sizes is None else sizes
    columns = ["profile", "dataset", "kernel_size"]
    pairs = {
        dataset: tuple(_peaks(runs, dataset, size, kind) for kind in _KINDS)
        for dataset, size in sizes.items()
    }
    if not pairs:
        return pd.DataFrame(columns=[*columns, *_INTERVAL, "outcome"])
    table = compare(pairs, confidence=confidence)
    table = table.rename(
        columns=lambda name: {
            "_a": f"{name[:-1]}adaptive",
            "_b": f"{name[:-1]}ordinary",
        }.get(name[-2:], name)
    ).drop(columns=["p_holm", "t_welch"])  # of the tests that are not shown
    table = table.rename(columns={"p_welch_holm": "p_holm"}).rename_axis("dataset")
    for dataset, (adaptive, ordinary) in pairs.items():
        test = t_test(adaptive, ordinary, equal_variances=False, confidence=confidence)
        table.loc[dataset, ["low", "high"]] = test.low, test.high
    table = table.reset_index()
    profiles = runs.drop_duplicates("dataset").set_index("dataset")["profile"]
    table.insert(0, "profile", table["dataset"].map(profiles))
    table.insert(2, "kernel_size", table["dataset"].map(sizes))
    table["outcome"] = [
        outcome(low, high) if math.isfinite(t) else "open"
        for low, high, t in zip(table["low"], table["high"], table["t"], strict=True)
    ]
    return table


def compare_all_sizes(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Compares adaptive with ordinary kernels at every kernel size.

    Args:
        runs: Table of ``analysis.frames.runs_frame``.
        confidence: Confidence of the interval.

    Returns:
        One row a data set and kernel size that has at least two runs of both kinds:
        ``dataset``, ``kernel_size``, ``difference``, ``low``, ``high``, ``p_welch``,
        not corrected for their number.
    """
    tables = []
    for size in sorted(set(runs["kernel_size"])):
        sizes = best_sizes(runs[runs["kernel_size"] == size])
        tables.append(compare_kinds(runs, sizes, confidence))
    columns = ["dataset", "kernel_size", *_INTERVAL]
    tables = [table[columns] for table in tables if len(table)]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)


def compare_gaps(curves: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Compares how far the kinds overfit, at every kernel size.

    The paper says that adaptive kernels are "less prone to overfitting than ordinary
    large kernels" (Section 1). Here a run's gap is its training accuracy less its test
    accuracy in the last epoch, which nothing chose. Training accuracy is that of the
    epoch as it went, with dropout and augmentation where there are any, so that a gap
    may be negative; both kinds are measured alike.

    Args:
        curves: Table of ``analysis.frames.curves_frame``.
        confidence: Confidence of the interval.

    Returns:
        One row a data set and kernel size with at least two runs of both kinds:
        ``dataset``, ``kernel_size``, ``adaptive`` and ``ordinary`` (mean gaps),
        ``difference``, ``low``, ``high`` and ``p_welch`` as in ``compare_all_sizes``.
        Negative differences mean that adaptive kernels overfit less.
    """
    keys = ["dataset", "kernel_size", "kind"]
    run = curves.groupby([*keys, "seed"], sort=False)["epoch"]
    last = curves[curves["epoch"] == run.transform("max")]
    gaps = last.assign(peak=last["accuracy"] - last["val_accuracy"])
    means = 100 * gaps.groupby(keys)["peak"].mean()
    table = compare_all_sizes(gaps, confidence)
    arms = list(zip(table["dataset"], table["kernel_size"], strict=True))
    for place, kind in enumerate(_KINDS):
        table.insert(2 + place, kind, [means[(*arm, kind)] for arm in arms])
    return table


def outcome(low: float, high: float) -> str:
    """Says in words what an interval of adaptive less ordinary shows.

    Args:
        low: Its lower end.
        high: Its upper end.

    Returns:
        "adaptive better" or "ordinary better" if it excludes zero, else "open".

    Example:
        >>> outcome(0.1, 0.4), outcome(-0.1, 0.4)
        ('adaptive better', 'open')
    """
    if low > 0:
        return "adaptive better"
    return "ordinary better" if high < 0 else "open"


def printed_results(table: PrintedTable) -> pd.DataFrame:
    """Returns the comparisons that the paper prints.

    Args:
        table: "table2" (simple network) or "table3" (ResNet).

    Returns:
        One row a data set, with the columns ``dataset``, ``kernel_size``, ``n``,
        ``mean``, ``std`` and ``max`` of each kind, ``t``, ``p`` and ``outcome`` of
        ``compare_kinds``; the outcome is by the printed p and the paper's level of
        significance.

    Raises:
        KeyError: If there is no such table.
    """
    level = number(f"{table}.significance").value
    repeats = number(f"{table}.repeats").value
    rows = []
    for dataset in _PAPER_DATASETS:
        stem = f"{table}.{dataset}"
        row = {"dataset": dataset, "kernel_size": number(f"{stem}.kernel_size").value}
        for kind in _KINDS:
            row[f"n_{kind}"] = repeats
            for quantity in ("mean", "std", "max"):
                printed = number(f"{stem}.{kind}.{quantity}").as_fraction()
                row[f"{quantity}_{kind}"] = 100 * printed.value
        row["t"], row["p"] = number(f"{stem}.t").value, number(f"{stem}.p").value
        sign = math.copysign(1.0, row["t"]) if row["p"] < level else 0.0
        rows.append(row | {"outcome": outcome(sign, sign)})
    return pd.DataFrame(rows)


def choice_effects(curves: pd.DataFrame) -> pd.DataFrame:
    """Compares the kinds with size and epoch chosen in different ways.

    Args:
        curves: Table of ``analysis.frames.curves_frame``.

    Returns:
        One row a data set and way of choosing: ``dataset``, ``n`` (runs an arm), and
        the columns of ``stats.selection_table``, accuracies in percent. Only seeds that
        every arm has are used; a data set with fewer than two is left out.
    """
    tables = []
    for dataset, adaptive, ordinary, sizes in _complete(curves):
        table = selection_table(adaptive, ordinary, sizes)
        table.insert(0, "dataset", dataset)
        table.insert(1, "n", adaptive.shape[1])
        tables.append(table)
    if not tables:
        return pd.DataFrame(columns=["dataset", "n", "epoch", "size"])
    return pd.concat(tables, ignore_index=True)


def choice_tests(
    curves: pd.DataFrame, *, plateau: int = 3, repeats: int = 10_000
) -> pd.DataFrame:
    """Tests the comparison with the choices counted in, and measures their optimism.

    Args:
        curves: Table of ``analysis.frames.curves_frame``.
        plateau: Number of last epochs that the best one is taken to be among, at least
            two; all where there are fewer. An arm's mean curve is taken out first, so
            that it need not be level.
        repeats: Number of permutations, and of simulations.

    Returns:
        One row a data set: ``dataset``, ``n`` (runs an arm), ``sizes`` (kernel sizes, a
        tuple); ``above_last``, how far the peak accuracy lies above that of the last
        epoch, mean of all runs; ``p_permutation``, by ``stats.permutation_p``;
        ``optimism`` and ``rejection_rate`` (at p < 0.05) of the procedure between equal
        arms with the spread of these runs, by ``stats.simulate_null``, NaN where
        runs have no spread. Seeds as in ``choice_effects``.
    """
    rows = []
    for dataset, adaptive, ordinary, sizes in _complete(curves):
        both = np.stack([adaptive, ordinary])
        row = {
            "dataset": dataset,
            "n": adaptive.shape[1],
            "sizes": tuple(sizes),
            "above_last": float(np.mean(both.max(axis=-1) - both[..., -1])),
            "p_permutation": permutation_p(
                adaptive.max(axis=-1), ordinary.max(axis=-1), permutations=repeats
            ),
            "optimism": math.nan,
            "rejection_rate": math.nan,
        }
        last = min(plateau, both.shape[-1])
        if last >= 2:
            spreads = [plateau_spread(_detrended(arm), last) for arm in both]
            run_std = np.stack([spread.run_std for spread in spreads])
            epoch_std = np.stack([spread.epoch_std for spread in spreads])
            if ((run_std > 0) | (epoch_std > 0)).all():
                null = simulate_null(
                    np.mean([spread.mean for spread in spreads], axis=0),
                    run_std,
                    runs=adaptive.shape[1],
                    epoch_std=epoch_std,
                    epochs=last,
                    simulations=repeats,
                )
                row["optimism"] = null.optimism
                row["rejection_rate"] = null.rejection_rate()
        rows.append(row)
    columns = ["dataset", "n", "sizes", "above_last", "p_permutation"]
    return pd.DataFrame(rows, columns=[*columns, "optimism", "rejection_rate"])


def compare_sizes(
    runs: pd.DataFrame, kind: str, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Compares the larger kernel sizes of a kind with the smallest.

    Args:
        runs: Table of ``analysis.frames.runs_frame``.
        kind: "adaptive" or "ordinary".
        confidence: Confidence of the intervals.

    Returns:
        One row a data set and larger size with at least two runs of both sizes:
        ``dataset``, ``kernel_size``, ``smallest``, and ``difference``, ``low``,
        ``high``, ``p_welch``, larger less smallest.
    """
    runs = runs[runs["kind"] == kind]
    rows = []
    for dataset, of_dataset in runs.groupby("dataset", sort=False):
        counts = of_dataset["kernel_size"].value_counts()
        smallest, *larger = sorted(counts.index) or [None]
        for size in larger:
            if min(counts[size], counts[smallest]) < 2:
                continue
            test = t_test(
                _peaks(runs, dataset, size, kind),
                _peaks(runs, dataset, smallest, kind),
                equal_variances=False,
                confidence=confidence,
            )
            rows.append(
                {
                    "dataset": dataset,
                    "kernel_size": size,
                    "smallest": smallest,
                    "difference": test.difference,
                    "low": test.low,
                    "high": test.high,
                    "p_welch": test.p,
                }
            )
    columns = ["dataset", "kernel_size", "smallest", *_INTERVAL]
    return pd.DataFrame(rows, columns=columns)


def _peaks(runs: pd.DataFrame, dataset: str, size: int, kind: str) -> np.ndarray:
    arm = runs[
        (runs["dataset"] == dataset)
        & (runs["kernel_size"] == size)
        & (runs["kind"] == kind)
    ]
    return 100 * arm["peak"].to_numpy(dtype=float)


def _detrended(curves: np.ndarray) -> np.ndarray:
    """Takes the mean curve of each kernel size out of its runs, but not its level.

    What is left of n runs is stretched, because their mean curve follows them.
    """
    mean = curves.mean(axis=1, keepdims=True)
    runs = curves.shape[1]
    level = mean.mean(axis=-1, keepdims=True)
    return level + (curves - mean) * math.sqrt(runs / (runs - 1))


def _complete(
    curves: pd.DataFrame,
) -> list[tuple[str, np.ndarray, np.ndarray, list[int]]]:
    """Curves in percent of the seeds that every arm of a data set has.

    Returns:
        For each data set its name, the curves of the adaptive and of the ordinary arm,
        shape (kernel sizes, seeds, epochs), and the kernel sizes. Sizes without two
        seeds of both kinds do not count, data sets without two such seeds are left out.
    """
    found = []
    for dataset, rows in curves.groupby("dataset", sort=False):
        seeds: dict[int, set] = {}
        for size, of_size in rows.groupby("kernel_size"):
            of_kinds = [
                set(of_size.loc[of_size["kind"] == kind, "seed"]) for kind in _KINDS
            ]
            if len(set.intersection(*of_kinds)) >= 2:
                seeds[size] = set.intersection(*of_kinds)
        common = set.intersection(*seeds.values()) if seeds else set()
        if len(common) < 2:
            continue
        used = rows[rows["kernel_size"].isin(list(seeds)) & rows["seed"].isin(common)]
        used = used.assign(val_accuracy=100 * used["val_accuracy"])
        array, labels = stack(
            used, "val_accuracy", ["kind", "kernel_size", "seed", "epoch"]
        )
        adaptive, ordinary = (array[labels[0].index(kind)] for kind in _KINDS)
        found.append((dataset, adaptive, ordinary, labels[1]))
    return found
