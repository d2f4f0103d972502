"""Intervals by resampling against what is known of the mean's distribution."""

import numpy as np
from scipy import stats

from aconv.companion.stats import crossed_interval


def test_one_row_is_the_plain_bootstrap(rng):
    values = rng.normal(2, 1, 60)
    plain = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=4000, rng=rng
    ).confidence_interval
    found = crossed_interval(values[np.newaxis], resamples=4000)
    np.testing.assert_allclose(found, plain, atol=0.03)
    assert found == crossed_interval(values[np.newaxis], resamples=4000)
    assert found != crossed_interval(values[np.newaxis], resamples=4000, seed=1)


def test_interval_covers_the_truth_about_as_often_as_it_says(rng):
    hits = 0
    for _ in range(200):
        rows, columns = rng.normal(0, 1, (12, 1)), rng.normal(0, 1, (1, 25))
        low, high = crossed_interval(
            5 + rows + columns + rng.normal(0, 1, (12, 25)), resamples=300
        )
        hits += low <= 5 <= high
    assert 0.88 <= hits / 200 <= 1
