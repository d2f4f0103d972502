"""The convolutions of the networks, adaptive or ordinary, as settings say."""

from typing import Any

import keras
from keras import layers

from aconv.companion.training.layers import FourierConv2D, Restandardize
from aconv.companion.training.settings import Settings
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


def remaining_convolution(
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
