"""The clip of the aperture, as a Keras constraint."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aconv")
class ApertureBounds(keras.constraints.Constraint):
    """Clips apertures to a closed interval after each update.

    The paper clips to ``[1/n, n]``, ``n`` the kernel size (Section 3.3, Algorithm 1),
    because gradients of the envelope grow without bound as the aperture goes to zero.
    As a constraint of the weight it holds under every optimiser and training loop.

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
        if not 0 < low < high:
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
