"""The adaptive layers: the paper's equations, drop-in behaviour, Keras conformance."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy

from aconv import (
    AdaptiveConv1D,
    AdaptiveConv2D,
    AdaptiveConv3D,
    ApertureBounds,
    LinearlySpaced,
)
from aconv.companion.measures.gradients import gradients

pytestmark = pytest.mark.backend

RANKS = {
    1: (AdaptiveConv1D, keras.layers.Conv1D, (11,)),
    2: (AdaptiveConv2D, keras.layers.Conv2D, (9, 8)),
    3: (AdaptiveConv3D, keras.layers.Conv3D, (6, 7, 5)),
}


def image_batch(rng, spatial, channels, data_format="channels_last", batch=2):
    shape = (batch, *spatial, channels)
    if data_format == "channels_first":
        shape = (batch, channels, *spatial)
    return rng.normal(size=shape).astype("float32")


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


@pytest.mark.parametrize("rank", RANKS)
def test_very_large_aperture_is_an_ordinary_convolution(rank, rng):
    adaptive_class, ordinary_class, spatial = RANKS[rank]
    adaptive = adaptive_class(
        4, 3, aperture_initializer=1e4, aperture_bounds=(0.1, 1e4)
    )
    ordinary = ordinary_class(4, 3)
    x = image_batch(rng, spatial, 3)
    adaptive.build(x.shape)
    ordinary.build(x.shape)
    ordinary.kernel.assign(adaptive.kernel)
    np.testing.assert_allclose(to_numpy(adaptive(x)), to_numpy(ordinary(x)), atol=1e-5)

    target = rng.normal(size=adaptive(x).shape).astype("float32")

    def loss(layer):
        return lambda: keras.ops.mean(
            keras.ops.square(keras.ops.subtract(layer(x), target))
        )

    *of_adaptive, of_aperture = gradients(
        loss(adaptive), [adaptive.kernel, adaptive.bias, adaptive.aperture]
    )
    of_ordinary = gradients(loss(ordinary), [ordinary.kernel, ordinary.bias])
    for ours, theirs in zip(of_adaptive, of_ordinary, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(of_aperture, 0, atol=1e-5)


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


# A drop-in for the convolution layers of Keras


def test_causal_padding_never_looks_ahead(rng):
    layer = AdaptiveConv1D(2, 4, padding="causal", dilation_rate=2)
    x = image_batch(rng, (12,), 3)
    before = to_numpy(layer(x))
    x[:, 7] += 1.0
    changed = np.any(to_numpy(layer(x)) != before, axis=(0, 2))
    assert not changed[:7].any()
    assert changed[7]


# Training


def small_model(**kwargs):
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            AdaptiveConv2D(4, 3, **kwargs),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )


@pytest.mark.parametrize(
    ("kernel_size", "bounds"),
    [(3, (1 / 3, 3)), ((5, 9), (1 / 9, 9)), (1, (0.5, 1.0))],
)
def test_bounds_are_those_of_algorithm_1_by_default(kernel_size, bounds):
    layer = AdaptiveConv2D(2, kernel_size)
    layer.build((None, 9, 9, 1))
    constraint = layer.aperture.constraint
    assert isinstance(constraint, ApertureBounds)
    assert (constraint.low, constraint.high) == pytest.approx(bounds)


def test_frozen_apertures_stay_as_initialised(rng):
    model = small_model(train_aperture=False)
    before = to_numpy(model.layers[0].aperture).copy()
    model.compile("sgd", "mse")
    model.fit(image_batch(rng, (8, 8), 3), rng.normal(size=(2, 4)), verbose=0)
    np.testing.assert_array_equal(to_numpy(model.layers[0].aperture), before)


def test_initial_apertures_are_linearly_spaced_as_in_section_4_2():
    layer = AdaptiveConv2D(5, 7)
    layer.build((None, 9, 9, 1))
    np.testing.assert_allclose(
        to_numpy(layer.aperture), [0.1, 0.2, 0.3, 0.4, 0.5], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [
        (0.25, [0.25, 0.25, 0.25]),
        ([0.2, 0.4], [0.2, 0.3, 0.4]),
        ("ones", [1.0, 1.0, 1.0]),
        (keras.initializers.Constant(0.7), [0.7, 0.7, 0.7]),
    ],
)
def test_aperture_initializer_takes_a_number_a_range_or_an_initializer(
    initializer, expected
):
    layer = AdaptiveConv2D(3, 3, aperture_initializer=initializer)
    layer.build((None, 5, 5, 1))
    np.testing.assert_allclose(to_numpy(layer.aperture), expected, rtol=1e-6)


def test_range_for_a_single_filter_is_its_middle():
    np.testing.assert_allclose(to_numpy(LinearlySpaced(0.1, 0.5)((1,))), [0.3])


def test_aperture_regularizer_enters_the_loss():
    layer = AdaptiveConv2D(
        2, 3, aperture_initializer=0.5, aperture_regularizer=keras.regularizers.L2(0.1)
    )
    layer.build((None, 5, 5, 1))
    (loss,) = layer.losses
    assert float(to_numpy(loss)) == pytest.approx(0.1 * 2 * 0.25)


class CallsSuper:
    """An override that changes the kernel and leaves the convolution to the layer."""

    def convolution_op(self, inputs, kernel):
        return super().convolution_op(inputs, keras.ops.multiply(kernel, 2))


class OwnConvolution:
    """An override that convolves by itself, as the Keras documentation shows it."""

    def convolution_op(self, inputs, kernel):
        if self.padding == "causal":
            left = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            inputs = keras.ops.pad(inputs, [(0, 0), (left, 0), (0, 0)])
        return 2 * keras.ops.conv(
            inputs,
            kernel,
            strides=self.strides,
            padding="valid" if self.padding == "causal" else self.padding,
            dilation_rate=self.dilation_rate,
        )


@pytest.mark.parametrize("override", [CallsSuper, OwnConvolution])
@pytest.mark.parametrize("rank", RANKS)
@pytest.mark.parametrize("padding", ["same", "causal"])
def test_override_of_convolution_op_meets_the_product_kernel(
    rank, padding, override, rng
):
    if padding == "causal" and rank > 1:
        pytest.skip("causal padding is for one dimension")
    adaptive_class, _, spatial = RANKS[rank]
    options = {"kernel_size": 3, "padding": padding, "activation": "relu"}
    layer = adaptive_class(3, **options)
    doubled = type("Mine", (override, adaptive_class), {})(3, **options)
    x = image_batch(rng, spatial, 2)
    expected = 2 * to_numpy(layer(x))
    assert expected.any()
    doubled.build(x.shape)
    doubled.set_weights(layer.get_weights())
    np.testing.assert_allclose(to_numpy(doubled(x)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("override", [CallsSuper, OwnConvolution])
def test_override_of_convolution_op_trains_its_apertures(override, jit_compile, rng):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("XLA compiles TensorFlow and JAX; torch.compile needs a C++ build")
    mine = type("Mine", (override, AdaptiveConv2D), {})
    x, y = image_batch(rng, (6, 6), 3), rng.normal(size=(2, 4, 4, 2))
    after = {}
    for cls in (AdaptiveConv2D, mine):
        keras.utils.set_random_seed(2)
        layer = cls(2, 3, aperture_initializer=(0.4, 0.6), use_bias=False)
        inputs = keras.Input((6, 6, 3))
        outputs = layer(inputs)
        if cls is AdaptiveConv2D:
            outputs = 2 * outputs
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=jit_compile)
        model.fit(x, y, verbose=0)
        after[cls] = [to_numpy(weight) for weight in (layer.aperture, layer.kernel)]
        assert np.abs(after[cls][0] - [0.4, 0.6]).min() > 1e-5
    for ours, theirs in zip(after[mine], after[AdaptiveConv2D], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rank", RANKS)
def test_lora_may_be_asked_for_before_the_layer_is_built(rank):
    adaptive_class, _, spatial = RANKS[rank]
    layer = adaptive_class(3, 3, lora_rank=2)
    layer.build((None, *spatial, 2))
    assert layer.lora_enabled
    assert layer.aperture.trainable
    assert not layer._kernel.trainable


# Saving


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
    ("kwargs", "message"),
    [
        ({"aperture_initializer": 0.0}, "aperture_initializer.*Received: 0.0"),
        ({"aperture_initializer": True}, "aperture_initializer.*Received: True"),
        ({"aperture_initializer": (True, 2)}, r"aperture_initializer.*\(True, 2\)"),
        ({"aperture_initializer": -0.1}, "aperture_initializer.*Received: -0.1"),
        ({"aperture_initializer": None}, "aperture_initializer.*Received: None"),
        (
            {"aperture_initializer": (0.5, 0.1)},
            r"aperture_initializer.*low <= high.*Received: \(0.5, 0.1\)",
        ),
        (
            {"aperture_initializer": lambda shape, dtype: np.full((1,), 0.3)},
            r"aperture_initializer.*shape \(2,\).*gave \(1,\)",
        ),
        (
            {"aperture_initializer": keras.initializers.Constant([0.1, 0.2, 0.3])},
            r"aperture_initializer.*shape \(2,\).*Constant",
        ),
        (
            {
                "aperture_initializer": lambda shape, dtype: np.full((2,), 0.3),
                "envelope_shape": "ellipse",
            },
            r"aperture_initializer.*shape \(2, 2\).*gave \(2,\)",
        ),
        ({"aperture_initializer": (0.1, 0.2, 0.3)}, "Received: .0.1, 0.2, 0.3."),
        ({"aperture_initializer": float("nan")}, "Received: nan"),
        ({"aperture_initializer": "zeros"}, "positive, finite.*Zeros.*gave 0.0"),
        ({"aperture_initializer": "glorot_uniform"}, "positive, finite.*gave -"),
        (
            {"aperture_initializer": keras.initializers.Constant(-0.2)},
            "positive, finite.*gave -0.2",
        ),
        ({"aperture_initializer": LinearlySpaced(0.0, 0.5)}, "gave 0.0"),
        (
            {"aperture_initializer": lambda shape, dtype: np.full(shape, np.inf)},
            "positive, finite.*gave inf",
        ),
        ({"aperture_bounds": (0.5, 0.1)}, r"aperture_bounds.*Received: \(0.5, 0.1\)"),
        ({"aperture_bounds": (0.0, 1.0)}, r"aperture_bounds.*Received: \(0.0, 1.0\)"),
        ({"aperture_bounds": 0.5}, "aperture_bounds.*Received: 0.5"),
        ({"aperture_bounds": (True, 2)}, r"aperture_bounds.*Received: \(True, 2\)"),
        ({"normalize_envelope": "yes"}, "normalize_envelope.*Received: 'yes'"),
        ({"train_aperture": 1}, "train_aperture.*Received: 1"),
        ({"padding": "causal"}, "padding"),
        ({"kernel_size": 0}, "kernel_size"),
    ],
)
def test_bad_arguments_are_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveConv2D(**{"filters": 2, "kernel_size": 3, **kwargs})


@pytest.mark.parametrize(
    "ends", [(0.5, 0.1), (None, 1), ("a", "b"), (0.1, np.inf), (np.nan, 1), (True, 2)]
)
def test_linearly_spaced_values_need_two_numbers_in_order(ends):
    with pytest.raises(ValueError, match=r"`low` and `high` must be.*Received"):
        LinearlySpaced(*ends)


def test_channels_must_be_known():
    with pytest.raises(ValueError, match=r"channels.*Received: \(None, 8, 8, None\)"):
        AdaptiveConv2D(2, 3).build((None, 8, 8, None))


@pytest.mark.parametrize("method", ["envelope", "effective_kernel"])
def test_unbuilt_layer_says_so(method):
    with pytest.raises(AttributeError, match=f"build the layer before.*{method}"):
        getattr(AdaptiveConv2D(2, 3), method)()
