"""Convolution layers for Keras 3 that train the size of their kernels.

Tek, Çam, Karlı, "Adaptive Convolution Kernel for Artificial Neural Networks" (2020).
Importing this package needs Keras, with any of its backends, and NumPy.
"""

from aconv.layers import (
    AdaptiveConv1D,
    AdaptiveConv1DTranspose,
    AdaptiveConv2D,
    AdaptiveConv2DTranspose,
    AdaptiveConv3D,
    AdaptiveConv3DTranspose,
    AdaptiveDepthwiseConv1D,
    AdaptiveDepthwiseConv2D,
    AdaptiveSeparableConv1D,
    AdaptiveSeparableConv2D,
)
from aconv.layers.constraints import ApertureBounds
from aconv.layers.crop import crop
from aconv.layers.fold import fold
from aconv.layers.initializers import LinearlySpaced
from aconv.layers.make_adaptive import make_adaptive
from aconv.layers.optimizers import with_aperture_rate
from aconv.layers.price import penalize_size
from aconv.layers.size import SizePenalty
from aconv.layers.unfold import unfold

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
    "ApertureBounds",
    "LinearlySpaced",
    "SizePenalty",
    "crop",
    "fold",
    "make_adaptive",
    "penalize_size",
    "unfold",
    "with_aperture_rate",
]
__version__ = "0.1.0"
