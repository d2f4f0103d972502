import numpy as np
import pytest

from aconv.companion import datasets
from aconv.companion.training import preprocessing


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def test_pixels_are_scaled_to_one():
    values = np.arange(256, dtype=np.uint8)
    scaled = preprocessing.to_unit(values)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, np.arange(256) / 255, rtol=1e-6)


def test_pixels_of_the_unet_run_from_minus_two_to_two():
    scaled = preprocessing.to_symmetric(np.arange(256, dtype=np.uint8))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, np.linspace(-2, 2, 256), atol=1e-6)


@pytest.mark.parametrize("scale", [preprocessing.to_unit, preprocessing.to_symmetric])
def test_pixels_that_are_scaled_already_are_refused(scale):
    with pytest.raises(TypeError, match=r"`images`.*Received: float32"):
        scale(np.zeros(3, "float32"))


def test_the_simple_network_subtracts_the_training_mean_of_each_pixel(digits):
    x_train, x_test = preprocessing.simple_network_inputs(digits)
    mean = (digits.x_train / 255).mean(axis=0)
    assert x_train.dtype == x_test.dtype == np.float32
    np.testing.assert_allclose(x_train, digits.x_train / 255 - mean, atol=1e-6)
    np.testing.assert_allclose(x_test, digits.x_test / 255 - mean, atol=1e-6)


def test_the_resnet_subtracts_the_mean_of_all_training_pixels(digits):
    x_train, x_test = preprocessing.resnet_inputs(digits)
    mean = (digits.x_train / 255).mean()
    assert x_train.dtype == x_test.dtype == np.float32
    np.testing.assert_allclose(x_train, digits.x_train / 255 - mean, atol=1e-6)
    np.testing.assert_allclose(x_test, digits.x_test / 255 - mean, atol=1e-6)


@pytest.mark.parametrize(
    "inputs", [preprocessing.simple_network_inputs, preprocessing.resnet_inputs]
)
def test_cluttered_digits_are_not_centred(inputs):
    cluttered = datasets.load("digits_cluttered")
    for x, images in zip(
        inputs(cluttered), (cluttered.x_train, cluttered.x_test), strict=True
    ):
        np.testing.assert_allclose(x, images / 255, atol=1e-6)


def test_the_unet_gets_the_coins():
    coins = datasets.load("coins_trimap")
    x_train, x_test = preprocessing.unet_inputs(coins)
    np.testing.assert_allclose(x_train, coins.x_train / 255 * 4 - 2, atol=1e-6)
    np.testing.assert_allclose(x_test, coins.x_test / 255 * 4 - 2, atol=1e-6)


def test_the_mean_of_many_images_is_exact():
    # A float32 sum of this many values would be off in the third digit.
    images = np.full((3, 1000, 1000, 1), 201, np.uint8)
    x, _ = preprocessing.subtract_global_mean(
        *(preprocessing.to_unit(part) for part in (images, images))
    )
    assert abs(x).max() < 1e-6
