"""The convolutions of the networks, adaptive or ordinary, in any variant."""

from typing import Any

import keras
from keras import layers, ops

from aconv.companion.training.kinds import KINDS, Kind
from aconv.companion.training.variant import Variant
from aconv.layers import (
    AdaptiveConv2D,
    AdaptiveConv2DTranspose,
    AdaptiveSeparableConv2D,
)

_ADAPTIVE = {
    layers.Conv2D: AdaptiveConv2D,
    layers.Conv2DTranspose: AdaptiveConv2DTranspose,
    layers.SeparableConv2D: AdaptiveSeparableConv2D,
}

# A number for all filters, or a pair that the filters share out linearly.
Aperture = float | tuple[float, float]


def convolution(
    x: keras.KerasTensor,
    kind: Kind,
    filters: int,
    kernel_size: int,
    *,
    aperture: Aperture,
    aperture_l2: float | None = None,
    ordinary_initializer: str = "glorot_uniform",
    variant: Variant,
    **kwargs: Any,
) -> keras.KerasTensor:
    """Applies one convolution that the paper exchanges, with ``same`` padding.

    An adaptive one has He-uniform kernels and no bias, an ordinary one a bias and the
    initializer that is given, unless the variant says otherwise. (Versions of the
    authors' code differ from this and from each other.)

    Args:
        x: Images, shape ``(batch, height, width, channels)``.
        kind: ``"adaptive"`` or ``"ordinary"``.
        filters: Number of filters.
        kernel_size: Size ``n`` of the square kernels.
        aperture: Initial apertures in grid units.
        aperture_l2: L2 penalty on the apertures; none if None.
        ordinary_initializer: Initializer of ordinary kernels.
        variant: How the layer departs from the published one.
        **kwargs: Arguments of either layer.

    Returns:
        The layer's output, re-standardised if the variant says so.

    Raises:
        ValueError: If ``kind`` is unknown.
    """
    if kind not in KINDS:
        raise ValueError(
            f"`kind` must be one of {', '.join(KINDS)}. Received: {kind!r}"
        )
    if (variant.initialization or kind) == "adaptive":
        start = {"kernel_initializer": "he_uniform", "use_bias": False}
    else:
        start = {"kernel_initializer": ordinary_initializer}
    options = {"padding": "same", **start, **kwargs}
    if kind == "ordinary":
        outputs = layers.Conv2D(filters, kernel_size, **options)(x)
    else:
        options |= _apertures(aperture, aperture_l2, variant)
        outputs = AdaptiveConv2D(filters, kernel_size, **options)(x)
    if variant.restandardize:
        outputs = Restandardize()([x, outputs])
    return outputs


def further_convolution(
    x: keras.KerasTensor,
    layer: type[layers.Layer],
    kind: Kind,
    filters: int,
    kernel_size: int,
    *,
    aperture: Aperture,
    aperture_l2: float | None = None,
    variant: Variant,
    **kwargs: Any,
) -> keras.KerasTensor:
    """Applies one convolution that the paper leaves ordinary, with ``same`` padding.

    It is adaptive if its network is and the variant says everywhere. Nothing else
    changes then: it starts from the same weights and has a bias.

    Args:
        x: Images, shape ``(batch, height, width, channels)``.
        layer: ``Conv2D``, ``Conv2DTranspose`` or ``SeparableConv2D`` of Keras.
        kind: That of the network.
        filters: Number of filters.
        kernel_size: Size of the square kernels.
        aperture: Initial apertures in grid units.
        aperture_l2: L2 penalty on the apertures; none if None.
        variant: How the network departs from the published one.
        **kwargs: Arguments of either layer.

    Returns:
        The layer's output.
    """
    options = {"padding": "same", **kwargs}
    if kind == "adaptive" and variant.everywhere:
        layer = _ADAPTIVE[layer]
        options |= _apertures(aperture, aperture_l2, variant)
    return layer(filters, kernel_size, **options)(x)


def _apertures(
    aperture: Aperture, aperture_l2: float | None, variant: Variant
) -> dict[str, Any]:
    """Arguments of an adaptive layer that an ordinary one has not."""
    if variant.aperture_l2 is not None:
        aperture_l2 = variant.aperture_l2
    return {
        "aperture_initializer": variant.apertures or aperture,
        "aperture_regularizer": keras.regularizers.L2(aperture_l2)
        if aperture_l2
        else None,
        "train_aperture": variant.train_apertures,
    }


@keras.saving.register_keras_serializable(package="aconv.companion")
class Restandardize(layers.Layer):
    """Gives each sample of a layer's output the standard deviation of its input.

    The TensorFlow 2 versions of the authors' code, from September 2020 on, do so after
    the activation of their adaptive layer, without centring; the paper does not
    mention it.

    Input shape:
        A list of two: the layer's input and its output, shape
        ``(batch, height, width, channels)`` each.

    Output shape:
        That of the layer's output.
    """

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """Returns the output times the ratio of the standard deviations."""
        before, after = inputs
        axes = (1, 2, 3)
        spread = ops.std(after, axis=axes, keepdims=True)
        wanted = ops.std(before, axis=axes, keepdims=True)
        # A sample without any spread stays as it is.
        return after * wanted / ops.maximum(spread, keras.config.epsilon())

    def compute_output_shape(self, input_shape: list[tuple]) -> tuple:
        """Returns the shape of the layer's output."""
        return input_shape[1]
