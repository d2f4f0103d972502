"""The picture from which filters are learned (Section 4.1)."""

import struct

import numpy as np
import skimage

from aconv.companion import datasets
from aconv.companion.datasets import samples

CAMERA_AND_HEAD = (80, 240, 170, 330)
"""Rows and columns that are cut from scikit-image's camera man."""


def first_digit() -> np.ndarray:
    """Return the paper's input: the first training digit of MNIST, in [0, 1]."""
    # A checkout has the digit; an installed package loads MNIST.
    sample = samples.read("mnist")
    digits = datasets.load("mnist").x_train if sample is None else sample.x
    return digits[0].squeeze() / 255


def load_picture(source: str, size: int) -> np.ndarray:
    """Load a picture by name, or the middle of one in a file, grey values in [0, 1].

    Colours become their luminance, and transparent pixels are on white. What is no
    single picture, is smaller than ``size``, of one grey or beyond [0, 1] is a
    ``ValueError``.
    """
    if source == "mnist":
        return first_digit()
    if source == "camera":
        top, bottom, left, right = CAMERA_AND_HEAD
        photograph = skimage.util.img_as_float(skimage.data.camera())
        cut = photograph[top:bottom, left:right]
        return skimage.transform.resize(cut, (size, size), anti_aliasing=True)
    grey = _read(source)
    if min(grey.shape) < size:
        raise ValueError(
            "`size` must be at most the image's smaller side, "
            f"{min(grey.shape)}. Received: {size}"
        )
    top, left = ((side - size) // 2 for side in grey.shape)
    middle = grey[top : top + size, left : left + size]
    if middle.min() == middle.max():
        # The operators leave nothing of it to learn.
        raise ValueError(
            "`image` must have more than one grey value in its middle. "
            f"Received: {source!r}, {middle.min():g} everywhere"
        )
    return middle


def _read(path: str) -> np.ndarray:
    try:
        grey = skimage.util.img_as_float(skimage.io.imread(path, as_gray=True))
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        # The readers raise all of them for files that are damaged or no pictures.
        raise ValueError(
            f"`image` must be a picture that scikit-image can read. Received: {path!r} "
            f"({error})"
        ) from error
    if grey.ndim != 2:
        raise ValueError(
            f"`image` must be a single picture. Received: {path!r} of shape "
            f"{grey.shape}"
        )
    # Floating-point values are taken as they are.
    if not (grey.min() >= 0 and grey.max() <= 1):
        raise ValueError(
            "`image` must have values from 0 to 1 where they are no integers. "
            f"Received: {path!r}, {grey.min():g} to {grey.max():g}"
        )
    return grey
