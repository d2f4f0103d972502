"""The generator of cluttered digits."""

from collections.abc import Mapping

import numpy as np

from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.registry import SetInfo

_CHUNK = 2000


def cluttered(
    images: np.ndarray,
    distractors: np.ndarray,
    *,
    size: int,
    count: int,
    width: int,
    seed: int,
) -> np.ndarray:
    """Put each image at a random place of a frame that is cluttered with fragments.

    As the generator behind MNIST-Cluttered: to an empty frame of ``size`` pixels are
    added ``count`` squares of ``width`` pixels, cut at random from ``distractors``, and
    the image. A frame depends on the seed and its position, not on their number.
    """
    frames = np.empty((len(images), size, size, 1), np.uint8)
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        # A stream of its own for every chunk, and always of a chunk's full length: the
        # frames do not depend on how many follow.
        random = np.random.default_rng([seed, start])
        frame = np.zeros((_CHUNK, size, size), np.uint16)
        for _ in range(count):
            chosen = distractors[random.integers(len(distractors), size=_CHUNK), ..., 0]
            fragment = _cut(chosen, width, random)
            _add(frame, fragment, random)
        whole = np.zeros((_CHUNK, *images.shape[1:3]), np.uint8)
        whole[: len(chunk)] = chunk[..., 0]
        _add(frame, whole, random)
        # Nothing is negative, so clipping once is clipping after each addition.
        np.minimum(frame, 255, out=frame)
        frames[start : start + _CHUNK, ..., 0] = frame[: len(chunk)]
    return frames


def clutter_digits(
    facts: SetInfo, digits: Dataset, seed: int, source: str, clutter: Mapping[str, int]
) -> Dataset:
    """Return frames, the i-th of each split with the i-th digit of ``digits``."""
    x_train, x_test = (
        cluttered(images, digits.x_train, seed=2 * seed + which, **clutter)
        for which, images in enumerate((digits.x_train, digits.x_test))
    )
    size, count, width = (clutter[name] for name in ("size", "count", "width"))
    return Dataset.of_set(
        facts,
        (x_train, digits.y_train, x_test, digits.y_test),
        split=f"that of {source}",
        source=(
            f"generated from {source}: {count} fragments of {width}x{width} training "
            f"pixels and one digit on {size}x{size}, seed {seed}"
        ),
    )


def _places(
    extent: int, size: int, count: int, random: np.random.Generator
) -> np.ndarray:
    """Positions, shape ``(count, extent)``, of ``extent`` pixels inside ``size``."""
    first = random.integers(size - extent + 1, size=count)
    return first[:, None] + np.arange(extent)


def _cut(images: np.ndarray, width: int, random: np.random.Generator) -> np.ndarray:
    count, height, image_width = images.shape
    rows = _places(width, height, count, random)
    columns = _places(width, image_width, count, random)
    return images[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None]]


def _add(frames: np.ndarray, images: np.ndarray, random: np.random.Generator) -> None:
    count, height, width = images.shape
    rows = _places(height, frames.shape[1], count, random)
    columns = _places(width, frames.shape[2], count, random)
    each = np.arange(count)[:, None, None]
    frames[each, rows[:, :, None], columns[:, None]] += images
