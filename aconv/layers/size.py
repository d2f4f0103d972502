"""The size of kernels as a price: expected pixels of an envelope, and their penalty.

Beyond the paper, which trains apertures by the error alone.
"""

import math
from collections.abc import Sequence
from typing import Literal, get_args

import keras
from keras import ops

from aconv.layers import graph
from aconv.layers.base import BaseAdaptiveConv
from aconv.layers.checks import is_count, is_finite
from aconv.layers.cost import kernel_positions
from aconv.layers.envelope import envelope, squared_distance

Unit = Literal["pixels", "multiply_adds"]


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
    ``expected_pixels``. Its derivative with respect to the aperture of a circle is
    ``strength * 4 N (m - m') / sigma^3``, see there: it draws apertures inwards, most
    where a little less aperture saves many pixels, and not at all where one pixel is
    left. Ellipses have an aperture per axis, and a price of each; those of a turned
    ellipse count as if it were not turned, from which they may differ by a third.

    Args:
        strength: Price of a pixel of a filter, finite and zero or more.
        kernel_size: Size of the layer's grid along each axis; an int counts as a square
            of that side.

    Raises:
        ValueError: If an argument is not as above.

    Example:
        >>> penalty = SizePenalty(0.001, kernel_size=9)
        >>> round(float(penalty(np.array([9.0, 9.0], "float32"))), 3)
        0.162
    """

    def __init__(self, strength: float, kernel_size: int | Sequence[int]) -> None:
        _check_strength(strength)
        sides = (kernel_size,) * 2 if is_count(kernel_size) else kernel_size
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
        self.kernel_size = tuple(map(int, sides))

    def __call__(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Returns the penalty of the apertures ``x``, a scalar."""
        return self.strength * ops.sum(expected_pixels(x, self.kernel_size))

    def get_config(self) -> dict:
        """Returns the arguments, so that the penalty can be saved and loaded."""
        return {"strength": self.strength, "kernel_size": self.kernel_size}


def penalize_size(
    model: keras.Model, strength: float, *, unit: Unit = "multiply_adds"
) -> keras.Model:
    """Gives every adaptive layer of a model a ``SizePenalty``, in place.

    A larger strength makes smaller kernels, for ``crop`` to cut. Another penalty of the
    apertures is replaced, also in the layers' config. Layers whose apertures are not
    trained have no price and count for nothing. A model that holds this one and was
    trained already must be compiled anew.

    Args:
        model: A built sequential or functional model.
        strength: Finite and zero or more; what ``unit`` says.
        unit: ``"multiply_adds"``: what is added to the loss by full grids; the expected
            multiply-adds count as a share of those. A pixel then costs more in a layer
            that uses it at more places of the image and for more channels.
            ``"pixels"``: what each expected pixel of each filter adds to the loss.

    Returns:
        ``model``.

    Raises:
        TypeError: If ``model`` is not a Keras model.
        ValueError: If an argument is not as above, the model has no adaptive layer
            whose apertures are trained, or multiply-adds are asked for and the size of
            its images is not known.

    Example:
        >>> from aconv import AdaptiveConv2D
        >>> model = keras.Sequential([keras.Input((28, 28, 1)), AdaptiveConv2D(8, 9)])
        >>> penalty = penalize_size(model, 0.1).layers[0].aperture_regularizer
        >>> round(penalty.strength * 8 * 9 * 9, 6)
        0.1
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a Keras model. Received: {model!r}")
    _check_strength(strength)
    if unit not in get_args(Unit):
        raise ValueError(f"`unit` must be one of {get_args(Unit)}. Received: {unit!r}")
    adaptive = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, BaseAdaptiveConv)
        and layer.built
        and layer.aperture.trainable
    ]
    if not adaptive:
        raise ValueError(
            "`model` must be built and have an adaptive layer whose apertures are "
            f"trained. Received: {model.name!r} with none"
        )
    prices = [strength] * len(adaptive)
    if unit == "multiply_adds":
        costs = _multiply_adds_of_a_pixel(model, adaptive)
        full = sum(
            cost * layer.effective_aperture().shape[0] * math.prod(layer.kernel_size)
            for cost, layer in zip(costs, adaptive, strict=True)
        )
        prices = [strength * cost / full for cost in costs]
    for layer, price in zip(adaptive, prices, strict=True):
        layer.aperture_regularizer = SizePenalty(price, layer.kernel_size)
    # A step that is compiled would go on without the price.
    for step in ("train_function", "test_function"):
        if getattr(model, step, None) is not None:
            setattr(model, step, None)
    return model


def _multiply_adds_of_a_pixel(
    model: keras.Model, adaptive: list[keras.Layer]
) -> list[int]:
    def has_adaptive(layer: keras.Operation) -> bool:
        return graph.has_graph(layer) and any(
            isinstance(part, BaseAdaptiveConv) for part in layer._flatten_layers()
        )

    known = graph.has_graph(model)
    positions = kernel_positions(model, has_adaptive) if known else {}
    costs = []
    for layer in adaptive:
        places = positions.get(id(layer))
        if places is None:
            raise ValueError(
                '`unit="multiply_adds"` needs images of a known size and layers of a '
                "sequential or functional model. Received: "
                f"{layer.name!r} in {model.name!r}"
            )
        kernel = getattr(layer, layer.kernel_name)
        pixels = layer.effective_aperture().shape[0] * math.prod(layer.kernel_size)
        costs.append(places * math.prod(kernel.shape) // pixels)
    return costs


def _check_strength(strength: float) -> None:
    if not is_finite(strength) or strength < 0:
        raise ValueError(
            f"`strength` must be finite and zero or more. Received: {strength!r}"
        )
