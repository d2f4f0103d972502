"""A folded model computes what the trained one did, with ordinary layers."""

import keras
import numpy as np
import pytest
from arrays import to_numpy
from exchanging import assert_same_outputs, network, outputs, sequential
from keras import layers
from marks import slow_where
from perturbing import perturbed

import aconv
from aconv import AdaptiveConv2D
from aconv.layers.base import BaseAdaptiveConv
from aconv.layers.fold import ORDINARY


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


@pytest.mark.backend
@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("kind", ["adaptive", "ordinary"])
@pytest.mark.parametrize("name", slow_where(["simple", "resnet", "unet"], ["unet"]))
def test_folded_network_computes_the_same(name, kind, batch_normalization):
    model = perturbed(network(name, kind))
    before = model.get_weights()
    folded = aconv.fold(model, batch_normalization=batch_normalization)
    assert_same_outputs(folded, model)
    assert not has_adaptive(folded)
    assert folded.name == model.name
    gone = layers.BatchNormalization if batch_normalization else ()
    assert {layer.name for layer in folded.layers} == {
        layer.name for layer in model.layers if not isinstance(layer, gone)
    }
    # The trained model is left as it was, to train on.
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all(len(layer._inbound_nodes) == 1 for layer in model.layers)


IMAGES = {"1D": (9, 2), "2D": (7, 6, 2), "3D": (5, 4, 5, 2)}
LINEAR = {
    "dilated": (aconv.AdaptiveConv1D, {"padding": "causal", "dilation_rate": 2}),
    "strided": (AdaptiveConv2D, {"kernel_size": (5, 3), "strides": 2}),
    "grouped": (AdaptiveConv2D, {"groups": 2, "use_bias": False}),
    "not normalised": (AdaptiveConv2D, {"normalize_envelope": False}),
    "rotated": (AdaptiveConv2D, {"envelope_shape": "rotated"}),
    "multiplied": (aconv.AdaptiveDepthwiseConv2D, {"depth_multiplier": 2}),
    "separable": (layers.SeparableConv2D, {"depth_multiplier": 2}),
    "transposed": (layers.Conv2DTranspose, {"strides": 2}),
}
for adaptive, ordinary in ORDINARY.items():
    LINEAR[adaptive.__name__] = (adaptive, {})
    LINEAR[ordinary.__name__] = (ordinary, {"use_bias": False})


def convolution(name):
    """One of these layers, and an input for it."""
    cls, options = LINEAR[name]
    if "Depthwise" not in cls.__name__:
        options = {"filters": 4, **options}
    shape = next(IMAGES[rank] for rank in IMAGES if rank in cls.__name__)
    return keras.Input(shape), cls(**{"kernel_size": 3, **options})


@pytest.mark.backend
@pytest.mark.parametrize("name", [*LINEAR, "dense", "dense on images"])
def test_normalisation_goes_into_every_linear_layer(name):
    if "dense" in name:
        is_alone = name == "dense"
        inputs = keras.Input((6,) if is_alone else (4, 5, 2))
        layer = layers.Dense(4, use_bias=not is_alone)
    else:
        inputs, layer = convolution(name)
    norm = layers.BatchNormalization(epsilon=0.1)
    model = perturbed(keras.Sequential([inputs, layer, norm, layers.Activation("elu")]))
    folded = aconv.fold(model, batch_normalization=True)
    assert isinstance(folded, keras.Sequential)
    assert "BatchNormalization" not in classes(folded)
    assert not has_adaptive(folded)
    assert_same_outputs(folded, model)
    assert "BatchNormalization" in classes(aconv.fold(model))


@pytest.mark.parametrize("options", [{"scale": False}, {"center": False}])
def test_normalisation_without_scale_or_offset(options):
    norm = layers.BatchNormalization(**options)
    model = perturbed(sequential((6,), layers.Dense(4), norm))
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
    folded.fit(*(np.ones((2, *t.shape[1:])) for t in (inputs, x)), verbose=0)


def images():
    return keras.Input((6, 5, 3))


class Loud(layers.Conv2D):
    def call(self, inputs):
        return 2 * super().call(inputs)


def shared_convolution(x):
    conv = AdaptiveConv2D(3, 3, padding="same")
    return layers.BatchNormalization()(conv(conv(x)))


def shared_normalisation(x):
    norm = layers.BatchNormalization()
    return norm(layers.Conv2D(3, 3)(norm(layers.Conv2D(3, 3)(x))))


def twice_read(x):
    x = layers.Conv2D(3, 3)(x)
    return layers.Add()([x, layers.BatchNormalization()(x)])


def also_an_output(x):
    x = layers.Conv2D(3, 3)(x)
    return [x, layers.BatchNormalization()(x)]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: layers.BatchNormalization()(layers.Conv2D(4, 3, activation="elu")(x)),
        lambda x: layers.BatchNormalization(axis=1)(layers.Conv2D(4, 3)(x)),
        twice_read,
        also_an_output,
        shared_convolution,
        shared_normalisation,
        lambda x: AdaptiveConv2D(2, 3)(layers.BatchNormalization()(x)),
        lambda x: layers.BatchNormalization()(Loud(3, 3)(x)),
    ],
    ids=[
        *("activation", "other axis", "twice read", "output"),
        *("shared convolution", "shared normalisation", "input", "own class"),
    ],
)
def test_normalisation_stays_where_it_cannot_be_folded(call):
    inputs = images()
    model = perturbed(keras.Model(inputs, call(inputs)))
    folded = aconv.fold(model, batch_normalization=True)
    assert classes(folded).count("BatchNormalization") == 1
    assert not has_adaptive(folded)
    assert_same_outputs(folded, model)


def nested(inner):
    """A model that calls another one twice, of two inputs and outputs by name."""
    a, b = (keras.Input((6, 5, 3), name=name) for name in "ab")
    joined = layers.Concatenate()([inner(a), inner(b)])
    x = keras.ops.relu(layers.BatchNormalization()(layers.Conv2D(2, 1)(joined)))
    return keras.Model({"a": a, "b": b}, {"features": joined, "scores": x})


@pytest.mark.backend
def test_nested_and_shared_models_are_folded():
    conv, norm = AdaptiveConv2D(3, 3, name="inner_conv"), layers.BatchNormalization()
    inputs = images()
    chain = keras.Sequential([images(), conv, norm])
    for inner in (
        keras.Model(inputs, norm(conv(inputs))),
        chain,
        keras.Sequential([images(), chain]),
    ):
        model = perturbed(nested(inner))
        folded = aconv.fold(model, batch_normalization=True)
        assert_same_outputs(folded, model)
        assert set(folded.output) == {"features", "scores"}
        assert not {"BatchNormalization", "AdaptiveConv2D"} & set(classes(folded))
        found = [layer for layer in all_layers(folded) if layer.name == "inner_conv"]
        assert {type(layer) for layer in found} == {layers.Conv2D}
        # Once in the graph, twice called.
        assert folded.count_params() == 3 * 3 * 3 * 3 + 3 + 6 * 2 + 2


def test_unchanged_layers_keep_their_state():
    dense = layers.Dense(3, kernel_regularizer="l2", trainable=False)
    model = sequential((6,), layers.Dropout(0.5), dense)
    folded = aconv.fold(model)
    assert_same_outputs(folded, model)
    assert folded.layers[-1].kernel_regularizer is not None
    assert not folded.layers[-1].trainable


@pytest.mark.backend
@pytest.mark.parametrize(
    ("exchange", "cls"),
    [
        (aconv.fold, AdaptiveConv2D),
        (aconv.fold, aconv.AdaptiveConv2DTranspose),
        (aconv.fold, aconv.AdaptiveSeparableConv2D),
        (lambda model: aconv.crop(model, tolerance=0)[0], AdaptiveConv2D),
        (lambda m: aconv.crop(m, tolerance=0)[0], aconv.AdaptiveSeparableConv2D),
        (aconv.unfold, layers.Conv2D),
        (aconv.unfold, layers.SeparableConv2D),
    ],
)
def test_an_activation_that_is_a_layer_keeps_what_it_has_learnt(exchange, cls):
    conv = cls(3, 3, activation=layers.PReLU(), name="conv")
    model = sequential((6, 5, 3), conv)
    outputs(model)  # Keras builds such an activation when it meets data.
    alpha = perturbed(model).layers[0].activation.alpha
    alpha.assign(np.random.default_rng(2).uniform(0.3, 0.9, alpha.shape))
    made = exchange(model)
    assert_same_outputs(made, model)
    new = made.get_layer("conv")
    np.testing.assert_array_equal(*map(to_numpy, (new.activation.alpha, alpha)))
    assert new.activation.alpha is not alpha
    assert len(new.weights) == len({w.path for w in new.weights})
    assert new.activation in list(new._flatten_layers())


def test_folded_layer_has_no_penalty_and_no_constraint():
    options = {"kernel_regularizer": "l2", "kernel_constraint": "unit_norm"}
    layer = AdaptiveConv2D(2, 3, activity_regularizer="l1", **options)
    model = keras.Sequential([images(), layer])
    model.compile("sgd", "mse")
    folded = aconv.fold(model)
    (conv,) = folded.layers
    assert conv.kernel_regularizer is None
    assert conv.kernel_constraint is None
    assert conv.activity_regularizer is not None
    assert not folded.compiled


def test_what_lora_adds_is_folded():
    conv, first, last = AdaptiveConv2D(3, 3), layers.Dense(4), layers.Dense(4)
    norm = layers.BatchNormalization()
    model = sequential((6, 6, 2), conv, layers.Flatten(), first, norm, last)
    for layer in (conv, first, last):
        layer.enable_lora(2)
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


class Scaling:
    """A ``call`` of its own."""

    def call(self, inputs, training=None, mask=None):
        return 255.0 * super().call(inputs, training=training, mask=mask)


class Scaled(Scaling, keras.Model):
    pass


class ScaledSequential(Scaling, keras.Sequential):
    pass


class Configured(Scaling, keras.Model):
    """A functional model that only its own ``__init__`` can make."""

    def __init__(self, layer, name):
        inputs = images()
        super().__init__(inputs, layer(inputs), name=name)


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("cls", [Scaled, ScaledSequential])
def test_a_call_of_its_own_keeps_its_meaning(cls, batch_normalization, depth):
    layer, inputs = AdaptiveConv2D(2, 3), images()
    model = Scaled(inputs, layer(inputs)) if cls is Scaled else cls([inputs, layer])
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
            named = {"second": other, "first": data}
            given = [data, other] if isinstance(inputs, list) else named
            new, old = folded(given), model(given)
            keras.tree.assert_same_structure(new, old)
            for pair in zip(*map(keras.tree.flatten, (new, old)), strict=True):
                np.testing.assert_allclose(*map(to_numpy, pair), atol=1e-5)


def test_layers_shared_between_models_stay_shared():
    conv = AdaptiveConv2D(3, 3, padding="same")
    inner = keras.Sequential([images(), conv, layers.BatchNormalization()])
    inputs = images()
    model = perturbed(keras.Model(inputs, inner(conv(inputs))))
    folded = aconv.fold(model, batch_normalization=True)
    assert_same_outputs(folded, model)
    assert folded.count_params() == model.count_params() - 3


def test_model_of_a_sequential_built_by_data():
    model = keras.Sequential([AdaptiveConv2D(2, 3), layers.BatchNormalization()])
    model(np.zeros((1, 6, 5, 3), "float32"))
    perturbed(model)
    folded = aconv.fold(model, batch_normalization=True)
    assert classes(folded) == ["Conv2D"]
    assert_same_outputs(folded, model)


@pytest.mark.parametrize(
    "exchange", [aconv.fold, aconv.unfold, lambda m: aconv.crop(m, tolerance=1e-9)[0]]
)
def test_models_that_are_called_by_keyword_are_exchanged(exchange):
    inner = sequential((6, 5, 3), AdaptiveConv2D(2, 3, aperture_initializer=0.5))
    inputs = images()
    model = keras.Model(inputs, inner(inputs=inputs))
    np.testing.assert_allclose(outputs(exchange(model)), outputs(model), atol=1e-5)
