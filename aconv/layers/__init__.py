"""Adaptive convolution layers for Keras 3."""

from aconv.layers.conv import AdaptiveConv1D, AdaptiveConv2D, AdaptiveConv3D

__all__ = ["AdaptiveConv1D", "AdaptiveConv2D", "AdaptiveConv3D"]
