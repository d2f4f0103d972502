"""From 8-bit pixels to the networks' inputs, as settings say.

The paper does not describe this; the facts are those of the authors' code.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from aconv.companion.training.settings import Settings

Pair = tuple[np.ndarray, np.ndarray]


def prepare(settings: Settings, x_train: np.ndarray, x_test: np.ndarray) -> Pair:
    """Make the inputs of a network, ``float32``, from 8-bit images."""
    of_pixels = PIXELS[settings.pixels]
    return INPUTS[settings.inputs](of_pixels(x_train), of_pixels(x_test))


def prepare_sample(
    settings: Settings, images: np.ndarray, mean: float, deviation: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """Make inputs from the mean and deviation, 0 to 255, of the training pixels.

    Return them with the least and greatest value that an input can have.
    """
    scales = {"global-mean": (mean, 255), "standardized": (127, deviation)}
    shift, scale = scales[settings.inputs]
    low, high = ((limit - shift) / scale for limit in (0, 255))
    inputs = (images.astype(np.float32) - np.float32(shift)) / np.float32(scale)
    return inputs, (low, high)


def stretch(images: np.ndarray) -> np.ndarray:
    """Stretch the values of each image from 0 to 255, rounded to the nearest.

    scikit-learn did so before 2022 where it resized photographs of faces (over the
    three colours, before it resized them). An image of one value becomes black.
    """
    axes = (1, 2, 3)
    low = images.min(axis=axes, keepdims=True).astype(np.float32)
    reach = images.max(axis=axes, keepdims=True) - low
    stretched = (images - low) * (255 / np.maximum(reach, 1))
    return np.floor(stretched + 0.5).astype(np.uint8)


def unit(x_train: np.ndarray, x_test: np.ndarray) -> Pair:
    """Scale pixels to [0, 1]."""
    return tuple(np.divide(x, 255, dtype=np.float32) for x in (x_train, x_test))


def minus_mean(x_train: np.ndarray, x_test: np.ndarray, axis: int | None) -> Pair:
    """Scale to [0, 1], minus the training images' mean, of each pixel along axis 0."""
    train, test = unit(x_train, x_test)
    mean = train.mean(axis=axis, dtype=np.float64).astype(np.float32)
    return train - mean, test - mean


def standardized(x_train: np.ndarray, x_test: np.ndarray) -> Pair:
    """Subtract 127 and divide by the standard deviation of all training pixels."""
    deviation = np.float32(x_train.std(dtype=np.float64))
    return tuple((x.astype(np.float32) - 127) / deviation for x in (x_train, x_test))


def symmetric(x_train: np.ndarray, x_test: np.ndarray) -> Pair:
    """Scale pixels to [-2, 2]."""
    return tuple(4 * x - 2 for x in unit(x_train, x_test))


PIXELS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "stored": lambda images: images,
    "stretched": stretch,
}
"""What is done to the pixels as stored, by ``Settings.pixels``."""

INPUTS: Mapping[str, Callable[[np.ndarray, np.ndarray], Pair]] = {
    "unit": unit,
    "pixel-mean": partial(minus_mean, axis=0),
    "global-mean": partial(minus_mean, axis=None),
    "standardized": standardized,
    "symmetric": symmetric,
}
"""How pixels are scaled, by ``Settings.inputs``."""
