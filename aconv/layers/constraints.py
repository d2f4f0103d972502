"""The bounds of the aperture: after each update, and where the layer computes."""

import keras
import numpy as np
from keras import ops

from aconv.layers.checks import is_finite


@keras.saving.register_keras_serializable(package="aconv")
class ApertureBounds(keras.constraints.Constraint):
    """Clips apertures to a closed interval after each update.

    The paper clips to ``[1/n, n]``, ``n`` the kernel size (Section 3.3, Algorithm 1),
    because gradients of the envelope grow without bound as the aperture goes to zero.
    Keras optimisers apply it. In other loops, and to averages of weights, the layer
    holds the bounds itself, by ``within_bounds``.

    Args:
        low: Smallest aperture, in grid units; strictly positive.
        high: Largest aperture, in grid units; greater than ``low``.

    Raises:
        ValueError: If not ``0 < low < high``.

    Example:
    >>> np.array(ApertureBounds(0.2, 5.0)(np.array([0.0, 1.0, 9.0], "float32")))
    array([0.2, 1. , 5. ], dtype=float32)
    """

    def __init__(self, low: float, high: float) -> None:
        if not (is_finite(low) and is_finite(high) and 0 < low < high):
            raise ValueError(
                "Bounds of the aperture must satisfy 0 < low < high. "
                f"Received: low={low}, high={high}"
            )
        self.low = float(low)
        self.high = float(high)

    def __call__(self, w: keras.KerasTensor) -> keras.KerasTensor:
        """Returns the apertures ``w``, clipped; same shape and dtype."""
        return ops.clip(w, self.low, self.high)

    def get_config(self) -> dict:
        """Returns the bounds, so that the constraint can be saved and loaded."""
        return {"low": self.low, "high": self.high}


# Relative differences below these are rounding: initial values are computed by the
# backend, which may be another one than that of the values compared with.
_ROUNDING = {"float16": 2.0**-9, "bfloat16": 2.0**-6}
_ROUNDING_FROM_32_BITS = 2.0**-20


def within_bounds(
    aperture: keras.KerasTensor,
    low: float,
    high: float,
    initial: np.ndarray | None = None,
) -> keras.KerasTensor:
    """Clips apertures where a layer computes with them, whatever the training loop.

    Inside the bounds the result is ``aperture``, bit for bit, and so is its gradient.
    Outside, the gradient goes straight through the clip: that of a plain clip would be
    zero and leave the aperture there forever.

    Args:
        aperture: Float tensor of shape ``(filters,)``, in grid units. NaN stays NaN, so
            that a loss shows it.
        low: Smallest aperture.
        high: Largest aperture.
        initial: Values of the same shape that act without a clip, as Algorithm 1 has
            it before the first update: as long as no aperture has moved from its own.
            None if there are none.

    Returns:
        A tensor of the same shape and dtype.
    """
    value = ops.stop_gradient(aperture)
    acting = ops.clip(value, low, high)
    if initial is not None and (initial.min() < low or initial.max() > high):
        dtype = keras.backend.standardize_dtype(aperture.dtype)
        rounding = _ROUNDING.get(dtype, _ROUNDING_FROM_32_BITS)
        moved = ops.abs(value - ops.cast(initial, dtype))
        untrained = ops.all(moved <= ops.cast(rounding * initial, dtype))
        acting = ops.where(untrained, value, acting)
    # The difference is zero, exactly, and carries the gradient. That of infinite
    # apertures would be NaN.
    difference = ops.where(ops.isfinite(value), aperture - value, 0.0)
    return acting + difference
