"""The size of kernels: expected pixels of an envelope, and their penalty.

Beyond the paper, which trains apertures by the error alone.
"""

import math
from collections.abc import Sequence
from typing import Self

import keras
from keras import ops

from aconv.layers.checks import is_count, is_finite
from aconv.layers.envelope import envelope, squared_distance


def expected_pixels(
    aperture: keras.KerasTensor, kernel_size: Sequence[int]
) -> keras.KerasTensor:
    """Number of coefficients that an envelope amounts to, differentiable.

    It is the participation ratio ``N = (Σ U^2)^2 / Σ U^4`` of the energies that the
    coefficients of a kernel are expected to have when its weights have one variance:
    1 for a spike, as many as the grid has for a flat envelope.
    ``envelope.effective_size`` is its root.

    Its derivative: with ``p = U^2 / Σ U^2``, for which ``N = 1 / Σ p^2``, and
    ``r = ||g - mu||`` (Eq. 11), ``dp/dsigma = 2 p (r^2 - Σ p r^2) / sigma^3``, so that

    ``dN/dsigma = 4 N (m - m') / sigma^3``

    where ``m`` is the mean of ``r^2`` over the grid weighted with ``U^2``, and ``m'``
    that weighted with ``U^4``. The latter is the smaller one: ``N`` rises with the
    aperture.

    Args:
        aperture: Float tensor of shape ``(filters,)``, positive, in grid units; for
            ellipses of shape ``(filters, rank)``.
        kernel_size: Positive integers, the size of each spatial axis of the kernel.

    Returns:
        A tensor of shape ``(filters,)``, in pixels, from 1 (2 for each even axis) to
        the number of points of the grid.

    Example:
        >>> n = expected_pixels(np.array([0.05, 0.2, 9.0], "float32"), (9, 9))
        >>> ops.convert_to_numpy(n).round()
        array([ 1., 16., 81.], dtype=float32)
    """
    kernel_size = tuple(kernel_size)
    u = envelope(aperture, kernel_size)
    axes = tuple(range(len(kernel_size) + 1))
    return math.prod(kernel_size) ** 2 / ops.sum(ops.power(u, 4), axis=axes)


def expected_pixels_derivative(
    aperture: keras.KerasTensor, kernel_size: Sequence[int]
) -> keras.KerasTensor:
    """Derivative of ``expected_pixels`` with respect to the aperture, as stated there.

    Layers are differentiated by their backend; this function states what it is.

    Args:
        aperture: Float tensor of shape ``(filters,)``, positive, in grid units.
        kernel_size: As in ``expected_pixels``.

    Returns:
        A tensor of shape ``(filters,)``, in pixels per grid unit of aperture.
    """
    kernel_size = tuple(kernel_size)
    aperture = ops.convert_to_tensor(aperture)
    energy = ops.square(envelope(aperture, kernel_size))
    distance = ops.convert_to_tensor(
        squared_distance(kernel_size)[..., None, None], dtype=energy.dtype
    )
    axes = tuple(range(len(kernel_size) + 1))

    def mean(weight: keras.KerasTensor) -> keras.KerasTensor:
        return ops.sum(weight * distance, axis=axes) / ops.sum(weight, axis=axes)

    narrowing = mean(energy) - mean(ops.square(energy))
    return 4 * expected_pixels(aperture, kernel_size) * narrowing / aperture**3


@keras.saving.register_keras_serializable(package="aconv")
class SizePenalty(keras.regularizers.Regularizer):
    """A price of each pixel that the kernels of a layer are expected to need.

    For ``aperture_regularizer`` of an adaptive layer. What is added to the loss is
    ``strength * Σ_q N(sigma_q)``, over the filters ``q`` of the layer, with ``N`` of
    ``expected_pixels`` at the apertures that the layer computes with. Its derivative
    with respect to the aperture of a circle is
    ``strength * 4 N (m - m') / sigma^3``, see there: it draws apertures inwards, most
    where a little less aperture saves many pixels, and not at all where one pixel is
    left. Ellipses have an aperture per axis, and a price of each; those of a turned
    ellipse count as if it were not turned. What a turned one amounts to differs from
    that: on square grids it is about 0.9 to 1.4 times as many pixels (on one of 2x2
    from 0.65 times), on elongated grids such as 15x3 from 0.3 to 3.6 times.

    Args:
        strength: Price of a pixel of a filter, zero or more and finite in float32.
        kernel_size: Size of the layer's grid along each axis. An int is the size along
            all axes of the layer that the penalty is given to, however many these are.

    Raises:
        ValueError: If an argument is not as above, or a penalty with one size for all
            axes is called without a layer.

    Example:
        >>> penalty = SizePenalty(0.001, kernel_size=(9, 9))
        >>> round(float(penalty(np.array([9.0, 9.0], "float32"))), 3)
        0.162
    """

    def __init__(self, strength: float, kernel_size: int | Sequence[int]) -> None:
        check_strength(strength)
        sides = [kernel_size] if is_count(kernel_size) else kernel_size
        if (
            not isinstance(sides, Sequence)
            or not sides
            or not all(map(is_count, sides))
        ):
            raise ValueError(
                "`kernel_size` must be a positive integer or several. "
                f"Received: {kernel_size!r}"
            )
        self.strength = float(strength)
        sizes = tuple(map(int, sides))
        self.kernel_size = sizes[0] if is_count(kernel_size) else sizes

    def of_rank(self, rank: int) -> Self:
        """Return the penalty of kernels of ``rank`` axes, with a size for each."""
        if isinstance(self.kernel_size, tuple):
            return self
        return type(self)(self.strength, (self.kernel_size,) * rank)

    def __call__(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return the penalty of apertures, a scalar.

        Args:
            x: Float tensor of shape ``(filters,)``, or ``(filters, rank)`` for
                ellipses, as ``effective_aperture`` of a layer gives them.

        Raises:
            ValueError: If it has another shape, or the penalty one size for all axes.
        """
        if not isinstance(self.kernel_size, tuple):
            raise ValueError(
                "`kernel_size` must have a size for each axis where no layer says how "
                f"many there are. Received: {self.kernel_size}"
            )
        shape, rank = tuple(x.shape), len(self.kernel_size)
        if len(shape) != 1 and shape[1:] != (rank,):
            raise ValueError(
                f"`x` must be of shape (filters,) or (filters, {rank}), the apertures "
                f"that `effective_aperture` returns. Received: shape {shape}"
            )
        return self.strength * ops.sum(expected_pixels(x, self.kernel_size))

    def get_config(self) -> dict:
        """Return the arguments, so that the penalty can be saved and loaded."""
        return {"strength": self.strength, "kernel_size": self.kernel_size}


def check_strength(strength: float) -> None:
    """Refuse what is no strength of a penalty.

    Args:
        strength: Anything.

    Raises:
        ValueError: If it is not a finite number, zero or more.
    """
    if not is_finite(strength) or strength < 0:
        raise ValueError(
            f"`strength` must be finite and zero or more. Received: {strength!r}"
        )
