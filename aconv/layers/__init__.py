"""Adaptive convolution layers for Keras 3."""

from aconv.layers.conv import AdaptiveConv1D, AdaptiveConv2D, AdaptiveConv3D
from aconv.layers.depthwise import (
    AdaptiveDepthwiseConv1D,
    AdaptiveDepthwiseConv2D,
    AdaptiveSeparableConv1D,
    AdaptiveSeparableConv2D,
)
from aconv.layers.transpose import (
    AdaptiveConv1DTranspose,
    AdaptiveConv2DTranspose,
    AdaptiveConv3DTranspose,
)

__all__ = [
    "AdaptiveConv1D",
    "AdaptiveConv1DTranspose",
    "AdaptiveConv2D",
    "AdaptiveConv2DTranspose",
    "AdaptiveConv3D",
    "AdaptiveConv3DTranspose",
    "AdaptiveDepthwiseConv1D",
    "AdaptiveDepthwiseConv2D",
    "AdaptiveSeparableConv1D",
    "AdaptiveSeparableConv2D",
]
