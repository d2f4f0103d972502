"""The adaptive transposed convolutions: plain loops, and Keras conformance."""

import keras
import numpy as np
import pytest
import reference
from keras.src.testing import TestCase

from aconv import (
    AdaptiveConv1DTranspose,
    AdaptiveConv2DTranspose,
    AdaptiveConv3DTranspose,
)

pytestmark = pytest.mark.backend


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


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


def test_an_aperture_acts_on_its_own_filter_only(rng):
    layer = AdaptiveConv2DTranspose(3, 3, aperture_initializer=(0.4, 0.6))
    x = rng.normal(size=(1, 5, 5, 3)).astype("float32")
    before = to_numpy(layer(x))
    layer.aperture.assign([0.4, 2.0, 0.6])
    changed = np.any(to_numpy(layer(x)) != before, axis=(0, 1, 2))
    assert changed.tolist() == [False, True, False]


class Conformance(TestCase):
    """The tests that Keras puts its own layers to."""

    def test_one_dimension(self):
        self.run_layer_test(
            AdaptiveConv1DTranspose,
            init_kwargs={"filters": 4, "kernel_size": 3, "strides": 2},
            input_shape=(2, 5, 3),
            expected_output_shape=(2, 11, 4),
            expected_num_trainable_weights=3,
            expected_num_non_trainable_weights=0,
            supports_masking=False,
        )

    def test_two_dimensions_and_every_option(self):
        self.run_layer_test(
            AdaptiveConv2DTranspose,
            init_kwargs={
                "filters": 5,
                "kernel_size": (3, 4),
                "strides": 2,
                "padding": "same",
                "output_padding": 1,
                "use_bias": False,
                "activation": "relu",
                "kernel_regularizer": "l2",
                "aperture_initializer": 0.4,
                "aperture_bounds": (0.2, 1.5),
                "aperture_regularizer": "l2",
                "envelope_shape": "rotated",
                "angle_initializer": (0.2, 0.9),
                "normalize_envelope": False,
                "train_aperture": False,
            },
            input_shape=(2, 4, 3, 4),
            expected_num_trainable_weights=1,
            expected_num_non_trainable_weights=2,
            expected_num_losses=1,  # a frozen weight has no regularisation loss
            supports_masking=False,
        )

    def test_three_dimensions(self):
        self.run_layer_test(
            AdaptiveConv3DTranspose,
            init_kwargs={"filters": 4, "kernel_size": 2, "strides": 2},
            input_shape=(2, 2, 3, 2, 3),
            expected_output_shape=(2, 4, 6, 4, 4),
            expected_num_trainable_weights=3,
            supports_masking=False,
        )
