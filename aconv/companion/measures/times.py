"""Times taken in turn, their medians, ratios round by round, and intervals."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from aconv.companion.stats import Verdict, interval_in_range

_RESAMPLES = 2000
_SEED = 31


def time_in_turn(
    calls: Mapping[Hashable, Callable[[], Any]],
    rounds: int,
    *,
    warm_up: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[Hashable, np.ndarray]:
    """Time several functions in turn, each once a round; return seconds by name.

    They must return when their work is done, on an accelerator too. The order is turned
    and reversed from round to round, so that none is always first or always after the
    same other one.
    """
    names = list(calls)
    for _ in range(warm_up):
        for name in names:
            calls[name]()
    seconds = {name: np.empty(rounds) for name in names}
    for turn in range(rounds):
        first = turn // 2 % len(names)
        order = names[first:] + names[:first]
        for name in order if turn % 2 else reversed(order):
            start = clock()
            calls[name]()
            seconds[name][turn] = clock() - start
    return seconds


def summary(
    times: pd.DataFrame, by: str | Sequence[str], confidence: float = 0.95
) -> pd.DataFrame:
    """Return median, with its interval, and quartiles of ``milliseconds`` by group."""
    by = [by] if isinstance(by, str) else list(by)
    rows = []
    for group, values in times.groupby(by)["milliseconds"]:
        sample = values.to_numpy()
        lower, median, upper = np.quantile(sample, [0.25, 0.5, 0.75])
        interval = _interval([sample], np.median, confidence)
        rows.append((*group, median, lower, upper, *interval))
    names = ["median", "lower_quartile", "upper_quartile", "low", "high"]
    return pd.DataFrame(rows, columns=[*by, *names])


def compare(
    times: pd.DataFrame,
    kind: str,
    base: str,
    by: str,
    how: Literal["ratio", "difference"] = "ratio",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare one kind with another, round by round: over it, or minus it.

    Times have the columns ``kind``, ``round``, ``milliseconds`` and that of ``by``. A
    row for each value of ``by``, with the median milliseconds of either kind, in
    columns of their names, and what ``summary`` returns of the ratio or the difference.
    """
    wide = times.pivot(index=[by, "round"], columns="kind", values="milliseconds")
    wide = wide[[kind, base]].dropna()
    paired = wide[kind] / wide[base] if how == "ratio" else wide[kind] - wide[base]
    medians = wide.groupby(level=by).median().reset_index()
    compared = paired.rename("milliseconds").reset_index()
    return medians.merge(summary(compared, by, confidence), on=by)


def share_of_growth(
    times: pd.DataFrame,
    kind: str,
    base: str,
    by: str,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """How far the extra time of a kind grows with something, as the base's time does.

    From the smallest to the largest value of ``by`` the median time of ``base`` grows
    by some amount. If the extra time of ``kind``, the median difference, grows by the
    same amount, the share is 1; if it stays the same, 0. Its interval comes with it.
    """
    values = np.unique(times[by])
    wide = times.pivot(index=[by, "round"], columns="kind", values="milliseconds")
    pairs = [wide.loc[values[end], [kind, base]].to_numpy().T for end in (0, -1)]

    def share(*rounds: np.ndarray, axis: int = -1) -> np.ndarray:
        extra, whole = [], []
        for (of_kind, of_base), drawn in zip(pairs, rounds, strict=True):
            extra.append(np.median((of_kind - of_base)[drawn], axis=axis))
            whole.append(np.median(of_base[drawn], axis=axis))
        return (extra[1] - extra[0]) / (whole[1] - whole[0])

    rounds = [np.arange(pair.shape[1]) for pair in pairs]
    return float(share(*rounds)), *_interval(rounds, share, confidence)


def verdict_words(rows: pd.DataFrame, claimed: tuple[float, float]) -> list[str]:
    """Return the verdict of each row, with the side on which it lies outside."""
    texts = []
    for low, high in zip(rows["low"], rows["high"], strict=True):
        verdict = interval_in_range(low, high, claimed)
        side = " (lower)" if high < claimed[0] else " (higher)"
        texts.append(verdict.value + side * (verdict is Verdict.OTHER_WAY))
    return texts


def interval_words(
    rows: pd.DataFrame, low: str = "low", high: str = "high"
) -> list[str]:
    """Return the ends of an interval of each row as text, with two decimals."""
    return [f"{a:z.2f} to {b:z.2f}" for a, b in zip(rows[low], rows[high], strict=True)]


def _interval(
    samples: list[np.ndarray], statistic: Callable[..., Any], confidence: float
) -> tuple[float, float]:
    """Percentile bootstrap interval; a single round gives no interval but a point."""
    if len(samples[0]) == 1:
        point = float(statistic(*samples))
        return point, point
    result = stats.bootstrap(
        samples,
        statistic,
        n_resamples=_RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=_SEED,
    )
    return tuple(map(float, result.confidence_interval))
