"""An untrained copy of a model whose convolutions are adaptive."""

import keras
import numpy as np
import pytest
from arrays import to_numpy
from exchanging import sequential
from keras import layers

import aconv
from aconv.layers.base import BaseAdaptiveConv


def mobile_net():
    """A small one of keras.applications: depthwise and 1x1 convolutions, strides."""
    return keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, weights=None, classes=4
    )


def residual():
    """A functional model as those of keras.applications, with all that is kept."""
    inputs = keras.Input((12, 12, 4))
    options = {"strides": 2, "padding": "same"}
    x = layers.Conv2D(8, 5, use_bias=False, name="stem", **options)(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    kept = {"dilation_rate": 2, "groups": 2, "activation": "relu", "padding": "same"}
    kept |= {"kernel_initializer": "he_normal", "kernel_regularizer": "l2"}
    grouped = layers.Conv2D(8, 3, name="grouped", **kept)
    separable = layers.SeparableConv2D(8, 3, padding="same", name="separable")
    x = keras.ops.relu(x + sequential((6, 6, 8), grouped, separable)(x))
    x = layers.Conv2D(4, 1, name="mixing")(x)
    x = layers.Conv2DTranspose(3, 3, name="up", **options)(x)
    return keras.Model(inputs, x)


def convolutions(model):
    """All convolutions by name, at any depth."""
    kinds = ("Conv", "Depthwise", "Separable")
    return {
        layer.name: layer
        for layer in model._flatten_layers()
        if any(kind in type(layer).__name__ for kind in kinds)
    }


@pytest.mark.backend
@pytest.mark.parametrize("build", [mobile_net, residual])
def test_all_convolutions_but_those_of_one_pixel_are_adaptive(build):
    model = build()
    made = aconv.make_adaptive(model)
    before, after = convolutions(model), convolutions(made)
    assert list(before) == list(after)
    for name, layer in after.items():
        own = before[name]
        assert isinstance(layer, BaseAdaptiveConv) == (max(own.kernel_size) > 1)
        config = layer.get_config()
        kept = own.get_config()
        assert {key: config[key] for key in kept} == kept
        assert layer.output.shape == own.output.shape
    adaptive = sum(isinstance(layer, BaseAdaptiveConv) for layer in after.values())
    assert adaptive == {mobile_net: 14, residual: 4}[build]
    assert made.output_shape == model.output_shape
    x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    assert np.isfinite(to_numpy(made(x.astype("float32")))).all()


def test_weights_are_initialised_anew_and_shared_with_nothing():
    model = residual()
    model.get_layer("norm").moving_mean.assign(np.full(8, 3.0))
    first, second = aconv.make_adaptive(model), aconv.make_adaptive(model)
    ours = {id(weight) for weight in first.weights}
    assert not ours & {id(w) for w in [*model.weights, *second.weights]}
    kernels = [m.get_layer("mixing").kernel for m in (model, first, second)]
    kernels = [to_numpy(kernel) for kernel in kernels]
    assert np.all(kernels[0] != kernels[1])
    assert np.all(kernels[1] != kernels[2])
    assert not to_numpy(first.get_layer("norm").moving_mean).any()


def test_what_layers_have_adapted_to_is_kept():
    scale = layers.Normalization()
    scale.adapt(np.arange(40.0).reshape(10, 4, 1))
    model = sequential((4, 1), scale, layers.Conv1D(2, 3))
    made = aconv.make_adaptive(model)
    x = np.arange(8.0).reshape(2, 4, 1).astype("float32")
    np.testing.assert_allclose(made.layers[0](x), scale(x), rtol=1e-6)


class Doubled(keras.Sequential):
    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training=training, mask=mask)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda scale: layers.Pipeline([layers.Rescaling(2.0), scale]),
        layers.TimeDistributed,
        lambda scale: sequential((4, 1), scale),
        lambda scale: Doubled([keras.Input((4, 1)), layers.Dense(1), scale]),
    ],
    ids=["pipeline", "wrapper", "nested", "with a call of its own"],
)
def test_what_layers_inside_others_have_adapted_to_is_kept(wrap):
    scale = layers.Normalization()
    scale.adapt(np.arange(40.0).reshape(10, 4, 1))
    model = sequential((4, 1), wrap(scale), layers.Conv1D(2, 3))
    made = aconv.make_adaptive(model)
    (copy,) = (
        layer
        for layer in made._flatten_layers()
        if isinstance(layer, layers.Normalization)
    )
    assert copy is not scale
    x = np.arange(8.0).reshape(2, 4, 1).astype("float32")
    np.testing.assert_allclose(copy(x), scale(x), rtol=1e-6)
    # What is trained begins anew, also beside it.
    for own, other in zip(model.weights, made.weights, strict=False):
        if own.name == "kernel":
            assert np.all(to_numpy(own) != to_numpy(other))


@pytest.mark.backend
def test_a_larger_grid_and_options_are_those_of_all_that_are_named():
    model = residual()
    names = ["stem", "grouped"]
    options = {"envelope_shape": "ellipse", "method": "fft"}
    made = aconv.make_adaptive(
        model, kernel_size=(9, 7), layers=names, aperture_initializer=0.2, **options
    )
    found = convolutions(made)
    adaptive = [n for n, layer in found.items() if isinstance(layer, BaseAdaptiveConv)]
    assert adaptive == names
    for name in names:
        layer = found[name]
        assert layer.kernel_size == (9, 7)
        assert (layer.method, layer.envelope_shape) == ("fft", "ellipse")
        np.testing.assert_allclose(to_numpy(layer.aperture), 0.2, rtol=1e-6)
    assert found["separable"].kernel_size == (3, 3)
    assert made.output_shape == model.output_shape
    made.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(2, 12, 12, 4))
    made.fit(x, np.ones((2, 12, 12, 3)), verbose=0)


def test_a_pixel_may_grow_where_it_is_named():
    model = sequential((8, 1), layers.Conv1D(2, 1, padding="same", name="one"))
    made = aconv.make_adaptive(model, 5, ["one"])
    assert made.get_layer("one").kernel_size == (5,)


def no_convolution():
    return sequential((4,), layers.Dense(2))


def one_pixel():
    return sequential((4, 4, 1), layers.Conv2D(2, 1))


def valid():
    return sequential((9, 9, 1), layers.Conv2D(2, 3, name="conv"))


def padded(**options):
    """A transposed convolution whose size decides on its output, by being odd."""
    options = {"strides": 2, "output_padding": 1, "padding": "same"} | options
    size = options.pop("kernel_size", 3)
    return sequential((6, 6, 2), layers.Conv2DTranspose(3, size, name="up", **options))


@pytest.mark.backend
@pytest.mark.parametrize(
    ("options", "kernel_size"),
    [
        ({}, 5),
        ({"output_padding": 0}, (3, 7)),
        ({"output_padding": None}, 4),
        ({"kernel_size": (3, 2)}, (5, 4)),
        ({"strides": 1, "output_padding": 0, "dilation_rate": 2}, 4),
    ],
)
def test_a_larger_grid_keeps_the_shape_of_a_padded_output(options, kernel_size):
    model = padded(**options)
    made = aconv.make_adaptive(model, kernel_size)
    assert made.output_shape == model.output_shape


def padded_to_even():
    return padded(kernel_size=(4, 3))


@pytest.mark.parametrize(
    ("build", "arguments", "message"),
    [
        (no_convolution, {}, r"`model` must have a convolution.*with none"),
        (one_pixel, {}, r"`model` must have a convolution.*with none"),
        (residual, {"layers": ["stem", "sten"]}, r"`layers`.*'stem'.*: \['sten'\]"),
        (residual, {"layers": ["norm"]}, r"`layers` must be among.*: \['norm'\]"),
        (residual, {"layers": []}, r"`layers` must be among.*Received: \[\]"),
        (residual, {"layers": "stem"}, r"`layers` must be names.*Received: 'stem'"),
        (residual, {"layers": 3}, r"`layers` must be names.*Received: 3"),
        (residual, {"kernel_size": 3}, r"at least \(5, 5\).*'stem'.*Received: 3"),
        (residual, {"kernel_size": (9,)}, r"at least \(5, 5\).*Received: \(9,\)"),
        (residual, {"kernel_size": 0}, r"`kernel_size` must be a.*Received: 0"),
        (residual, {"kernel_size": "9"}, r"`kernel_size` must be a.*Received: '9'"),
        (residual, {"kernel_size": (9, 2.5)}, r"`kernel_size` must be a.*2\.5"),
        (valid, {"kernel_size": 5}, r"must be \(3, 3\) or None.*'conv'.*'valid'"),
        (padded, {"kernel_size": 4}, r"odd where \(3, 3\).*'up'.*_padding.*d: 4"),
        (padded_to_even, {"kernel_size": 5}, r"odd where \(4, 3\).*'up'.*d: 5"),
        (residual, {"method": "fft"}, r"`method` must not be given.*'separable'"),
        (
            residual,
            {"filters": 3},
            r"`options` must.*'train_aperture'.*\['filters'\]",
        ),
        (residual, {"aperture_bounds": (2, 1)}, r"`aperture_bounds` must be.*\(2, 1\)"),
        (valid, {"method": "FFT"}, r"`method` must be one of.*Received: 'FFT'"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        aconv.make_adaptive(build(), **arguments)


def test_models_must_be_models():
    with pytest.raises(TypeError, match=r"`model` must be a Keras model.*Received"):
        aconv.make_adaptive("model")
