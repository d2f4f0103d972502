"""The bounds of the aperture: where the layer computes, and after each update."""

import keras
from keras import ops

from aconv.layers.checks import is_finite


@keras.saving.register_keras_serializable(package="aconv")
class ApertureBounds(keras.constraints.Constraint):
    """Clips apertures to a closed interval after each update.

    The paper clips to ``[1/n, n]``, ``n`` the kernel size (Section 4.2, Algorithm 1),
    so that large gradients do not shrink apertures too far (Section 3.3). Keras
    optimisers apply it. The layer holds the bounds itself, by ``within_bounds``: from
    its first call, in other loops, and where weights are averaged.

    Args:
        low: Smallest aperture, in grid units; strictly positive.
        high: Largest aperture, in grid units; greater than ``low`` and finite in
            float32.

    Raises:
        ValueError: If not ``0 < low < high``, both finite in float32.

    Example:
    >>> np.array(ApertureBounds(0.2, 5.0)(np.array([0.0, 1.0, 9.0], "float32")))
    array([0.2, 1. , 5. ], dtype=float32)
    """

    def __init__(self, low: float, high: float) -> None:
        if not (is_finite(low) and is_finite(high) and 0 < low < high):
            raise ValueError(
                "`low` and `high` must be finite numbers with 0 < low < high. "
                f"Received: low={low!r}, high={high!r}"
            )
        self.low = float(low)
        self.high = float(high)

    def __call__(self, w: keras.KerasTensor) -> keras.KerasTensor:
        """Return the apertures ``w``, clipped; same shape and dtype."""
        return ops.clip(w, self.low, self.high)

    def get_config(self) -> dict:
        """Return the bounds, so that the constraint can be saved and loaded."""
        return {"low": self.low, "high": self.high}


def within_bounds(
    aperture: keras.KerasTensor, low: float, high: float
) -> keras.KerasTensor:
    """Clip apertures where a layer computes with them, whatever the training loop.

    Inside the bounds the result is ``aperture``, bit for bit, and so is its gradient.
    Outside, the gradient goes straight through the clip: that of a plain clip would be
    zero and leave the aperture there forever.

    Args:
        aperture: Float tensor of any shape, in grid units. NaN stays NaN, so that a
            loss shows it.
        low: Smallest aperture, in grid units.
        high: Largest aperture, in grid units.

    Returns:
        A tensor of the same shape and dtype.
    """
    value = ops.stop_gradient(aperture)
    # The difference is zero, exactly, and carries the gradient. That of infinite
    # apertures would be NaN.
    difference = ops.where(ops.isfinite(value), aperture - value, 0.0)
    return ops.clip(value, low, high) + difference
