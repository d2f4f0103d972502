"""From 8-bit pixels to the networks' inputs.

The paper does not describe this, and versions of the authors' code differ.
All functions take and return NumPy arrays and leave their arguments as they are.
"""

import numpy as np

from aconv.companion.datasets import Dataset, info


def to_unit(images: np.ndarray) -> np.ndarray:
    """Scales 8-bit pixels to ``[0, 1]``.

    Args:
        images: ``uint8``, any shape.

    Returns:
        ``float32`` array of the same shape.

    Raises:
        TypeError: If the images are not ``uint8``: they may be scaled already.

    Example:
        >>> to_unit(np.array([0, 51, 255], "uint8"))
        array([0. , 0.2, 1. ], dtype=float32)
    """
    if images.dtype != np.uint8:
        raise TypeError(
            f"`images` must be 8-bit pixels (uint8). Received: {images.dtype}"
        )
    return np.divide(images, 255, dtype=np.float32)


def to_symmetric(images: np.ndarray) -> np.ndarray:
    """Scales 8-bit pixels to ``[-2, 2]``.

    Args:
        images: ``uint8``, any shape.

    Returns:
        ``float32`` array of the same shape.

    Raises:
        TypeError: If the images are not ``uint8``.

    Example:
        >>> to_symmetric(np.array([0, 255], "uint8"))
        array([-2.,  2.], dtype=float32)
    """
    scaled = to_unit(images)
    scaled *= 4
    scaled -= 2
    return scaled


def subtract_pixel_mean(
    x_train: np.ndarray, x_test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Subtracts from every pixel its mean over the training images.

    Args:
        x_train: ``float32``, shape ``(n, height, width, channels)``.
        x_test: ``float32``, shape ``(m, height, width, channels)``.

    Returns:
        Both, less the mean of ``x_train`` over its first axis.

    Example:
        >>> x = np.array([[[[0.0]]], [[[1.0]]]], "float32")
        >>> subtract_pixel_mean(x, x)[0].ravel()
        array([-0.5,  0.5], dtype=float32)
    """
    mean = x_train.mean(axis=0, dtype=np.float64).astype(np.float32)
    return x_train - mean, x_test - mean


def subtract_global_mean(
    x_train: np.ndarray, x_test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Subtracts the mean of all pixels of all training images, one number.

    Args:
        x_train: ``float32``, any shape.
        x_test: ``float32``, any shape.

    Returns:
        Both, less the mean of ``x_train``.

    Example:
        >>> x = np.array([0.0, 1.0], "float32")
        >>> subtract_global_mean(x, x)[1]
        array([-0.5,  0.5], dtype=float32)
    """
    mean = x_train.mean(dtype=np.float64).astype(np.float32)
    return x_train - mean, x_test - mean


def simple_network_inputs(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Returns the inputs of the simple network (Section 4.2).

    Pixels in ``[0, 1]`` less the training mean of each pixel; cluttered digits are not
    centred. (The authors' code of June 2020 leaves these alone, too, but has other
    inputs; that of September 2020 centres them.)

    Args:
        dataset: A classification set.

    Returns:
        Training and test inputs, ``float32``, shapes as the images'.

    Example:
        >>> x_train, x_test = simple_network_inputs(load("digits"))
        >>> bool(abs(x_train.mean()) < 1e-6)
        True
    """
    x_train, x_test = to_unit(dataset.x_train), to_unit(dataset.x_test)
    if not info(dataset.name).centred:
        return x_train, x_test
    return subtract_pixel_mean(x_train, x_test)


def resnet_inputs(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Returns the inputs of the residual network (Section 4.3).

    Pixels in ``[0, 1]`` less the mean of all training pixels; cluttered digits are not
    centred.

    Args:
        dataset: A classification set.

    Returns:
        Training and test inputs, ``float32``, shapes as the images'.

    Example:
        >>> x_train, x_test = resnet_inputs(load("digits_cluttered"))
        >>> float(x_train.min()), float(x_train.max())
        (0.0, 1.0)
    """
    x_train, x_test = to_unit(dataset.x_train), to_unit(dataset.x_test)
    if not info(dataset.name).centred:
        return x_train, x_test
    return subtract_global_mean(x_train, x_test)


def unet_inputs(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Returns the inputs of the U-Net (Section 4.4): pixels in ``[-2, 2]``.

    Args:
        dataset: A segmentation set.

    Returns:
        Training and test inputs, ``float32``, shapes as the images'.

    Example:
        >>> x_train, _ = unet_inputs(load("coins_trimap"))
        >>> bool(x_train.min() >= -2 and x_train.max() <= 2)
        True
    """
    return to_symmetric(dataset.x_train), to_symmetric(dataset.x_test)
