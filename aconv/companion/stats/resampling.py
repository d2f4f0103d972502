"""Intervals by resampling."""

import numpy as np
from numpy.typing import ArrayLike

from aconv.companion.stats._check import finite_array, open_unit, whole_number


def crossed_interval(
    values: ArrayLike,
    confidence: float = 0.95,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Interval of a mean over seeds and examples, by the pigeonhole bootstrap.

    Every seed is measured on the same examples, so that values share their seed or
    their example and are not independent: resampling single values, as
    ``scipy.stats.bootstrap`` does, would give too narrow an interval. Rows and columns
    are resampled instead, each on its own (Owen 2007, mildly conservative). For a
    paired comparison give differences. With one row only the columns vary.

    Args:
        values: Shape ``(seeds, examples)``.
        confidence: Share of the resampled means inside, in (0, 1).
        resamples: How often to resample, one or more.
        seed: Of the resampling.

    Returns:
        Lowest and highest mean that is inside.

    Raises:
        ValueError: If an argument is not as above.

    Example:
        >>> low, high = crossed_interval(np.full((3, 10), 2.0))
        >>> round(low, 6), round(high, 6)
        (2.0, 2.0)
    """
    values = finite_array("values", values, 2)
    confidence = open_unit("confidence", confidence)
    resamples = whole_number("resamples", resamples, 1)
    random = np.random.default_rng(whole_number("seed", seed, 0))
    # The mean of a resample is linear in how often each row and column was drawn.
    rows, columns = (
        random.multinomial(size, np.full(size, 1 / size), resamples) / size
        for size in values.shape
    )
    means = np.einsum("kr,rc,kc->k", rows, values, columns, optimize=True)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
