"""A folded model computes what the trained one did, with ordinary layers."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers
from marks import slow_where
from perturbing import perturbed
from small_settings import small_network

import aconv
from aconv import (
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
from aconv.companion.training.settings import KINDS
from aconv.layers.base import BaseAdaptiveConv


def _network(network, image_shape, classes, kind="adaptive", kernel_size=5):
    return small_network(
        network,
        image_shape,
        classes,
        kernel_size,
        layer=kind,
        use_bias=kind == "ordinary",
    )


NETWORKS = {
    "simple_cnn": lambda **k: _network("simple", (8, 8, 1), 4, **k),
    "resnet": lambda **k: _network("resnet", (9, 8, 3), 4, **k),
    "unet": lambda **k: _network("unet", (16, 16, 3), 3, **k),
}


def outputs(model, seed=1, **shape):
    """Outputs of a model for random inputs, flat."""
    random = np.random.default_rng(seed)
    inputs = [
        random.normal(size=(3, *(side or 5 for side in x.shape[1:]))).astype("float32")
        for x in model.inputs
    ]
    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(found)]


def assert_same_outputs(folded, model, tolerance=1e-5):
    for new, old in zip(outputs(folded), outputs(model), strict=True):
        np.testing.assert_allclose(new, old, atol=tolerance * max(1, abs(old).max()))


def all_layers(model):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)
        else:
            yield layer


def classes(model):
    return [type(layer).__name__ for layer in all_layers(model)]


def has_adaptive(model):
    return any(isinstance(layer, BaseAdaptiveConv) for layer in all_layers(model))


def size(layer):
    return sum(np.prod(weight.shape) for weight in layer.weights)


@pytest.mark.backend
@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", slow_where(NETWORKS, ["unet"]))
def test_folded_network_computes_the_same(name, kind, batch_normalization):
    model = perturbed(NETWORKS[name](kernel_size=5, kind=kind))
    before = model.get_weights()
    folded = aconv.fold(model, batch_normalization=batch_normalization)
    assert_same_outputs(folded, model)
    assert not has_adaptive(folded)
    assert folded.name == model.name
    gone = "BatchNormalization" if batch_normalization else None
    assert {layer.name for layer in folded.layers} == {
        layer.name for layer in model.layers if type(layer).__name__ != gone
    }
    # The trained model is left as it was, to train on.
    assert all(
        np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)
    )
    assert all(len(layer._inbound_nodes) == 1 for layer in model.layers)


@pytest.mark.parametrize("name", NETWORKS)
def test_folded_network_has_the_parameters_of_ordinary_layers(name):
    model = NETWORKS[name](kernel_size=5)
    apertures = sum(
        layer.filters for layer in model.layers if isinstance(layer, AdaptiveConv2D)
    )
    assert aconv.fold(model).count_params() == model.count_params() - apertures
    norms = [
        layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)
    ]
    # A bias for every channel of a normalisation whose layer had none: the adaptive.
    biases = sum(
        layer.filters for layer in model.layers if isinstance(layer, AdaptiveConv2D)
    )
    without = aconv.fold(model, batch_normalization=True)
    assert without.count_params() == (
        model.count_params() - apertures - sum(map(size, norms)) + biases
    )


@pytest.mark.backend
def test_folded_network_is_saved_and_loaded_without_our_classes(tmp_path):
    model = perturbed(NETWORKS["resnet"](kernel_size=3))
    folded = aconv.fold(model, batch_normalization=True)
    folded.save(tmp_path / "folded.keras")
    loaded = keras.models.load_model(tmp_path / "folded.keras")
    assert_same_outputs(loaded, model)
    modules = {layer.__class__.__module__.split(".")[0] for layer in loaded.layers}
    assert modules == {"keras"}


CONVOLUTIONS = {
    "adaptive_1d": ((9, 2), lambda: AdaptiveConv1D(4, 3, padding="causal")),
    "adaptive_1d_dilated": ((9, 2), lambda: AdaptiveConv1D(4, 3, dilation_rate=2)),
    "adaptive_2d": ((7, 6, 2), lambda: AdaptiveConv2D(4, (5, 3), strides=2)),
    "adaptive_2d_groups": (
        (7, 6, 2),
        lambda: AdaptiveConv2D(4, 3, groups=2, padding="same", use_bias=False),
    ),
    "adaptive_2d_not_normalised": (
        (7, 6, 2),
        lambda: AdaptiveConv2D(4, 3, normalize_envelope=False),
    ),
    "adaptive_3d": ((5, 4, 5, 2), lambda: AdaptiveConv3D(3, 3, padding="same")),
    "adaptive_2d_rotated": (
        (7, 6, 2),
        lambda: AdaptiveConv2D(4, 3, envelope_shape="rotated"),
    ),
    "adaptive_transposed_1d": ((9, 2), lambda: AdaptiveConv1DTranspose(4, 3)),
    "adaptive_transposed_2d": (
        (5, 6, 2),
        lambda: AdaptiveConv2DTranspose(4, 3, strides=2, use_bias=False),
    ),
    "adaptive_transposed_3d": (
        (4, 4, 4, 2),
        lambda: AdaptiveConv3DTranspose(3, 2),
    ),
    "adaptive_depthwise_1d": ((9, 2), lambda: AdaptiveDepthwiseConv1D(3)),
    "adaptive_depthwise_2d": (
        (7, 6, 3),
        lambda: AdaptiveDepthwiseConv2D(3, depth_multiplier=2, use_bias=False),
    ),
    "adaptive_separable_1d": ((9, 2), lambda: AdaptiveSeparableConv1D(4, 3)),
    "adaptive_separable_2d": (
        (7, 6, 2),
        lambda: AdaptiveSeparableConv2D(4, 3, depth_multiplier=2),
    ),
    "depthwise_1d": ((9, 2), lambda: layers.DepthwiseConv1D(3, depth_multiplier=2)),
    "depthwise_2d": ((7, 6, 3), lambda: layers.DepthwiseConv2D(3, use_bias=False)),
    "conv_1d": ((9, 2), lambda: layers.Conv1D(4, 3, use_bias=False)),
    "conv_3d": ((5, 4, 5, 2), lambda: layers.Conv3D(3, 3)),
    "transposed_1d": ((9, 2), lambda: layers.Conv1DTranspose(4, 3, strides=2)),
    "transposed_2d": ((5, 6, 2), lambda: layers.Conv2DTranspose(4, 3, use_bias=False)),
    "transposed_3d": ((4, 4, 4, 2), lambda: layers.Conv3DTranspose(3, 2)),
    "separable_1d": ((9, 2), lambda: layers.SeparableConv1D(4, 3)),
    "separable_2d": (
        (7, 6, 2),
        lambda: layers.SeparableConv2D(4, 3, depth_multiplier=2, use_bias=False),
    ),
    "dense": ((6,), lambda: layers.Dense(4, use_bias=False)),
    "dense_on_images": ((4, 5, 2), lambda: layers.Dense(3)),
}


@pytest.mark.backend
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_normalisation_goes_into_every_linear_layer(name):
    shape, make = CONVOLUTIONS[name]
    model = perturbed(
        keras.Sequential(
            [
                keras.Input(shape),
                make(),
                layers.BatchNormalization(epsilon=0.1),
                layers.Activation("elu"),
            ]
        )
    )
    folded = aconv.fold(model, batch_normalization=True)
    assert isinstance(folded, keras.Sequential)
    assert "BatchNormalization" not in classes(folded)
    assert not has_adaptive(folded)
    assert_same_outputs(folded, model)
    kept = aconv.fold(model)
    assert "BatchNormalization" in classes(kept)
    assert_same_outputs(kept, model)


@pytest.mark.parametrize("options", [{"scale": False}, {"center": False}])
def test_normalisation_without_scale_or_offset(options):
    model = perturbed(
        keras.Sequential(
            [keras.Input((6,)), layers.Dense(4), layers.BatchNormalization(**options)]
        )
    )
    folded = aconv.fold(model, batch_normalization=True)
    assert classes(folded) == ["Dense"]
    assert_same_outputs(folded, model)


@pytest.mark.backend
def test_an_output_keeps_the_name_of_the_normalisation_that_made_it():
    x = inputs = images()
    for name in ("first", "scores"):
        x = AdaptiveConv2D(2, 3, name=f"{name}_conv")(x)
        x = layers.BatchNormalization(name=name)(x)
    model = perturbed(keras.Model(inputs, x))
    folded = aconv.fold(model, batch_normalization=True)
    assert folded.output_names == model.output_names == ["scores"]
    assert classes(folded) == ["InputLayer", "Conv2D", "Conv2D", "Identity"]
    assert_same_outputs(folded, model)
    folded.compile("sgd", {"scores": "mse"})
    random = np.random.default_rng(0)
    shapes = (folded.input_shape[1:], folded.output_shape[1:])
    folded.fit(*(random.normal(size=(2, *shape)) for shape in shapes), verbose=0)


def images():
    return keras.Input((6, 5, 3))


def normalised_activation():
    x = inputs = images()
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, activation="relu")(x))
    return keras.Model(inputs, x)


def normalised_other_axis():
    x = inputs = images()
    x = layers.BatchNormalization(axis=1)(layers.Conv2D(4, 3)(x))
    return keras.Model(inputs, x)


def normalised_twice_read():
    inputs = images()
    x = layers.Conv2D(3, 3, padding="same")(inputs)
    return keras.Model(inputs, layers.Add()([x, layers.BatchNormalization()(x)]))


def normalised_output():
    inputs = images()
    x = layers.Conv2D(3, 3)(inputs)
    return keras.Model(inputs, [x, layers.BatchNormalization()(x)])


def shared_convolution():
    inputs = images()
    conv = AdaptiveConv2D(3, 3, padding="same")
    return keras.Model(inputs, layers.BatchNormalization()(conv(conv(inputs))))


def shared_normalisation():
    inputs = images()
    norm = layers.BatchNormalization()
    x = layers.Conv2D(3, 3)(norm(layers.Conv2D(3, 3)(inputs)))
    return keras.Model(inputs, norm(x))


def normalised_input():
    inputs = images()
    return keras.Model(
        inputs, AdaptiveConv2D(2, 3)(layers.BatchNormalization()(inputs))
    )


def of_a_class_of_its_own():
    class Loud(layers.Conv2D):
        def call(self, inputs):
            return 2 * super().call(inputs)

    inputs = images()
    return keras.Model(inputs, layers.BatchNormalization()(Loud(3, 3)(inputs)))


@pytest.mark.parametrize(
    "build",
    [
        normalised_activation,
        normalised_other_axis,
        normalised_twice_read,
        normalised_output,
        shared_convolution,
        shared_normalisation,
        normalised_input,
        of_a_class_of_its_own,
    ],
)
def test_normalisation_stays_where_it_cannot_be_folded(build):
    model = perturbed(build())
    folded = aconv.fold(model, batch_normalization=True)
    assert classes(folded).count("BatchNormalization") == 1
    assert not has_adaptive(folded)
    assert_same_outputs(folded, model)


def nested(inner):
    """An inner model with two inputs of its own weights, used twice."""
    inputs = {
        "a": keras.Input((6, 5, 3), name="a"),
        "b": keras.Input((6, 5, 3), name="b"),
    }
    joined = layers.Concatenate()([inner(inputs["a"]), inner(inputs["b"])])
    x = keras.ops.relu(layers.BatchNormalization()(layers.Conv2D(2, 1)(joined)))
    return keras.Model(inputs, {"features": joined, "scores": x})


@pytest.mark.backend
def test_nested_and_shared_models_are_folded():
    blocks = [AdaptiveConv2D(3, 3, name="inner_conv"), layers.BatchNormalization()]
    x = inputs = images()
    for block in blocks:
        x = block(x)
    for inner in (
        keras.Model(inputs, x, name="inner"),
        keras.Sequential([images(), *blocks], name="inner"),
    ):
        model = perturbed(nested(inner))
        folded = aconv.fold(model, batch_normalization=True)
        random = np.random.default_rng(0)
        data = {
            name: random.normal(size=(2, 6, 5, 3)).astype("float32")
            for name in ("a", "b")
        }
        new, old = folded(data), model(data)
        assert set(new) == set(old) == {"features", "scores"}
        for name in old:
            np.testing.assert_allclose(
                *map(keras.ops.convert_to_numpy, (new[name], old[name])), atol=1e-5
            )
        assert not {"BatchNormalization", "AdaptiveConv2D"} & set(classes(folded))
        assert type(folded.get_layer("inner").get_layer("inner_conv")) is layers.Conv2D
        # Once in the graph, twice called.
        assert folded.count_params() == 3 * 3 * 3 * 3 + 3 + 6 * 2 + 2


def test_unchanged_layers_keep_their_state():
    normalization = layers.Normalization()
    normalization.adapt(np.random.default_rng(0).normal(3, 2, (50, 6)))
    model = keras.Sequential(
        [
            keras.Input((6,)),
            normalization,
            layers.Dropout(0.5),
            layers.Dense(3, kernel_regularizer="l2", trainable=False),
        ]
    )
    folded = aconv.fold(model)
    assert_same_outputs(folded, model)
    assert folded.layers[-1].kernel_regularizer is not None
    assert not folded.layers[-1].trainable


def test_folded_layer_has_no_penalty_and_no_constraint():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            AdaptiveConv2D(
                2,
                3,
                kernel_regularizer="l2",
                kernel_constraint="unit_norm",
                activity_regularizer="l1",
            ),
        ]
    )
    model.compile("sgd", "mse")
    folded = aconv.fold(model)
    (conv,) = folded.layers
    assert conv.kernel_regularizer is None
    assert conv.kernel_constraint is None
    assert conv.activity_regularizer is not None
    assert not folded.compiled


def test_what_lora_adds_is_folded():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            AdaptiveConv2D(3, 3),
            layers.Flatten(),
            layers.Dense(4),
            layers.BatchNormalization(),
            layers.Dense(4),
        ]
    )
    for index in (0, 2, 4):
        model.layers[index].enable_lora(2)
    perturbed(model)
    folded = aconv.fold(model, batch_normalization=True)
    assert_same_outputs(folded, model)
    assert not folded.layers[0].lora_enabled


class Wrapped(layers.Layer):
    def __init__(self):
        super().__init__(name="wrapped")
        self.conv = AdaptiveConv2D(2, 3, name="hidden")

    def call(self, inputs):
        return self.conv(inputs)


class OwnConv(AdaptiveConv2D):
    pass


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="subclassed")
        self.conv = AdaptiveConv2D(2, 3, name="hidden")

    def call(self, inputs):
        return self.conv(inputs)


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match=r"`model` must be a Keras model.*Received"):
        aconv.fold("model")
    with pytest.raises(TypeError, match="`model`"):
        aconv.fold(AdaptiveConv2D(2, 3))
    with pytest.raises(ValueError, match=r"`batch_normalization`.*Received: 1"):
        aconv.fold(keras.Sequential([images()]), batch_normalization=1)
    with pytest.raises(ValueError, match="`model` must be built"):
        aconv.fold(keras.Sequential([AdaptiveConv2D(2, 3)]))
    with pytest.raises(ValueError, match="sequential or functional"):
        aconv.fold(Subclassed())


@pytest.mark.parametrize("make", [Wrapped, OwnConv, Subclassed])
def test_adaptive_layer_out_of_reach_is_refused(make):
    layer = OwnConv(2, 3, name="hidden") if make is OwnConv else make()
    model = keras.Sequential([images(), layer])
    with pytest.raises(ValueError, match="'hidden'"):
        aconv.fold(model)


class Scaled(keras.Model):
    def call(self, inputs, training=None, mask=None):
        return 255.0 * super().call(inputs, training=training, mask=mask)


class ScaledSequential(keras.Sequential):
    def call(self, inputs, training=None, mask=None):
        return 255.0 * super().call(inputs, training=training, mask=mask)


class Configured(keras.Model):
    """A functional model that only its own ``__init__`` can make."""

    def __init__(self, layer, name):
        self.factor = 3.0
        inputs = images()
        super().__init__(inputs, layer(inputs), name=name)

    def call(self, inputs, training=None, mask=None):
        return self.factor * super().call(inputs, training=training, mask=mask)


def scaled(layer):
    inputs = images()
    return Scaled(inputs, layer(inputs))


def scaled_sequential(layer):
    return ScaledSequential([images(), layer])


@pytest.mark.backend
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("make", [scaled, scaled_sequential])
def test_a_call_of_its_own_keeps_its_meaning(make, batch_normalization, depth):
    model = make(AdaptiveConv2D(2, 3))
    for _ in range(depth):
        model = keras.Sequential([images(), model])
    perturbed(model)
    folded = aconv.fold(model, batch_normalization=batch_normalization)
    assert not has_adaptive(folded)
    assert_same_outputs(folded, model)
    assert abs(outputs(model)[0]).max() > 100


def test_a_model_that_only_its_own_init_can_make_is_refused_by_name():
    model = Configured(AdaptiveConv2D(2, 3), name="own")
    for outer in (model, keras.Sequential([images(), model])):
        with pytest.raises(ValueError, match="'own' of class Configured"):
            aconv.fold(outer)


def test_a_function_of_python_in_a_layer_is_refused_by_the_name_of_the_layer():
    lambda_ = layers.Lambda(lambda x: 2 * x, name="twice")
    model = keras.Sequential([images(), lambda_, AdaptiveConv2D(2, 3)])
    with pytest.raises(ValueError, match=r"get_config.*Received: 'twice' of class"):
        aconv.fold(model)


def test_a_nested_model_without_adaptive_layers_is_not_taken_apart():
    class Plain(Scaled):
        """Has a ``call`` of its own and nothing to exchange."""

    inner = Plain(x := images(), layers.Conv2D(3, 3, padding="same")(x))
    keras.saving.register_keras_serializable("test")(Plain)
    model = perturbed(keras.Sequential([images(), inner, AdaptiveConv2D(2, 3)]))
    folded = aconv.fold(model)
    assert type(folded.layers[0]) is Plain
    assert_same_outputs(folded, model)


@pytest.mark.backend
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_adapted_normalisation_is_kept_at_every_depth(depth):
    norm = layers.Normalization()
    norm.adapt(np.random.default_rng(0).normal(50, 10, (9, 6, 5, 3)).astype("float32"))
    holder = norm
    for _ in range(depth):
        holder = layers.Pipeline([holder])
    inner = keras.Sequential([images(), holder, AdaptiveConv2D(2, 3)])
    for model in (inner, keras.Sequential([images(), inner])):
        assert_same_outputs(aconv.fold(model), model)


@pytest.mark.parametrize("wrap", [False, True])
def test_adapted_lookup_is_kept(wrap):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("strings are TensorFlow's")
    lookup = layers.StringLookup(output_mode="one_hot")
    lookup.adapt(np.array([["b"], ["a"], ["c"]]))
    names = keras.Input((1,), dtype="string")
    holder = layers.Pipeline([lookup]) if wrap else lookup
    x = layers.Rescaling(1.0)(layers.Reshape((2, 2, 1))(holder(names)))
    model = keras.Model(names, AdaptiveConv2D(2, 2)(x))
    words = keras.ops.convert_to_tensor([["a"], ["c"]])
    np.testing.assert_allclose(*(each(words) for each in (aconv.fold(model), model)))


@pytest.mark.backend
@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("depth", [1, 2])
def test_normalisation_by_the_statistics_of_a_batch_stays(sequential, depth):
    parts = [AdaptiveConv2D(4, 3), layers.BatchNormalization()]
    if sequential:
        inner = keras.Sequential([images(), *parts])
    else:
        inner = keras.Model(x := images(), parts[1](parts[0](x)))
    if depth == 2:
        inner = keras.Sequential([images(), inner])
    inputs = images()
    model = perturbed(keras.Model(inputs, inner(inputs, training=True)))
    folded = aconv.fold(model, batch_normalization=True)
    assert not has_adaptive(folded)
    assert classes(folded).count("BatchNormalization") == 1
    assert_same_outputs(folded, model)


@pytest.mark.backend
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_normalisation_of_another_dtype_stays(policy):
    inputs = images()
    gamma = keras.initializers.Constant(3e5)
    norm = layers.BatchNormalization(dtype="float32", gamma_initializer=gamma)
    model = keras.Model(inputs, norm(AdaptiveConv2D(4, 3, dtype=policy)(inputs)))
    folded = aconv.fold(model, batch_normalization=True)
    assert "BatchNormalization" in classes(folded)
    (new,), (old,) = outputs(folded), outputs(model)
    assert new.dtype == old.dtype
    assert np.isfinite(new).all()
    np.testing.assert_allclose(new, old, atol=0.02 * abs(old).max())


class AddWhatIsThere(layers.Layer):
    def call(self, a, b=None):
        return a if b is None else a + b


@pytest.mark.backend
def test_interface_is_kept_optional_input_names_and_order():
    a, b = images(), keras.Input((6, 5, 3), optional=True, name="maybe")
    x = AddWhatIsThere()(a, b)
    result = {"z": AdaptiveConv2D(2, 3)(x), "b": [x, AdaptiveConv2D(1, 3)(x)]}
    for inputs in ([a, b], {"second": b, "first": a}):
        model = perturbed(keras.Model(inputs, result))
        folded = aconv.fold(model)
        assert [t.name for t in folded.inputs] == [t.name for t in model.inputs]
        assert folded.output_names == model.output_names
        data = np.ones((1, 6, 5, 3), "float32")
        for other in (None, data):
            given = (
                [data, other]
                if isinstance(inputs, list)
                else {"second": other, "first": data}
            )
            new, old = folded(given), model(given)
            keras.tree.assert_same_structure(new, old)
            for one, two in zip(
                keras.tree.flatten(new), keras.tree.flatten(old), strict=True
            ):
                np.testing.assert_allclose(
                    *map(keras.ops.convert_to_numpy, (one, two)), atol=1e-5
                )


def test_layers_shared_between_models_stay_shared():
    conv = AdaptiveConv2D(3, 3, padding="same")
    inner = keras.Sequential([images(), conv, layers.BatchNormalization()])
    inputs = images()
    model = perturbed(keras.Model(inputs, inner(conv(inputs))))
    folded = aconv.fold(model, batch_normalization=True)
    assert_same_outputs(folded, model)
    assert folded.count_params() == model.count_params() - 3


def test_folded_model_is_served_without_this_package(tmp_path):
    model = perturbed(NETWORKS["simple_cnn"](kernel_size=5))
    aconv.fold(model).save(tmp_path / "folded.keras")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    code = (
        "import sys; sys.modules['aconv'] = None\n"
        "import keras, numpy as np\n"
        "model = keras.models.load_model(sys.argv[1] + '/folded.keras')\n"
        "y = model.predict(np.load(sys.argv[1] + '/x.npy'), verbose=0)\n"
        "np.save(sys.argv[1] + '/y.npy', y)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, atol=1e-5)


def test_model_of_a_sequential_built_by_data():
    model = keras.Sequential([AdaptiveConv2D(2, 3), layers.BatchNormalization()])
    model(np.zeros((1, 6, 5, 3), "float32"))
    perturbed(model)
    folded = aconv.fold(model, batch_normalization=True)
    assert classes(folded) == ["Conv2D"]
    assert_same_outputs(folded, model)


@pytest.mark.backend
@pytest.mark.parametrize(
    "exchange", [aconv.fold, aconv.unfold, lambda m: aconv.crop(m, tolerance=1e-9)[0]]
)
def test_models_that_are_called_by_keyword_are_exchanged(exchange):
    inner = keras.Sequential(
        [keras.Input((8, 8, 3)), AdaptiveConv2D(2, 3, aperture_initializer=0.5)]
    )
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, inner(inputs=inputs))
    np.testing.assert_allclose(outputs(exchange(model)), outputs(model), atol=1e-5)
