"""The adaptive layers: the paper's equations, drop-in behaviour, Keras conformance."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy

from aconv import (
    AdaptiveConv2D,
    LinearlySpaced,
)
from aconv.companion.measures.gradients import gradients

pytestmark = pytest.mark.backend


def image_batch(rng, spatial, channels, batch=2):
    return rng.normal(size=(batch, *spatial, channels)).astype("float32")


# The paper's equations


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_output_is_equation_3_in_plain_loops(rng, channels, normalize):
    # Three channels equal the kernel's first side, five its second: an envelope that
    # broadcast over the wrong axis would pass unnoticed with one of them missing.
    layer = AdaptiveConv2D(
        4,
        (3, 5),
        aperture_initializer=(0.15, 0.9),
        bias_initializer="normal",
        normalize_envelope=normalize,
    )
    x = image_batch(rng, (7, 8), channels)
    output = to_numpy(layer(x))
    kernel, aperture = to_numpy(layer.kernel), to_numpy(layer.aperture)
    # 0.15 is below the bound 1/5, which acts from the first call on.
    product = reference.product_kernel(kernel, aperture.clip(1 / 5, 5), normalize)
    np.testing.assert_allclose(to_numpy(layer.effective_kernel()), product, atol=1e-5)
    expected = [reference.correlate_valid(image, product) for image in x]
    np.testing.assert_allclose(output, expected + to_numpy(layer.bias), atol=1e-4)


def test_gradients_are_equations_7_and_10(rng):
    layer = AdaptiveConv2D(2, 3, use_bias=False, aperture_initializer=(0.35, 0.8))
    x = image_batch(rng, (6, 5), 2, batch=1)
    target = rng.normal(size=(1, 4, 3, 2)).astype("float32")
    layer.build(x.shape)
    of_kernel, of_aperture = gradients(
        lambda: keras.ops.sum(
            0.5 * keras.ops.square(keras.ops.subtract(layer(x), target))
        ),
        [layer.kernel, layer.aperture],
    )

    error = to_numpy(layer(x))[0] - target[0]  # dE/dO
    kernel, aperture = to_numpy(layer.kernel), to_numpy(layer.aperture)
    raw = np.zeros(kernel.shape)  # sum over i, j of dE/do x, without the envelope
    for k, l, c, q in np.ndindex(*kernel.shape):  # noqa: E741
        raw[k, l, c, q] = np.sum(error[..., q] * x[0, k : k + 4, l : l + 3, c])
    for q, sigma in enumerate(aperture.tolist()):
        u = reference.envelope(sigma, (3, 3))
        np.testing.assert_allclose(
            of_kernel[..., q], u[..., None] * raw[..., q], rtol=1e-3, atol=1e-3
        )
        step = 1e-5
        slope = (
            reference.envelope(sigma + step, (3, 3))
            - reference.envelope(sigma - step, (3, 3))
        ) / (2 * step)
        expected = np.sum(raw[..., q] * kernel[..., q] * slope[..., None])
        np.testing.assert_allclose(of_aperture[q], expected, rtol=2e-3)


# The default is that of Section 4.2.
@pytest.mark.parametrize(
    ("filters", "given", "expected"),
    [
        (5, {}, [0.1, 0.2, 0.3, 0.4, 0.5]),
        (3, {"aperture_initializer": 0.25}, [0.25, 0.25, 0.25]),
        (3, {"aperture_initializer": [0.2, 0.4]}, [0.2, 0.3, 0.4]),
        (2, {"aperture_initializer": (0.3, 0.3)}, [0.3, 0.3]),
        (1, {"aperture_initializer": (0.1, 0.5)}, [0.3]),
        (2, {"aperture_initializer": keras.initializers.Constant(0.7)}, [0.7, 0.7]),
    ],
)
def test_initial_apertures_are_a_number_a_range_or_of_an_initializer(
    filters, given, expected
):
    layer = AdaptiveConv2D(filters, 3, **given)
    layer.build((None, 5, 5, 1))
    np.testing.assert_allclose(to_numpy(layer.aperture), expected, rtol=1e-6)


def test_lora_may_be_asked_for_before_the_layer_is_built():
    layer = AdaptiveConv2D(3, 3, lora_rank=2)
    layer.build((None, 9, 8, 2))
    assert layer.lora_enabled
    assert layer.aperture.trainable
    assert not layer._kernel.trainable


def test_lora_acts_on_the_weights_under_the_envelope(tmp_path, rng):
    model = keras.Sequential([keras.Input((8, 8, 3)), AdaptiveConv2D(4, 3)])
    layer = model.layers[0]
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(rng.normal(size=(2, 4)).astype("float32"))
    layer.aperture.assign([0.4, 0.5, 0.6, 0.7])
    x = image_batch(rng, (8, 8), 3)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), expected, atol=1e-5)
    # A file has one kernel, with what LoRA added, and fits a layer without LoRA.
    assert loaded.layers[0].lora_enabled
    assert not to_numpy(loaded.layers[0].lora_kernel_b).any()
    model.save_weights(tmp_path / "model.weights.h5")
    plain = keras.Sequential([keras.Input((8, 8, 3)), AdaptiveConv2D(4, 3)])
    plain.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(plain.predict(x, verbose=0), expected, atol=1e-5)


# Bad input


@pytest.mark.parametrize(
    ("initializer", "message"),
    [
        (0.0, "Received: 0.0"),
        ((0.0, 0.5), r"be a positive number.*Received: \(0.0, 0.5\)"),
        (True, "Received: True"),
        ((True, 2), r"Received: \(True, 2\)"),
        (None, "Received: None"),
        ((0.5, 0.1), r"low <= high.*Received: \(0.5, 0.1\)"),
        ((0.1, 0.2, 0.3), r"Received: \(0.1, 0.2, 0.3\)"),
        (float("nan"), "Received: nan"),
        (10**400, "Received: 1000"),
        ((0.1, 10**400), r"Received: \(0.1, 1000"),
        (1e300, r"Received: 1e\+300"),
        ("zeros", "positive, finite.*Zeros.*gave 0.0"),
        ("glorot_uniform", "positive, finite.*gave -"),
        (keras.initializers.Constant(-0.2), "positive, finite.*gave -0.2"),
        (LinearlySpaced(0.0, 0.5), "gave 0.0"),
        (keras.initializers.Constant(1e300), r"positive, finite.*gave 1e\+300"),
        (keras.initializers.Constant(10**400), "finite.*Constant"),
        (lambda shape, dtype: np.array([0.3, np.inf]), "positive, finite.*gave inf"),
        (lambda shape, dtype: np.full((1,), 0.3), r"shape \(2,\).*gave \(1,\)"),
        (keras.initializers.Constant([0.1, 0.2, 0.3]), r"shape \(2,\).*Constant"),
        ("identity", r"shape \(2,\).*Identity.*raises"),
        ("orthogonal", r"shape \(2,\).*Orthogonal.*raises"),
        (lambda shape: np.full(shape, 0.3), r"shape \(2,\).*raises.*dtype"),
    ],
)
def test_bad_initial_apertures_are_named(initializer, message):
    with pytest.raises(ValueError, match=f"`aperture_initializer` must.*{message}"):
        AdaptiveConv2D(2, 3, aperture_initializer=initializer)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"envelope_shape": "square"}, "`envelope_shape`.*'square'"),
        ({"envelope_shape": None}, "`envelope_shape`.*None"),
        ({"angle_initializer": 0.3}, "must be None for 'circle'.*0.3"),
        (
            {
                "aperture_initializer": lambda shape, dtype: np.full((2,), 0.3),
                "envelope_shape": "ellipse",
            },
            r"aperture_initializer.*shape \(2, 2\).*gave \(2,\)",
        ),
        ({"aperture_bounds": (0.5, 0.5)}, r"aperture_bounds.*Received: \(0.5, 0.5\)"),
        ({"aperture_bounds": (0.0, 1.0)}, r"aperture_bounds.*Received: \(0.0, 1.0\)"),
        ({"aperture_bounds": 0.5}, "aperture_bounds.*Received: 0.5"),
        ({"aperture_bounds": (1, 1e300)}, r"aperture_bounds.*Received: \(1, 1e\+300"),
        ({"filters": 2.0}, "`filters`.*positive integer.*Received: 2.0"),
        ({"aperture_bounds": (True, 2)}, r"aperture_bounds.*Received: \(True, 2\)"),
        ({"normalize_envelope": "yes"}, "normalize_envelope.*Received: 'yes'"),
        ({"train_aperture": 1}, "train_aperture.*Received: 1"),
        ({"padding": "causal"}, "padding"),
        ({"kernel_size": 0}, "kernel_size"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveConv2D(**{"filters": 2, "kernel_size": 3, **options})


@pytest.mark.parametrize(
    "ends", [(0.5, 0.1), (None, 1), (0.1, np.inf), (np.nan, 1), (True, 2), (0, 10**400)]
)
def test_linearly_spaced_values_need_two_numbers_in_order(ends):
    with pytest.raises(ValueError, match=r"`low` and `high` must be.*Received"):
        LinearlySpaced(*ends)


@pytest.mark.parametrize("shape", [(), [], 3, None, (2.0,), (-1, 2), (None, 2)])
def test_linearly_spaced_values_need_an_axis(shape):
    with pytest.raises(ValueError, match=r"`shape` must have one axis.*Received"):
        LinearlySpaced(0.1, 0.5)(shape)


def test_channels_must_be_known():
    with pytest.raises(ValueError, match=r"channels.*Received: \(None, 8, 8, None\)"):
        AdaptiveConv2D(2, 3).build((None, 8, 8, None))


@pytest.mark.parametrize(
    "method", ["envelope", "effective_aperture", "effective_kernel", "effective_size"]
)
def test_unbuilt_layer_says_so(method):
    with pytest.raises(AttributeError, match=f"build the layer before.*{method}"):
        getattr(AdaptiveConv2D(2, 3), method)()
