"""Checks of arguments that measures and experiments share."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def finite_numbers(name: str, values: Any, ndim: int) -> np.ndarray:
    """Return ``values`` as an array of ``ndim`` axes without NaN or infinity.

    Args:
        name: Name of the argument, for the message.
        values: Any numbers.
        ndim: Number of axes.

    Returns:
        The array, of the type that the numbers have.

    Raises:
        ValueError: If it is empty or not as above.
    """
    array = np.asarray(values)
    if array.ndim != ndim or array.size == 0 or array.dtype.kind not in "fiu":
        raise ValueError(
            f"`{name}` must be numbers with {ndim} axes. "
            f"Received: shape {array.shape}, {array.dtype}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite. Received: NaN or infinity in it")
    return array


def checked_classes(classes: Sequence[int] | None, predicted: np.ndarray) -> np.ndarray:
    """Return the class of each image.

    Args:
        classes: Index of a class per image, or None for the predicted one.
        predicted: Probabilities, shape ``(n, classes)``.

    Returns:
        ``int64``, shape ``(n,)``.

    Raises:
        ValueError: If there is not one index per image, from 0 to the last class.
    """
    if classes is None:
        return predicted.argmax(axis=-1)
    found = np.asarray(classes)
    if (
        found.shape != predicted.shape[:1]
        or not np.issubdtype(found.dtype, np.integer)
        or found.min() < 0
        or found.max() >= predicted.shape[-1]
    ):
        raise ValueError(
            f"`classes` must be {len(predicted)} integers from 0 to "
            f"{predicted.shape[-1] - 1}. Received: {classes!r}"
        )
    return found.astype("int64")
