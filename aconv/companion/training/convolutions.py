"""The convolutions of the networks: adaptive, ordinary or a peer, as settings say."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from aconv.companion.training.backends import check_backend
from aconv.companion.training.layers import FourierConv2D, Restandardize
from aconv.companion.training.peer_layers import PEER_LAYERS
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
    layer, own = _layer(settings, is_first)
    outputs = layer(
        filters,
        kernel_size,
        kernel_initializer=settings.kernel_initializer,
        use_bias=settings.use_bias,
        **own,
        **kwargs,
    )(x)
    if settings.restandardize:
        outputs = Restandardize()([x, outputs])
    return outputs


def _layer(
    settings: Settings, is_first: bool
) -> tuple[Callable[..., layers.Layer], dict[str, Any]]:
    """The layer that settings name, and the arguments that not every layer has."""
    if settings.layer in PEER_LAYERS:
        check_backend([settings.layer])
        return PEER_LAYERS[settings.layer], {}
    options: dict[str, Any] = {"padding": "same"}
    if settings.kernel_l2:
        options["kernel_regularizer"] = keras.regularizers.L2(settings.kernel_l2)
    if settings.layer == "adaptive":
        options |= _of_envelope(settings, is_first)
        return AdaptiveConv2D, options | {"method": settings.method}
    if settings.method == "fft":
        return FourierConv2D, options | {"method": "fft"}
    return layers.Conv2D, options


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
