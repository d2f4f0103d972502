"""The measures of heatmaps agree with cases made by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from aconv.companion.measures import heatmaps


def test_roughness_of_simple_shapes():
    square = np.zeros((9, 9))
    square[2:6, 3:7] = -0.3
    pixel = np.zeros((9, 9))
    pixel[4, 4] = 5
    board = np.indices((8, 8)).sum(axis=0) % 2
    assert heatmaps.roughness(square[np.newaxis]) == pytest.approx(4 / 4)
    assert heatmaps.roughness(pixel[np.newaxis]) == pytest.approx(4)
    assert heatmaps.roughness(board[np.newaxis]) == pytest.approx(4)
    assert np.isnan(heatmaps.roughness(np.zeros((1, 5, 5))))


def test_blurred_image_is_smoother():
    image = np.random.default_rng(0).normal(size=(1, 16, 16))
    blurred = sum(np.roll(image, shift, axis=1) for shift in range(3)) / 3
    assert heatmaps.roughness(blurred) < heatmaps.roughness(image)


def test_gini_of_known_distributions():
    one_hot = np.zeros((1, 4, 5))
    one_hot[0, 1, 2] = -7
    assert heatmaps.gini(one_hot) == pytest.approx(1 - 1 / 20)
    assert heatmaps.gini(np.full((1, 4, 5), 0.1)) == pytest.approx(0)
    # Half of the pixels share all relevance equally.
    half = np.zeros((1, 4, 5))
    half[0, :2] = 3
    assert heatmaps.gini(half) == pytest.approx(0.5)
    # By its definition: mean absolute difference over twice the mean.
    values = np.random.default_rng(0).exponential(size=(2, 4, 5))
    flat = values.reshape(2, -1)
    difference = np.abs(flat[:, :, None] - flat[:, None]).mean(axis=(1, 2))
    np.testing.assert_allclose(
        heatmaps.gini(values), difference / (2 * flat.mean(axis=1))
    )
    assert np.isnan(heatmaps.gini(np.zeros((1, 5, 5))))


def corner_model():
    """Two classes: its logit is the sum of the upper left 2x2 pixels."""
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Flatten(),
            layers.Dense(2, activation="softmax", use_bias=False),
        ]
    )
    kernel = np.zeros((4, 4, 2))
    kernel[:2, :2, 0] = 1
    model.layers[-1].set_weights([kernel.reshape(16, 2)])
    return model, kernel[..., 0]


@pytest.mark.backend
def test_flipped_pixels_are_the_most_relevant_first():
    model, corner = corner_model()
    images = np.ones((2, 4, 4, 1))
    order = np.stack([corner, -corner])
    found = heatmaps.flip_pixels(
        model, images, order, np.array([0, 0]), [0, 2 / 16, 4 / 16, 14 / 16, 1]
    )

    def probability(pixels):
        return 1 / (1 + np.exp(-pixels))

    np.testing.assert_allclose(
        found,
        [
            [probability(left) for left in (4, 2, 0, 0, 0)],
            [probability(left) for left in (4, 4, 4, 2, 0)],
        ],
        rtol=1e-5,
    )
    filled = heatmaps.flip_pixels(
        model, images, order, np.array([0, 1]), [1.0], fill=-1
    )
    np.testing.assert_allclose(
        filled, [[probability(-4)], [1 - probability(-4)]], rtol=1e-5
    )


def test_measures_refuse_what_is_no_heatmap():
    for measure in (heatmaps.roughness, heatmaps.gini):
        with pytest.raises(ValueError, match=r"`heatmaps`.*Received"):
            measure(np.zeros((4, 4)))
        with pytest.raises(ValueError, match=r"`heatmaps`.*Received"):
            measure(np.full((1, 4, 4), np.inf))
    model, corner = corner_model()
    image = np.ones((1, 4, 4, 1))
    for order, classes, shares, name in (
        (corner, [0], [0.5], "order"),
        (corner[np.newaxis, :3], [0], [0.5], "order"),
        (corner[np.newaxis], [2], [0.5], "classes"),
        (corner[np.newaxis], [0], [1.5], "shares"),
        (corner[np.newaxis], [0], [], "shares"),
    ):
        with pytest.raises(ValueError, match=rf"`{name}`.*Received"):
            heatmaps.flip_pixels(model, image, order, classes, shares)
