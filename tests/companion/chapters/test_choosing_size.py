"""Sizes are chosen by training, networks are trained alike, and the path back works."""

import attrs
import keras
import numpy as np
import pytest

from aconv.companion.chapters.choosing_size import compute as choosing_size
from aconv.companion.runs.results_cache import load_result

SMALL = attrs.evolve(
    choosing_size.QUICK,
    train_images=96,
    test_images=40,
    filters=2,
    units=8,
    epochs=2,
    further_epochs=2,
    grids=(5, 7),
    kernel_sizes=(3, 5),
    strengths=(0.0, 5.0),
    chosen=5.0,
    further_strength=5.0,
    seeds=(31,),
    rounds=2,
)


@pytest.fixture(scope="module")
def learned():
    return choosing_size.learned_sizes(SMALL)


def test_every_network_is_trained_cropped_and_timed(learned):
    assert learned["kind"].tolist() == ["ordinary"] * 2 + ["learned"] * 4
    assert learned["kernel_size"].tolist() == [3, 5, 5, 5, 7, 7]
    assert learned["accuracy"].between(0, 1).all()
    assert (learned["milliseconds"] > 0).all()
    assert (learned["train_seconds"] > 0).all()
    # 28x28 pixels, one channel to two filters and two to two.
    assert learned["multiply_adds"][0] == 28 * 28 * 9 * (2 + 4)
    assert learned["multiply_adds"][1] == 28 * 28 * 25 * (2 + 4)
    assert learned["kept"][1] == "5×5, 5×5"
    # What is not cropped has nothing to lose.
    ordinary = learned[learned["kind"] == "ordinary"]
    assert (ordinary["accuracy"] == ordinary["uncropped"]).all()


def test_a_price_makes_the_cropped_network_cheaper(learned):
    free, priced = learned["multiply_adds"][2:4]
    assert priced < free <= learned["multiply_adds"][1]
    on_more = learned["multiply_adds"][4:].tolist()
    assert on_more[1] < on_more[0] <= 28 * 28 * 49 * (2 + 4)


def test_path_from_a_trained_network_ends_in_a_smaller_one():
    # Few images suffice to see that the function is the trained one's at first and that
    # sizes move: a high price stands for more epochs.
    scale = attrs.evolve(SMALL, train_images=320, filters=4, units=32, epochs=4)
    runs = choosing_size.from_trained(scale)
    assert runs["stage"].tolist() == ["trained", "trained on", "cropped"]
    costs = runs.set_index("stage")["multiply_adds"]
    assert costs["cropped"] < costs["trained"] == costs["trained on"]
    scores = runs.set_index("stage")["accuracy"]
    # Ten classes: what was learned is not lost by the way.
    assert scores["cropped"] > scores["trained"] - 0.2
    assert scores["trained"] > 0.3


def test_multiply_adds_are_of_all_convolutions():
    model = keras.Sequential(
        [
            keras.Input((10, 8, 2)),
            keras.layers.Conv2D(3, (3, 1), strides=2),
            keras.layers.Conv2D(6, 2, groups=3, padding="same"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    expected = 4 * 4 * (3 * 1) * 2 * 3 + 4 * 4 * 4 * 1 * 6
    assert choosing_size.multiply_adds(model) == expected


def test_accuracy_is_the_share_of_right_answers():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
    images = np.eye(3, dtype="float32")[[0, 1, 2, 0] * 50]
    labels = np.array([0, 1, 2, 1] * 50)
    assert choosing_size.accuracy(model, (images, labels)) == 0.75


@pytest.mark.skipif(
    load_result("choosing_size") is None, reason="no runs of the chapter are recorded"
)
def test_result_of_the_chapter_is_of_its_scale_and_complete():
    result = load_result("choosing_size")
    scale = choosing_size.Scale(**result.parameters)
    assert scale == attrs.evolve(choosing_size.REAL, seeds=scale.seeds)
    learned = result.values["learned"]
    networks = len(scale.kernel_sizes) + len(scale.grids) * len(scale.strengths)
    assert len(learned) == len(scale.seeds) * networks
    assert set(learned["seed"]) == set(scale.seeds)
    assert len(result.values["from_trained"]) == 3 * len(scale.seeds)
    assert set(result.provenance.data_sha256) >= {"x_train", "y_test"}
