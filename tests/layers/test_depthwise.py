"""The adaptive depthwise and separable convolutions: plain loops, and conformance."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy

from aconv import (
    AdaptiveConv2D,
    AdaptiveDepthwiseConv1D,
    AdaptiveDepthwiseConv2D,
    AdaptiveSeparableConv1D,
    AdaptiveSeparableConv2D,
)

pytestmark = pytest.mark.backend

# Three channels equal the kernels' first side: an envelope along the wrong axis would
# pass unnoticed without.
SHAPES = {1: ((3,), (7,)), 2: ((3, 4), (6, 5))}


def product_kernel(layer, name, kernel_size):
    """``W ∘ U``: aperture ``channel * multiplier + m`` is that of kernel ``m``."""
    kernel = to_numpy(getattr(layer, name)).astype("float64")
    *_, channels, multiplier = kernel.shape
    # The bounds act from the first call on.
    apertures = to_numpy(layer.aperture).clip(1 / max(kernel_size), max(kernel_size))
    assert apertures.shape == (channels * multiplier,)
    for c, m in np.ndindex(channels, multiplier):
        sigma = apertures[c * multiplier + m]
        kernel[..., c, m] *= reference.envelope(sigma, kernel_size)
    np.testing.assert_allclose(to_numpy(layer.effective_kernel()), kernel, atol=1e-5)
    return kernel


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("cls", [AdaptiveDepthwiseConv1D, AdaptiveDepthwiseConv2D])
def test_depthwise_output_is_that_of_plain_loops(cls, channels, multiplier, rng):
    kernel_size, spatial = SHAPES[1 if cls is AdaptiveDepthwiseConv1D else 2]
    layer = cls(
        kernel_size,
        depth_multiplier=multiplier,
        aperture_initializer=(0.15, 0.9),
        bias_initializer="normal",
    )
    x = rng.normal(size=(2, *spatial, channels)).astype("float32")
    output = to_numpy(layer(x))
    product = product_kernel(layer, "kernel", kernel_size)
    expected = [reference.depthwise_valid(image, product) for image in x]
    np.testing.assert_allclose(output, expected + to_numpy(layer.bias), atol=1e-4)
    assert output.shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("cls", [AdaptiveSeparableConv1D, AdaptiveSeparableConv2D])
def test_separable_output_is_that_of_plain_loops(cls, multiplier, rng):
    kernel_size, spatial = SHAPES[1 if cls is AdaptiveSeparableConv1D else 2]
    layer = cls(
        5,
        kernel_size,
        depth_multiplier=multiplier,
        aperture_initializer=(0.15, 0.9),
        bias_initializer="normal",
    )
    x = rng.normal(size=(2, *spatial, 3)).astype("float32")
    output = to_numpy(layer(x))
    product = product_kernel(layer, "depthwise_kernel", kernel_size)
    pointwise = to_numpy(layer.pointwise_kernel).reshape(3 * multiplier, 5)
    expected = [reference.depthwise_valid(image, product) @ pointwise for image in x]
    np.testing.assert_allclose(output, expected + to_numpy(layer.bias), atol=1e-4)
    assert output.shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize(
    ("initializer", "message"),
    [
        (keras.initializers.Constant(-0.2), "positive, finite.*gave -0.2"),
        ("zeros", "positive, finite.*gave 0.0"),
    ],
)
def test_initial_values_are_looked_at_when_their_number_is_known(initializer, message):
    layer = AdaptiveDepthwiseConv2D(3, aperture_initializer=initializer)
    with pytest.raises(ValueError, match=message):
        layer.build((None, 5, 5, 2))


class Subclassed(keras.Model):
    """Builds its layers where Keras traces its call."""

    def __init__(self, **options):
        super().__init__()
        self.conv = AdaptiveDepthwiseConv2D(3, **options)

    def call(self, inputs):
        return self.conv(inputs)

    def get_config(self):
        return {}


@pytest.mark.parametrize("drawn", [True, False])
def test_layer_inside_a_subclassed_model_is_built_saved_and_trained(drawn, tmp_path):
    initial = (
        keras.initializers.RandomUniform(0.4, 0.6, seed=1) if drawn else (0.4, 0.6)
    )
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
    model = Subclassed(aperture_initializer=initial)
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((4, 6, 6, 3), "float32"), verbose=0)
    expected = model.predict(x, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    other = Subclassed(aperture_initializer=initial)
    other(x)
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(other.predict(x, verbose=0), expected, atol=1e-6)


def test_size_of_an_envelope_that_vanishes_is_that_of_its_shape():
    plain, normalized = (
        AdaptiveConv2D(
            2,
            4,
            normalize_envelope=normalize,
            aperture_bounds=(0.001, 1),
            aperture_initializer=0.01,
        )
        for normalize in (False, True)
    )
    for layer in (plain, normalized):
        layer.build((None, 8, 8, 1))
    np.testing.assert_allclose(plain.effective_size(), normalized.effective_size())
    assert np.isfinite(plain.effective_size()).all()
