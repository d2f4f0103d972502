"""What times say: medians, ratios round by round, and their intervals (Section 4.5)."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from aconv.companion.stats import Verdict, within

_RESAMPLES = 2000
_SEED = 31


def summary(
    times: pd.DataFrame, by: str | Sequence[str], confidence: float = 0.95
) -> pd.DataFrame:
    """Return median, quartiles and interval of times.

    Args:
        times: Columns ``milliseconds`` and those of ``by``.
        by: Columns that tell apart what is summarised.
        confidence: Of the interval, between 0 and 1.

    Returns:
        One row per group, with the columns of ``by``, then, in milliseconds,
        ``median``, ``lower_quartile``, ``upper_quartile``, and ``low`` and ``high``,
        the ends of the percentile bootstrap interval of the median.
    """
    _check_confidence(confidence)
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
    """Compare one kind with another, round by round.

    Args:
        times: Columns ``kind``, ``round``, ``milliseconds`` and that of ``by``.
        kind: The kind in question.
        base: The kind that it is compared with.
        by: Column that tells the comparisons apart.
        how: ``"ratio"``: time of ``kind`` over time of ``base``. ``"difference"``: time
            of ``kind`` minus time of ``base``, in milliseconds.
        confidence: Of the interval, between 0 and 1.

    Returns:
        A row for each value of ``by``: this value, the median milliseconds of the two
        kinds, in columns of their names, and the columns of ``summary`` for the ratio
        or difference.

    Raises:
        ValueError: If a kind has no times, or an argument is not as above.
    """
    if how not in ("ratio", "difference"):
        raise ValueError(f'`how` must be "ratio" or "difference". Received: {how!r}')
    known = sorted(times["kind"].unique())
    for name, value in (("kind", kind), ("base", base)):
        if value not in known:
            raise ValueError(f"`{name}` must be one of {known}. Received: {value!r}")
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
    same amount, the share is 1; if it stays the same, 0.

    Args:
        times: As in ``compare``.
        kind: The kind in question.
        base: The kind that it is compared with.
        by: Column of numbers.
        confidence: Of the interval, between 0 and 1.

    Returns:
        The share, and the ends of its percentile bootstrap interval, in which rounds
        are drawn anew.

    Raises:
        ValueError: If ``by`` has less than two values, or ``confidence`` is not as
            above.
    """
    _check_confidence(confidence)
    values = np.unique(times[by])
    if len(values) < 2:
        raise ValueError(
            f"`times` must have at least two values of {by!r}. Received: {values}"
        )
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


def described(rows: pd.DataFrame, claimed: tuple[float, float]) -> list[str]:
    """Return the verdict of each row, with the side on which it lies outside.

    Example:
        >>> rows = pd.DataFrame({"low": [1.4], "high": [1.5]})
        >>> described(rows, (1.15, 1.35))
        ['points the other way (higher)']
    """
    texts = []
    for low, high in zip(rows["low"], rows["high"], strict=True):
        verdict = within(low, high, claimed)
        side = " (lower)" if high < claimed[0] else " (higher)"
        texts.append(verdict.value + side * (verdict is Verdict.OTHER_WAY))
    return texts


def span(rows: pd.DataFrame, low: str = "low", high: str = "high") -> list[str]:
    """Return the ends of an interval of each row as text, with two decimals.

    Example:
        >>> span(pd.DataFrame({"low": [1.0], "high": [1.254]}))
        ['1.00 to 1.25']
    """
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


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(
            f"`confidence` must be between 0 and 1. Received: {confidence!r}"
        )
