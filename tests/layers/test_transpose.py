"""The adaptive transposed convolutions: plain loops, and Keras conformance."""

import numpy as np
import pytest
import reference
from arrays import to_numpy

from aconv import (
    AdaptiveConv1DTranspose,
    AdaptiveConv2DTranspose,
    AdaptiveConv3DTranspose,
)

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    ("cls", "kernel_size", "strides", "spatial"),
    [
        (AdaptiveConv1DTranspose, (4,), (2,), (5,)),
        (AdaptiveConv2DTranspose, (3, 5), (1, 1), (4, 3)),
        (AdaptiveConv2DTranspose, (5, 4), (2, 2), (3, 4)),
        (AdaptiveConv3DTranspose, (3, 2, 3), (1, 1, 1), (3, 2, 4)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_output_is_that_of_plain_loops(
    cls, kernel_size, strides, spatial, channels, rng
):
    # Three filters equal the first side of two kernels, and three channels too: an
    # envelope along the wrong axis would pass unnoticed with one of them missing.
    layer = cls(
        3,
        kernel_size,
        strides=strides,
        aperture_initializer=(0.15, 0.9),
        bias_initializer="normal",
    )
    x = rng.normal(size=(2, *spatial, channels)).astype("float32")
    output = to_numpy(layer(x))
    kernel = to_numpy(layer.kernel).astype("float64")
    assert kernel.shape == (*kernel_size, 3, channels)
    # The bounds act from the first call on.
    apertures = to_numpy(layer.aperture).clip(1 / max(kernel_size), max(kernel_size))
    for q, sigma in enumerate(apertures):
        kernel[..., q, :] *= reference.envelope(sigma, kernel_size)[..., np.newaxis]
    np.testing.assert_allclose(to_numpy(layer.effective_kernel()), kernel, atol=1e-5)
    expected = [reference.transposed_valid(image, kernel, strides) for image in x]
    np.testing.assert_allclose(output, expected + to_numpy(layer.bias), atol=1e-4)
    assert output.shape == tuple(layer.compute_output_shape(x.shape))
