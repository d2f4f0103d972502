"""Whether different starts of the apertures end alike, against NumPy and SciPy."""

import dataclasses

import numpy as np
import pytest
from made_up_runs import short_records
from scipy import stats

from aconv.companion.analysis import starts
from aconv.companion.analysis.apertures import effective_sizes
from aconv.companion.runs.record import AperturePath
from aconv.companion.studies.arms import ARMS


def records_of(ends, seeds=(31, 48, 65), **options):
    """Runs whose apertures end around one value for each arm, in two layers."""
    own = {"datasets": ["mnist"], "kernel_sizes": [7], "arms": [*ends, "ordinary"]}
    rng = np.random.default_rng(3)
    found = []
    for record in short_records(seeds=seeds, **own | options):
        if record.spec.arm in ends:
            low, high = record.spec.settings.apertures
            first = np.linspace(low, high, 4)
            last = ends[record.spec.arm] + rng.uniform(0, 0.02, 4)
            path = AperturePath((0, 3), (tuple(first), tuple(last)))
            apertures = {"conv_1": path, "conv_2": path}
            record = dataclasses.replace(record, apertures=apertures)
        found.append(record)
    return found


APART = dict.fromkeys(starts.STARTS, 0.4) | {"apertures-0.15": 0.2}


def test_starts_differ_in_their_apertures_alone():
    found = starts.recorded_starts(records_of(APART))
    assert list(dict.fromkeys(found["start"])) == [
        "0.15",
        "0.1 to 0.5",
        "0.1 to 1",
        "0.6",
    ]
    departures = [set(ARMS[arm].departs) for arm in starts.STARTS]
    assert departures.count({"apertures"}) == len(starts.STARTS) - 1
    assert departures.count(set()) == 1


def test_the_farthest_starts_are_compared_by_welch():
    records = records_of(APART)
    first, second = starts.farthest_apart(starts.recorded_starts(records)).itertuples()
    assert (first.layer, second.layer, first.n) == ("conv_1", "conv_2", 3)
    sizes = [effective_sizes(np.array([start]), 7)[0] for start in (0.15, 0.6)]
    assert (first.smallest, first.largest) == ("0.15", "0.6")
    assert [first.small, first.large] == pytest.approx(sizes)
    large, small = (
        [
            effective_sizes(np.array(record.apertures["conv_1"].last), 7).mean()
            for record in records
            if record.spec.arm == arm
        ]
        for arm in ("apertures-0.6", "apertures-0.15")
    )
    test = stats.ttest_ind(large, small, equal_var=False)
    low, high = test.confidence_interval(0.95)
    np.testing.assert_allclose(
        [first.difference, first.low, first.high],
        [np.mean(large) - np.mean(small), low, high],
        rtol=1e-6,
    )


def test_only_seeds_that_every_start_has_are_compared():
    few = [
        record
        for record in records_of(APART)
        if (record.spec.arm, record.spec.seed) != ("apertures-0.6", 48)
    ]
    assert set(starts.recorded_starts(few)["seed"]) == {31, 65}


def test_the_cell_with_the_most_starts_is_shown():
    everywhere = records_of({"adaptive": 0.3}, datasets=["cifar10", "mnist"])
    others = records_of({"apertures-0.6": 0.6})
    found = starts.recorded_starts([*everywhere, *others])
    assert set(found["dataset"]) == {"mnist"}
    assert set(found["start"]) == {"0.1 to 0.5", "0.6"}


@pytest.mark.parametrize(
    ("ends", "seeds"),
    [
        ({}, (31, 48)),
        ({"adaptive": 0.3}, (31, 48)),
        ({"adaptive": 0.3, "apertures-0.6": 0.6}, (31,)),
    ],
)
def test_one_start_or_one_seed_tells_nothing(ends, seeds):
    found = starts.recorded_starts(records_of(ends, seeds) if ends else [])
    assert found.empty
    assert "start" in found
