"""Initial apertures."""

from collections.abc import Callable, Sequence
from numbers import Real

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="aconv")
class LinearlySpaced(keras.initializers.Initializer):
    """Values linearly spaced from ``low`` to ``high``, both included.

    The paper initialises the apertures of a layer's filters so, from 0.1 to 0.5
    (Section 4.2): the layer starts with kernels of several sizes.

    Args:
        low: First value. For apertures: grid units, strictly positive.
        high: Last value, not below ``low``. A single filter gets the middle of both.

    Raises:
        ValueError: If ``high < low``.

    Example:
    >>> np.array(LinearlySpaced(0.1, 0.5)((5,)))
    array([0.1, 0.2, 0.3, 0.4, 0.5], dtype=float32)
    """

    def __init__(self, low: float, high: float) -> None:
        if not low <= high:
            raise ValueError(
                "Initial values must satisfy low <= high. "
                f"Received: low={low}, high={high}"
            )
        self.low = float(low)
        self.high = float(high)

    def __call__(
        self, shape: Sequence[int], dtype: str | None = None
    ) -> keras.KerasTensor:
        """Returns a tensor of the given one-dimensional ``shape``."""
        (count,) = shape
        dtype = keras.backend.standardize_dtype(dtype or keras.config.floatx())
        if count == 1:
            return ops.full((1,), 0.5 * (self.low + self.high), dtype=dtype)
        return ops.linspace(self.low, self.high, count, dtype=dtype)

    def get_config(self) -> dict:
        """Returns the range, so that the initializer can be saved and loaded."""
        return {"low": self.low, "high": self.high}


def get_aperture_initializer(
    identifier: float | Sequence[float] | str | dict | Callable, filters: int
) -> keras.initializers.Initializer:
    """Standardises what a layer accepts as the initial apertures of its filters.

    Args:
        identifier: A positive number, the same aperture for all filters; a pair
            ``(low, high)`` of positive numbers, linearly spaced; or anything that
            ``keras.initializers.get`` takes. In grid units.
        filters: Number of apertures.

    Returns:
        A Keras initializer.

    Raises:
        ValueError: If a number is not strictly positive, a pair is not ordered, an
            initializer gives values that are not positive and finite, or the
            identifier is nothing of the above.
    """
    if _is_positive(identifier):
        return keras.initializers.Constant(float(identifier))
    if _is_pair(identifier):
        return LinearlySpaced(*identifier)
    if isinstance(identifier, (str, dict)) or callable(identifier):
        initializer = keras.initializers.get(identifier)
        _check_positive(initializer, filters)
        return initializer
    raise ValueError(
        "`aperture_initializer` must be a positive number, a pair (low, high) of "
        f"positive numbers or a Keras initializer. Received: {identifier!r}"
    )


def known_values(
    initializer: keras.initializers.Initializer, filters: int
) -> np.ndarray | None:
    """Values that an initializer always gives: those of a number or a pair.

    Args:
        initializer: From ``get_aperture_initializer``.
        filters: Number of apertures.

    Returns:
        A float64 array of shape ``(filters,)``, or None if the values are drawn.
    """
    if type(initializer) is keras.initializers.Constant:
        return np.full(filters, initializer.value, "float64")
    if type(initializer) is LinearlySpaced:
        low, high = initializer.low, initializer.high
        return (
            np.linspace(low, high, filters)
            if filters > 1
            else np.array([0.5 * (low + high)])
        )
    return None


def _check_positive(initializer: Callable, filters: int) -> None:
    # Drawn twice, here and for the weight: Keras initializers give the same each time.
    with keras.device("cpu"):
        values = ops.convert_to_numpy(initializer((filters,), dtype="float32"))
    if not (np.isfinite(values).all() and values.min() > 0):
        raise ValueError(
            "`aperture_initializer` must give positive, finite apertures. "
            f"Received: {initializer!r}, which gave {values.min()}"
        )


def _is_positive(value: object) -> bool:
    return isinstance(value, Real) and 0 < value < float("inf")


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and len(value) == 2
        and all(_is_positive(v) for v in value)
    )
