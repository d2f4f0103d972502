"""Times are taken in turn and compared round by round; intervals cover as they say."""

import itertools

import numpy as np
import pandas as pd
import pytest

from aconv.companion.measures import times


class Clock:
    """Time that passes only in the functions that are timed."""

    def __init__(self):
        self.now, self.order = 0.0, []

    def __call__(self):
        return self.now

    def call(self, name, durations):
        durations = itertools.cycle(durations)

        def work():
            self.order.append(name)
            self.now += next(durations)

        return work


def test_each_call_gets_its_own_time_without_the_warm_up():
    clock = Clock()
    calls = {"a": clock.call("a", [99, 99, 1, 2, 3]), "b": clock.call("b", [10])}
    taken = times.time_in_turn(calls, 3, warm_up=2, clock=clock)
    np.testing.assert_array_equal(taken["a"], [1, 2, 3])
    np.testing.assert_array_equal(taken["b"], [10, 10, 10])


@pytest.mark.parametrize("names", ["ab", "abc"])
def test_every_order_is_as_frequent(names):
    clock = Clock()
    calls = {name: clock.call(name, [1]) for name in names}
    times.time_in_turn(calls, 12, warm_up=0, clock=clock)
    rounds = ["".join(turn) for turn in np.reshape(clock.order, (12, -1))]
    orders = {"".join(order) for order in itertools.permutations(names)}
    assert {order: rounds.count(order) for order in set(rounds)} == dict.fromkeys(
        orders, 12 // len(orders)
    )


def table(adaptive, ordinary, side=8):
    """Times of two kinds at one image side, a round an entry."""
    return pd.DataFrame(
        [
            (side, kind, turn, value)
            for kind, values in (("adaptive", adaptive), ("ordinary", ordinary))
            for turn, value in enumerate(values)
        ],
        columns=["image_side", "kind", "round", "milliseconds"],
    )


def compare(taken, **options):
    found = times.compare(taken, "adaptive", "ordinary", "image_side", **options)
    return list(found.itertuples())


def test_ratio_is_taken_round_by_round():
    # The machine slows down tenfold: the ratio of a round does not feel it.
    drift = np.geomspace(1, 10, 9)
    ratio = np.array([1.1, 1.2, 1.3] * 3)
    (row,) = compare(table(ratio * drift, drift))
    assert row.median == pytest.approx(1.2)
    assert (row.lower_quartile, row.upper_quartile) == pytest.approx((1.1, 1.3))
    assert 1.1 - 1e-9 <= row.low <= row.median <= row.high <= 1.3 + 1e-9
    assert row.ordinary == pytest.approx(np.median(drift))
    assert row.adaptive == pytest.approx(np.median(ratio * drift))


@pytest.mark.parametrize(
    ("how", "medians"), [("ratio", (2, 3)), ("difference", (1, 6))]
)
def test_groups_are_compared_apart(how, medians):
    taken = pd.concat([table([2.0] * 4, [1.0] * 4), table([9.0] * 4, [3.0] * 4, 16)])
    found = [(row.image_side, row.median, row.low) for row in compare(taken, how=how)]
    assert found == [(8, medians[0], medians[0]), (16, medians[1], medians[1])]


def test_interval_of_the_median_covers_it_as_often_as_it_says(rng):
    covered = 0
    for _ in range(60):
        sample = pd.DataFrame({"milliseconds": rng.lognormal(size=25), "case": 0})
        (row,) = times.summary(sample, "case", 0.5).itertuples()
        covered += row.low <= 1 <= row.high
    assert 18 <= covered <= 42  # 30 expected


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_share_of_growth_is_that_of_the_extra_time(rng, share):
    small, large = 10 + rng.normal(size=(2, 20)) * 0.1
    large = large + 40
    taken = pd.concat(
        [
            table(small + 3, small),
            # The middle size has no say.
            table(small * 99, small, 12),
            table(large + 3 + share * 40, large, 16),
        ]
    )
    found, low, high = times.share_of_growth(
        taken, "adaptive", "ordinary", "image_side"
    )
    assert found == pytest.approx(share, abs=0.01)
    assert low - 1e-9 <= found <= high + 1e-9


def test_side_of_the_claim_is_written_beside_the_verdict():
    rows = pd.DataFrame({"low": [1.0, 1.4, 1.2, 1.1], "high": [1.1, 1.5, 1.3, 1.2]})
    assert times.verdict_words(rows, (1.15, 1.35)) == [
        "points the other way (lower)",
        "points the other way (higher)",
        "points the same way",
        "open",
    ]
    assert times.interval_words(rows)[0] == "1.00 to 1.10"
