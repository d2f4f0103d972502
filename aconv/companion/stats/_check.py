"""Checks of arguments shared by the modules of ``stats``."""

import math
import numbers

import numpy as np
from numpy.typing import ArrayLike


def finite_array(name: str, values: ArrayLike, ndim: int) -> np.ndarray:
    """Return ``values`` as a float array of ``ndim`` axes without NaN or infinity."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be an array of numbers with {ndim} axes. Received: {values}"
        ) from error
    if array.ndim != ndim or array.size == 0:
        raise ValueError(
            f"`{name}` must be a non-empty array with {ndim} axes. "
            f"Received: shape {array.shape}"
        )
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"`{name}` must be finite. Received: {count} values of {array.size} that "
            "are NaN or infinite"
        )
    return array


def whole_number(name: str, value: int, minimum: int) -> int:
    """Return ``value`` as an int that is at least ``minimum``."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < minimum:
        raise ValueError(
            f"`{name}` must be an integer of at least {minimum}. Received: {value!r}"
        )
    return int(value)


def delta_degrees(ddof: int) -> int:
    """Return ``ddof`` when it is 0 or 1."""
    if isinstance(ddof, bool) or ddof not in (0, 1):
        raise ValueError(f"`ddof` must be 0 or 1. Received: {ddof!r}")
    return int(ddof)


def open_unit(name: str, value: float) -> float:
    """Return ``value`` as a float strictly between 0 and 1."""
    number = isinstance(value, numbers.Real) and math.isfinite(value)
    if not number or not 0 < value < 1:
        raise ValueError(
            f"`{name}` must be a number between 0 and 1, both excluded. "
            f"Received: {value!r}"
        )
    return float(value)
