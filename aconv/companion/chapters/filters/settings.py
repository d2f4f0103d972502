"""Settings of Section 4.1: the nine operators, the size of kernels, the training."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from skimage import filters

from aconv.companion.training.settings import Kind

KERNEL_SIZE = 9
INITIAL_APERTURE = 0.25
WEIGHT_DECAY = 1e-3
"""L2 penalty of the authors' code."""
RECORDED_WEIGHT_DECAY = 1e-2
"""L2 penalty that the error of the authors' recorded ordinary layer is that of."""
INITIALIZERS: Mapping[Kind, str] = MappingProxyType(
    {"adaptive": "he_uniform", "ordinary": "glorot_uniform"}
)
LEARNING_RATE = 0.1
MOMENTUM = 0.9
CLIP_VALUE = 1.0


def _framed(operator: Callable) -> Callable:
    """The operator as scikit-image had it until version 0.16, with a frame of zeros.

    The authors' records were made with that: with the operators of today the least
    error of their ordinary layer is not the recorded one in its last digits.
    """

    def framed(image: np.ndarray) -> np.ndarray:
        return np.pad(operator(image)[1:-1, 1:-1], 1)

    return framed


def _smoothed(operator: Callable, sigma: float = 2.0) -> Callable:
    return lambda image: operator(filters.gaussian(image, sigma))


_laplace = _framed(lambda image: filters.laplace(image, ksize=3))
_sobel_h, _sobel_v = _framed(filters.sobel_h), _framed(filters.sobel_v)

# The nine of the authors' code. The labels of Figure 4 print the standard deviations
# as 0.25, 0.5 and 1.0, and as 0.5 in the combinations.
TARGET_FILTERS: MappingProxyType[str, Callable[[np.ndarray], np.ndarray]] = (
    MappingProxyType(
        {
            "Laplace": _laplace,
            "Sobel, horizontal": _sobel_h,
            "Sobel, vertical": _sobel_v,
            "Gauss 0.25": lambda image: filters.gaussian(image, 0.25),
            "Gauss 1": lambda image: filters.gaussian(image, 1.0),
            "Gauss 2": lambda image: filters.gaussian(image, 2.0),
            "Gauss 2, Laplace": _smoothed(_laplace),
            "Gauss 2, Sobel h.": _smoothed(_sobel_h),
            "Gauss 2, Sobel v.": _smoothed(_sobel_v),
        }
    )
)


def target_images(image: np.ndarray) -> np.ndarray:
    """What the nine operators of Figure 4d make of a grey image, a channel for each."""
    outputs = [operator(image) for operator in TARGET_FILTERS.values()]
    return np.stack(outputs, axis=-1).astype("float32")
