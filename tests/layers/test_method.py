"""What ``method="fft"`` computes is what ``method="direct"`` does, up to rounding."""

import keras
import numpy as np
import pytest
from arrays import to_numpy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import aconv
from aconv import layers
from aconv.companion.measures.gradients import compile_gradients, gradients
from aconv.layers.method import HasMethod

pytestmark = pytest.mark.backend

WITH_METHOD = [
    name for name in layers.__all__ if issubclass(getattr(layers, name), HasMethod)
]
WITHOUT_METHOD = [name for name in layers.__all__ if name not in WITH_METHOD]


def assert_close(found, expected, tolerance=1e-4):
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 0
    error = np.abs(found.astype("float64") - expected).max()
    assert error <= tolerance * np.abs(expected).max()


def made(name, **options):
    """A layer of its class, whose depthwise kernels have two filters a channel."""
    own = {"depth_multiplier": 2} if "Depthwise" in name else {"filters": 8}
    return getattr(aconv, name)(**own, **options)


def turned(x, data_format):
    """Images with their channels last as ``data_format`` says."""
    return np.moveaxis(x, -1, 1) if data_format == "channels_first" else x


def outputs_and_gradients(layer, x, target):
    """What the layer makes of ``x``, and the gradients of all that it depends on.

    ``target`` has the outputs' shape and weighs them: the gradient with respect to it
    are the outputs.
    """
    image, target = keras.Variable(x), keras.Variable(target)
    variables = [layer.kernel, layer.aperture, layer.bias, image, target]

    def loss():
        return keras.ops.sum(layer(image) * target)

    if keras.backend.backend() == "jax":  # which compiles one program or each operation
        *slopes, outputs = map(to_numpy, compile_gradients(loss, variables)())
    else:
        *slopes, outputs = gradients(loss, variables)
    return outputs, slopes


# JAX compiles every example.
@settings(max_examples=4 if keras.backend.backend() == "jax" else 8)
@given(
    data=st.data(),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    data_format=st.sampled_from(["channels_last", "channels_first"]),
)
@pytest.mark.parametrize("name", WITH_METHOD)
def test_outputs_and_gradients_are_those_of_the_direct_convolution(
    name, data, stride, dilation, data_format
):
    assume(stride == 1 or dilation == 1)
    rank = int(name[-2])
    sizes = data.draw(st.tuples(*[st.integers(1, 9 if rank < 3 else 6)] * rank))
    grid = data.draw(st.tuples(*[st.integers(1, 6 if rank < 3 else 4)] * rank))
    paddings = ["same", "valid", *["causal"] * (name == "AdaptiveConv1D")]
    options = {
        "kernel_size": grid,
        "strides": stride,
        "dilation_rate": dilation,
        "bias_initializer": "normal",
        "padding": data.draw(st.sampled_from(paddings)),
    }
    if options["padding"] == "valid":
        extents = [(n - 1) * dilation + 1 for n in grid]
        assume(all(n <= size for n, size in zip(extents, sizes, strict=True)))
    if "Depthwise" not in name:
        options["groups"] = data.draw(st.sampled_from([1, 2, 4]))
    random = np.random.default_rng(0)
    x = random.normal(size=(3, *sizes, 4)).astype("float32")
    # Keras itself cannot compute everything with channels first.
    direct = made(name, data_format="channels_last", **options)
    by_fft = made(name, data_format=data_format, method="fft", **options)
    direct.build(x.shape)
    by_fft.build(turned(x, data_format).shape)
    target = random.normal(size=direct.compute_output_shape(x.shape)).astype("float32")
    for weight, of_direct in zip(by_fft.weights, direct.weights, strict=True):
        weight.assign(of_direct)
    expected, slopes = outputs_and_gradients(direct, x, target)
    found, of_fft = outputs_and_gradients(
        by_fft, turned(x, data_format), turned(target, data_format)
    )
    assert_close(found, turned(expected, data_format))
    *slopes, of_image = slopes
    for ours, theirs in zip(
        of_fft, [*slopes, turned(of_image, data_format)], strict=True
    ):
        if theirs.any():
            # A gradient is as exact as the terms that it is a sum of.
            scale = max(np.abs(theirs).max(), 1.0)
            np.testing.assert_allclose(ours, theirs, atol=1e-4 * scale)


@pytest.mark.parametrize("name", ["AdaptiveConv2D", "AdaptiveDepthwiseConv2D"])
def test_bias_of_channels_first_is_that_of_channels_where_the_width_is_theirs(
    name, rng
):
    options = {"kernel_size": 3, "padding": "same", "bias_initializer": "normal"}
    last = made(name, data_format="channels_last", **options)
    x = rng.normal(size=(2, 5, 8, 4)).astype("float32")
    expected = to_numpy(last(x))
    first = made(name, data_format="channels_first", method="fft", **options)
    first.build((None, 4, 5, 8))
    first.set_weights(last.get_weights())
    assert_close(to_numpy(first(np.moveaxis(x, -1, 1))), np.moveaxis(expected, -1, 1))


@pytest.mark.parametrize("name", WITH_METHOD)
def test_the_method_is_direct_unless_asked_and_may_be_set(name, rng):
    layer = made(name, kernel_size=3, padding="same")
    x = rng.normal(size=(2, *(6,) * int(name[-2]), 4)).astype("float32")
    expected = to_numpy(layer(x))
    assert layer.method == layer.get_config()["method"] == "direct"
    layer.method = "fft"
    found = to_numpy(layer(x))
    assert_close(found, expected)
    # Another sum of other numbers: equal to the bit it would be the same computation.
    assert np.any(found != expected)
    assert type(layer).from_config(layer.get_config()).method == "fft"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_transforms_are_computed_in_full_precision(policy, rng):
    if policy == "float64" and keras.backend.backend() == "jax":
        pytest.skip("JAX has no 64 bits unless it is started with them")
    x = rng.normal(size=(2, 16, 16, 4)).astype("float32")
    layer = aconv.AdaptiveConv2D(4, 9, dtype=policy, method="fft", padding="same")
    output = layer(x)
    dtype = policy.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(output.dtype) == dtype
    full = aconv.AdaptiveConv2D(4, 9, dtype="float64", padding="same")
    full.build(x.shape)
    # What meets in the transforms: inputs and kernels rounded to the layer's type.
    rounded = keras.ops.cast(keras.ops.cast(x, dtype), "float64")
    kernel, envelope = (
        keras.ops.cast(each, dtype) for each in (layer.kernel, layer.envelope())
    )
    product = keras.ops.cast(kernel * envelope, "float64")
    expected = to_numpy(full.convolution_op(rounded, product))
    # Half a unit in the last place of the output's type, and what float32 adds.
    # On PyTorch Keras 3.15 multiplies matrices of float64 in float32.
    double = 1e-13 if keras.backend.backend() == "tensorflow" else 1e-6
    tolerance = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float64": double}[dtype]
    found = to_numpy(keras.ops.cast(output, "float64"))
    assert_close(found, expected, tolerance * 1.1)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool", "float16"])
@pytest.mark.parametrize("name", WITH_METHOD)
def test_transforms_keep_the_fractions_of_images_of_other_types(name, dtype, rng):
    layer = made(name, kernel_size=3, method="fft", autocast=False)
    x = rng.integers(0, 2, (2, *(7,) * layer.rank, 4))
    expected = to_numpy(layer(x.astype("float32")))
    found = layer(keras.ops.convert_to_tensor(x, dtype=dtype))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(to_numpy(found), expected, atol=1e-5)


def test_models_are_saved_folded_cropped_and_unfolded_as_others(tmp_path, rng):
    first = aconv.AdaptiveConv2D(4, 7, method="fft", padding="same")
    second = aconv.AdaptiveDepthwiseConv2D(5, method="fft", strides=2)
    model = keras.Sequential([keras.Input((12, 12, 3)), first, second])
    first.aperture.assign([0.15] * 4)
    x = rng.normal(size=(2, 12, 12, 3)).astype("float32")
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [layer.method for layer in loaded.layers] == ["fft", "fft"]
    np.testing.assert_allclose(loaded.predict(x, verbose=0), expected, atol=1e-6)
    folded = aconv.fold(model)
    small, report = aconv.crop(model, tolerance=1e-3)
    assert report.layers[0].kept < (7, 7)
    for ordinary, tolerance in ((folded, 1e-4), (small, 0.1)):
        kinds = [keras.layers.Conv2D, keras.layers.DepthwiseConv2D]
        found = [type(layer) for layer in ordinary.layers]
        assert [each for each in found if each in kinds] == kinds
        assert_close(ordinary.predict(x, verbose=0), expected, tolerance)
    again = aconv.unfold(model)
    assert [layer.method for layer in again.layers] == ["fft", "fft"]
    assert_close(again.predict(x, verbose=0), expected)


def test_images_of_any_size_are_convolved_where_their_size_is_known(rng):
    layer = aconv.AdaptiveConv2D(3, 5, method="fft", padding="same")
    model = keras.Sequential([keras.Input((None, None, 2)), layer])
    for size in ((9, 7), (12, 5)):
        x = rng.normal(size=(2, *size, 2)).astype("float32")
        layer.method = "direct"
        expected = to_numpy(model(x))
        layer.method = "fft"
        assert_close(to_numpy(model(x)), expected)


def test_what_cannot_be_computed_is_said_in_a_sentence():
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        layer = aconv.AdaptiveConv1D(3, 5, method="fft")
        layer.build((None, None, 2))
        graph = tf.function(layer, input_signature=[tf.TensorSpec([4, None, 2])])
        with pytest.raises(ValueError, match=r"known spatial sizes.*\(4, None, 2\)"):
            graph.get_concrete_function()
    layer = aconv.AdaptiveConv1D(3, 5, dilation_rate=2, method="fft")
    layer.build((None, None, 2))
    with pytest.raises(ValueError, match=r"as large as the kernel.*\(8,\) for \(9,\)"):
        layer(np.ones((4, 8, 2), "float32"))


@pytest.mark.parametrize("method", ["FFT", None, True, 3, ["fft"]])
def test_unknown_methods_are_refused(method):
    with pytest.raises(ValueError, match=r"`method` must be one of .*Received: "):
        aconv.AdaptiveConv2D(2, 3, method=method)
    layer = aconv.AdaptiveDepthwiseConv1D(3)
    with pytest.raises(ValueError, match=r"`method` must be one of .*Received: "):
        layer.method = method
    assert layer.method == "direct"


@pytest.mark.parametrize("name", WITHOUT_METHOD)
def test_kinds_without_the_argument_refuse_it(name):
    assert "Transpose" in name or "Separable" in name
    with pytest.raises(ValueError, match=f"keyword arguments.*{name}.*'method'"):
        getattr(aconv, name)(2, 3, method="fft")
