"""Times are compared round by round; intervals cover as often as they say."""

import numpy as np
import pandas as pd
import pytest

from aconv.companion.measures import times


def table(adaptive, ordinary, side=8):
    """Times of two kinds at one image side, a round an entry."""
    kinds = {"adaptive": adaptive, "ordinary": ordinary}
    return pd.DataFrame(
        [
            {"image_side": side, "kind": kind, "round": turn, "milliseconds": value}
            for kind, values in kinds.items()
            for turn, value in enumerate(values)
        ]
    )


def test_ratio_is_taken_round_by_round():
    # The machine slows down tenfold: the ratio of a round does not feel it.
    drift = np.geomspace(1, 10, 9)
    ratio = np.array([1.1, 1.2, 1.3] * 3)
    (row,) = times.compare(
        table(ratio * drift, drift), "adaptive", "ordinary", "image_side"
    ).itertuples()
    assert row.median == pytest.approx(1.2)
    assert (row.lower_quartile, row.upper_quartile) == pytest.approx((1.1, 1.3))
    assert 1.1 - 1e-9 <= row.low <= row.median <= row.high <= 1.3 + 1e-9
    assert row.ordinary == pytest.approx(np.median(drift))
    assert row.adaptive == pytest.approx(np.median(ratio * drift))


def test_difference_is_in_milliseconds():
    taken = table([12.0, 14.0, 16.0], [10.0, 10.0, 10.0])
    (row,) = times.compare(
        taken, "adaptive", "ordinary", "image_side", how="difference"
    ).itertuples()
    assert row.median == 4


def test_groups_are_compared_apart():
    taken = pd.concat([table([2.0] * 4, [1.0] * 4), table([9.0] * 4, [3.0] * 4, 16)])
    compared = times.compare(taken, "adaptive", "ordinary", "image_side")
    assert compared["image_side"].tolist() == [8, 16]
    assert compared["median"].tolist() == compared["low"].tolist() == [2, 3]


def test_interval_of_the_median_covers_it_as_often_as_it_says(rng):
    covered = 0
    for _ in range(60):
        sample = pd.DataFrame({"milliseconds": rng.lognormal(size=25), "case": 0})
        (row,) = times.summary(sample, "case", 0.9).itertuples()
        covered += row.low <= 1 <= row.high
    assert 46 <= covered <= 60  # 54 expected


def test_interval_is_wider_with_more_confidence(rng):
    sample = pd.DataFrame({"milliseconds": rng.lognormal(size=30), "case": 0})
    narrow, wide = (times.summary(sample, "case", c).iloc[0] for c in (0.5, 0.99))
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]


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


def test_share_of_growth_needs_two_values():
    taken = table([2.0, 2.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="at least two values of 'image_side'"):
        times.share_of_growth(taken, "adaptive", "ordinary", "image_side")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"kind": "folded"}, "kind"),
        ({"base": "folded"}, "base"),
        ({"how": "sum"}, "how"),
        ({"confidence": 95}, "confidence"),
    ],
)
def test_bad_comparison_is_refused_by_name(change, name):
    arguments = {"kind": "adaptive", "base": "ordinary", "by": "image_side", **change}
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        times.compare(table([2.0], [1.0]), **arguments)


def test_side_of_the_claim_is_written_beside_the_verdict():
    rows = pd.DataFrame({"low": [1.0, 1.4, 1.2, 1.1], "high": [1.1, 1.5, 1.3, 1.2]})
    assert times.described(rows, (1.15, 1.35)) == [
        "points the other way (lower)",
        "points the other way (higher)",
        "points the same way",
        "open",
    ]
    assert times.span(rows)[0] == "1.00 to 1.10"
