"""A price of the size of all kernels of a model."""

import math
from typing import Literal, get_args

import keras

from aconv.layers import graph
from aconv.layers.base import BaseAdaptiveConv
from aconv.layers.cost import kernel_positions
from aconv.layers.size import SizePenalty, check_strength

Unit = Literal["pixels", "multiply_adds"]


def penalize_size(
    model: keras.Model, strength: float, *, unit: Unit = "multiply_adds"
) -> keras.Model:
    """Give every adaptive layer of a model a ``SizePenalty``, in place.

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
    check_strength(strength)
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
