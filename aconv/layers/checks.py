"""What counts as a number where arguments are checked."""

import math
from numbers import Integral, Real


def is_finite(value: object) -> bool:
    """Tell whether a value is a finite real number, and not a truth value.

    Args:
        value: Anything.
    """
    return (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and math.isfinite(float(value))
    )


def is_count(value: object) -> bool:
    """Tell whether a value is a positive integer, of Python or NumPy.

    Args:
        value: Anything.
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and value > 0
