"""The recorded networks' heatmaps: which networks, which images."""

import numpy as np
import pytest

from aconv.companion import runs
from aconv.companion.experiments import recorded_heatmaps
from aconv.companion.experiments.relevance import Explanation


def explanation(classes):
    none = np.zeros(len(classes))
    return Explanation(none, np.array(classes), none, none)


def test_networks_are_those_of_figure_6f():
    assert list(recorded_heatmaps.printed_arms().values()) == [
        ("ordinary", 3),
        ("ordinary", 7),
        ("adaptive", 7),
    ]


def test_two_images_that_some_network_gets_wrong_come_first():
    truth = [0, 0, 0, 0, 0, 0]
    maps = {
        "a": explanation([0, 1, 0, 0, 1, 0]),
        "b": explanation([0, 0, 0, 1, 0, 0]),
    }
    assert recorded_heatmaps.shown(maps, truth, 4) == [1, 3, 0, 2]
    assert recorded_heatmaps.shown(maps, truth) == [1, 3, 0, 2, 5, 4]
    assert recorded_heatmaps.shown({}, truth, 2) == [0, 1]


def test_set_without_recorded_networks_says_so(tmp_path):
    found = recorded_heatmaps.recorded_maps(
        "mnist", recorded_heatmaps.printed_arms(), runs.RunStore(tmp_path)
    )
    assert found.maps == {}
    assert found.profile == "no recorded networks yet"
    assert len(found.sample.x) == 16


@pytest.mark.slow
def test_recorded_networks_of_the_repository_explain_their_sample():
    arms = recorded_heatmaps.printed_arms()
    found = recorded_heatmaps.recorded_maps("mnist", arms, runs.RunStore())
    assert list(found.maps) == list(arms)
    for maps in found.maps.values():
        np.testing.assert_allclose(maps.conservation[maps.logits > 0], 1, rtol=0.01)
