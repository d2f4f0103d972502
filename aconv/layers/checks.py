"""What counts as a number where arguments are checked."""

from numbers import Integral, Real

import numpy as np

LARGEST = float(np.finfo("float32").max)
"""Largest number of float32, in which layers and losses compute."""


def is_finite(value: object) -> bool:
    """Tell whether a value is a finite real number, and not a truth value.

    Finite in float32: beyond about 3.4e38 a number would become infinite in a layer.

    Args:
        value: Anything.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return abs(float(value)) <= LARGEST
    except OverflowError:  # an integer beyond the floats of Python
        return False


def is_count(value: object) -> bool:
    """Tell whether a value is a positive integer, of Python or NumPy.

    Args:
        value: Anything.
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and value > 0
