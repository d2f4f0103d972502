"""The recorded networks' heatmaps: which networks, which images."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import sweeps

from aconv.companion import runs
from aconv.companion.chapters.heatmaps import recorded as recorded_heatmaps
from aconv.companion.measures.relevance import Explanation
from aconv.companion.runs import execution
from aconv.companion.training.networks import build_network


def explanation(classes):
    none = np.zeros(len(classes))
    return Explanation(none, np.array(classes), none)


def test_networks_are_those_of_figure_6f():
    assert recorded_heatmaps.printed_arms() == {
        "CONV 3×3": ("ordinary", 3),
        "CONV 7×7": ("ordinary", 7),
        "ACONV 7×7": ("adaptive", 7),
    }


def test_two_images_that_some_network_gets_wrong_come_first():
    truth = [0] * 6
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


def test_networks_of_two_profiles_are_not_compared(tmp_path, monkeypatch):
    arms = recorded_heatmaps.printed_arms()
    specs = [
        runs.make_spec("resnet", "mnist", *arm, 31, "short") for arm in arms.values()
    ]
    asked = []

    def recorded(study, store, profile):
        asked.append(profile)
        # At full length the large kernels only; all of them in short runs.
        sizes = {"full": (7,), "short": (3, 7)}[profile]
        return [SimpleNamespace(spec=s) for s in specs if s.kernel_size in sizes]

    monkeypatch.setattr(runs, "load_comparable_runs", recorded)
    monkeypatch.setattr(runs.RunStore, "weights", lambda self, record: {"some": 1})
    monkeypatch.setattr(runs, "rebuild", lambda spec, weights, shape: spec)
    monkeypatch.setattr(
        recorded_heatmaps, "fold", lambda model, batch_normalization: model
    )
    monkeypatch.setattr(
        recorded_heatmaps.relevance, "explain", lambda model, *a, **k: model.kernels
    )
    found = recorded_heatmaps.recorded_maps("mnist", arms, runs.RunStore(tmp_path))
    assert asked == ["full", "short"]
    assert found.maps == arms
    assert found.profile == "profile short, seed 31"


@pytest.mark.slow
def test_recorded_networks_explain_their_sample(tmp_path):
    arms = recorded_heatmaps.printed_arms()
    store = runs.RunStore(tmp_path)
    for arm in arms.values():
        spec = runs.make_spec("resnet", "mnist", *arm, 31, "short")
        keras.utils.set_random_seed(31)
        network = build_network(spec.settings, spec.kernel_size, (28, 28, 1), 10)
        store.put(sweeps.record(spec), execution.folded_weights(network))
    found = recorded_heatmaps.recorded_maps("mnist", arms, store)
    assert list(found.maps) == list(arms)
    for maps in found.maps.values():
        np.testing.assert_allclose(maps.conservation[maps.logits > 0], 1, rtol=0.01)
