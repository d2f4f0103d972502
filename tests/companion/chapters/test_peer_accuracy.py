"""Rates are tuned alike for all layers, and runs go on where they ended."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest

from aconv.companion.chapters.choosing_size import peer_accuracy
from aconv.companion.chapters.choosing_size.peer_layers import PEERS, missing

SCALE = peer_accuracy.Scale("digits", 100, 40, 3, 2, 1, 32, (0.01, 0.001), (31, 48))


def made(scale, peer, rate, seed, held_out):
    """An accuracy that tells which run it is of."""
    return rate + 1e-6 * seed + (0.5 if held_out else 0)


@pytest.fixture
def runs(monkeypatch):
    monkeypatch.setattr(
        peer_accuracy, "accuracy", lambda scale, **run: made(scale, **run)
    )
    *_, runs = peer_accuracy.further_runs(SCALE, peers=("ordinary", "GMConv"))
    return runs


def test_every_layer_has_all_rates_and_then_all_seeds_at_the_best(runs):
    for peer in ("ordinary", "GMConv"):
        of = runs[runs["peer"] == peer]
        assert of["rate"].tolist() == [0.01, 0.001, 0.01, 0.01]
        assert of["seed"].tolist() == [31, 31, 31, 48]
        assert of["held_out"].tolist() == [True, True, False, False]
    # In turn, so that a file that is stopped has as much of each.
    assert runs["peer"].tolist() == ["ordinary", "GMConv"] * 4


def test_the_lowest_of_equal_rates_is_chosen(runs):
    level = runs.assign(accuracy=0.5)
    assert peer_accuracy.chosen_rate(level, "GMConv") == 0.001


@pytest.mark.parametrize("done", range(8))
def test_runs_go_on_where_they_ended(runs, done):
    whole = list(peer_accuracy.further_runs(SCALE, runs[:done], ("ordinary", "GMConv")))
    assert len(whole) == 8 - done
    pd.testing.assert_frame_equal(whole[-1], runs)


def test_a_rate_that_is_added_is_tried_and_the_seeds_are_scored_at_the_best(runs):
    # The higher the rate, the better: see ``made``. Nothing changes below the best.
    lower = dataclasses.replace(SCALE, rates=(0.0001, *SCALE.rates))
    *_, more = peer_accuracy.further_runs(lower, runs, ("GMConv",))
    assert len(more) == len(runs) + 1
    pd.testing.assert_frame_equal(
        peer_accuracy.scored_runs(more), peer_accuracy.scored_runs(runs)
    )
    higher = dataclasses.replace(SCALE, rates=(*SCALE.rates, 0.1))
    *_, more = peer_accuracy.further_runs(higher, runs, ("GMConv",))
    assert len(more) == len(runs) + 1 + len(SCALE.seeds)
    scored = peer_accuracy.scored_runs(more).set_index("peer")
    assert set(scored.loc["GMConv", "rate"]) == {0.1}
    assert scored.loc["GMConv", "seed"].tolist() == list(SCALE.seeds)
    assert set(scored.loc["ordinary", "rate"]) == {0.01}


@pytest.mark.slow
@pytest.mark.backend
@pytest.mark.parametrize("peer", [peer for peer in PEERS if missing(peer) is None])
def test_a_run_is_the_same_twice_and_scores_what_it_did_not_train_on(peer, monkeypatch):
    fitted, scored = [], []
    fit, predict = keras.Model.fit, keras.Model.predict

    def keep(self, x, y, **options):
        fitted.append(x)
        return fit(self, x, y, **options)

    def keep_scored(self, x, **options):
        scored.append(x)
        return predict(self, x, **options)

    monkeypatch.setattr(keras.Model, "fit", keep)
    monkeypatch.setattr(keras.Model, "predict", keep_scored)
    run = {"peer": peer, "rate": 0.01, "seed": 31, "held_out": True}
    found = [peer_accuracy.accuracy(SCALE, **run) for _ in range(2)]
    assert found[0] == found[1]
    assert 0 <= found[0] <= 1
    assert (len(fitted[0]), len(scored[0])) == (80, 20)
    whole = np.concatenate([scored[0], fitted[0]])
    peer_accuracy.accuracy(SCALE, **run | {"held_out": False})
    np.testing.assert_array_equal(fitted[-1], whole)
    assert len(scored[-1]) == 40
