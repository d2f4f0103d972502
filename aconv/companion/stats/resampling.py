"""Intervals by resampling."""

import numpy as np
from numpy.typing import ArrayLike


def crossed_interval(
    values: ArrayLike,
    confidence: float = 0.95,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Interval of a mean over seeds and examples, by the pigeonhole bootstrap.

    Values of the shape (seeds, examples) share their seed or their example and are not
    independent: resampling single values, as ``scipy.stats.bootstrap`` does, would give
    too narrow an interval. Rows and columns are resampled instead, each on its own
    (Owen 2007, mildly conservative).
    """
    values = np.asarray(values, dtype=float)
    random = np.random.default_rng(seed)
    # The mean of a resample is linear in how often each row and column was drawn.
    rows, columns = (
        random.multinomial(size, np.full(size, 1 / size), resamples) / size
        for size in values.shape
    )
    means = np.einsum("kr,rc,kc->k", rows, values, columns, optimize=True)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
