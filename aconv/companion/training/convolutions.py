"""The convolutions of the networks, adaptive or ordinary, as settings say."""

from typing import Any

import keras
from keras import layers, ops

from aconv.companion.training.settings import Settings
from aconv.layers import (
    AdaptiveConv2D,
    AdaptiveConv2DTranspose,
    AdaptiveSeparableConv2D,
)
from aconv.layers.method import HasMethod

_ADAPTIVE = {
    layers.Conv2D: AdaptiveConv2D,
    layers.Conv2DTranspose: AdaptiveConv2DTranspose,
    layers.SeparableConv2D: AdaptiveSeparableConv2D,
}


def convolution(
    x: keras.KerasTensor,
    settings: Settings,
    filters: int,
    kernel_size: int,
    *,
    is_first: bool = False,
    **kwargs: Any,
) -> keras.KerasTensor:
    """Apply one convolution that the paper exchanges, with ``same`` padding."""
    options: dict[str, Any] = {
        "padding": "same",
        "kernel_initializer": settings.kernel_initializer,
        "use_bias": settings.use_bias,
        **kwargs,
    }
    if settings.kernel_l2:
        options["kernel_regularizer"] = keras.regularizers.L2(settings.kernel_l2)
    layer = layers.Conv2D
    if settings.layer == "adaptive":
        layer = AdaptiveConv2D
        options |= _of_envelope(settings, is_first) | {"method": settings.method}
    elif settings.method == "fft":
        layer = FourierConv2D
        options["method"] = settings.method
    outputs = layer(filters, kernel_size, **options)(x)
    if settings.restandardize:
        outputs = Restandardize()([x, outputs])
    return outputs


def further_convolution(
    x: keras.KerasTensor,
    settings: Settings,
    layer: type[layers.Layer],
    filters: int,
    kernel_size: int,
    **kwargs: Any,
) -> keras.KerasTensor:
    """Apply one convolution that is ordinary in the paper, adaptive if all are."""
    options = {"padding": "same", **kwargs}
    if settings.all_layers:
        layer = _ADAPTIVE[layer]
        options |= _of_envelope(settings, is_first=False)
    return layer(filters, kernel_size, **options)(x)


def _of_envelope(settings: Settings, is_first: bool) -> dict[str, Any]:
    """Arguments of an adaptive layer that an ordinary one has not."""
    l2 = settings.aperture_l2 if is_first else 0.0
    return {
        "aperture_initializer": settings.apertures,
        "aperture_bounds": settings.aperture_bounds,
        "aperture_regularizer": keras.regularizers.L2(l2) if l2 else None,
        "train_aperture": settings.train_apertures,
    }


@keras.saving.register_keras_serializable(package="aconv.companion")
class FourierConv2D(HasMethod, layers.Conv2D):
    """An ordinary convolution that is computed as an adaptive one with ``"fft"`` is."""

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Convolve ``inputs`` with ``kernel``, the hook of the layer's ``call``."""
        return self._by_fft(inputs, kernel, self.groups)


@keras.saving.register_keras_serializable(package="aconv.companion")
class Restandardize(layers.Layer):
    """Gives each sample of a layer's output the standard deviation of its input.

    The authors' code of September 2020 does so after the activation of its adaptive
    layer, without centring; the paper does not mention it. Its inputs are a list of
    two, the layer's input and its output.
    """

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """Return the output times the ratio of the standard deviations."""
        before, after = inputs
        axes = (1, 2, 3)
        spread = ops.std(after, axis=axes, keepdims=True)
        wanted = ops.std(before, axis=axes, keepdims=True)
        # A sample without any spread stays as it is.
        return after * wanted / ops.maximum(spread, keras.config.epsilon())

    def compute_output_shape(self, input_shape: list[tuple]) -> tuple:
        """Return the shape of the layer's output."""
        return input_shape[1]
