"""What layers of every kind promise, in the place of those of Keras."""

import inspect

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from perturbing import perturbed

import aconv
from aconv.layers.fold import ORDINARY

pytestmark = pytest.mark.backend
every_kind = pytest.mark.parametrize("cls", ORDINARY)

SPATIAL = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}

# Everything that changes how the kernel meets the input.
GEOMETRIES = {
    "plain": dict(kernel_size=3),
    "even": dict(kernel_size=4),
    "one by one": dict(kernel_size=1),
    "same": dict(kernel_size=5, padding="same"),
    "strided": dict(kernel_size=3, strides=2, padding="same"),
    "dilated": dict(kernel_size=3, dilation_rate=2),
    "grouped": dict(kernel_size=3, groups=2, filters=6),
    "multiplied": dict(kernel_size=3, depth_multiplier=2),
    "padded": dict(kernel_size=3, strides=2, output_padding=1),
    "channels first": dict(kernel_size=3, data_format="channels_first"),
    "without bias": dict(kernel_size=3, use_bias=False),
}
CASES = [
    pytest.param(cls, geometry, id=f"{cls.__name__}-{name}")
    for cls, ordinary in ORDINARY.items()
    for name, geometry in GEOMETRIES.items()
    if set(geometry) <= set(inspect.signature(ordinary.__init__).parameters)
]
CAUSAL = dict(kernel_size=4, padding="causal", dilation_rate=2)
CASES += [pytest.param(aconv.AdaptiveConv1D, CAUSAL, id="AdaptiveConv1D-causal")]


def arguments(cls, **options):
    """Arguments of a class: the number of filters where it has one."""
    return ({"filters": 5} if "Depthwise" not in cls.__name__ else {}) | options


def rank_of(cls):
    return next(rank for rank in SPATIAL if f"{rank}D" in cls.__name__)


def batch(rng, cls, channels=3, data_format="channels_last", count=2):
    shape = (count, *SPATIAL[rank_of(cls)], channels)
    if data_format == "channels_first":
        shape = (count, channels, *SPATIAL[rank_of(cls)])
    return rng.normal(size=shape).astype("float32")


def model_of(cls, **options):
    defaults = {"kernel_size": 3, "name": "adaptive"}
    layer = cls(**arguments(cls, **(defaults | options)))
    return keras.Sequential([keras.Input((*SPATIAL[rank_of(cls)], 3)), layer])


@every_kind
def test_arguments_are_those_of_the_keras_layer_in_the_same_order(cls):
    ours = list(inspect.signature(cls.__init__).parameters.values())
    theirs = list(inspect.signature(ORDINARY[cls].__init__).parameters.values())[:-1]
    assert [p.name for p in ours[: len(theirs)]] == [p.name for p in theirs]
    # Keras writes strides=(1, 1) in two dimensions and 1 in one; both mean the same.
    for our, their in zip(ours, theirs, strict=False):
        default = their.default
        if isinstance(default, tuple):
            default = default[0]
        assert our.default == default, our.name
        assert our.kind == their.kind


@every_kind
def test_arguments_of_the_envelope_are_the_same_for_all_kinds(cls):
    parameters = inspect.signature(aconv.AdaptiveConv2D.__init__).parameters
    own = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert parameters["aperture_initializer"].default == (0.1, 0.5)
    of_two, of_kind = (
        kind(**arguments(kind, kernel_size=3)).get_config()
        for kind in (aconv.AdaptiveConv2D, cls)
    )
    # Not all kinds have a method: see ``test_method``.
    for name in set(own) - {"method"}:
        assert of_kind[name] == of_two[name], name


def of_aperture(cls, kernel, place):
    """The kernels, ``(*kernel_size, channels)``, that an aperture is about: a view."""
    if "Transpose" in cls.__name__:
        return kernel[..., place, :]
    if "Depthwise" in cls.__name__ or "Separable" in cls.__name__:
        # A filter sees one channel, and all of a channel are side by side.
        return kernel[..., *divmod(place, kernel.shape[-1]), np.newaxis]
    return kernel[..., place]


@pytest.mark.parametrize("channels", [1, 3])
@every_kind
def test_each_aperture_makes_the_envelope_of_its_own_kernels(cls, channels):
    # Three channels and filters equal the kernel's first side: an envelope along the
    # wrong axis would pass unnoticed with one of them missing.
    has_depth = "depth_multiplier" in inspect.signature(cls.__init__).parameters
    own = {"depth_multiplier": 2} if has_depth else {"filters": 3}
    kernel_size = (3, 4, 2)[: rank_of(cls)]
    own |= {"kernel_size": kernel_size, "aperture_initializer": (0.15, 0.9)}
    layer = cls(**arguments(cls, **own))
    layer.build((None, *SPATIAL[rank_of(cls)], channels))
    expected = to_numpy(getattr(layer, layer.kernel_name)).astype("float64")
    # The bounds act from the first call on.
    apertures = to_numpy(layer.aperture).clip(1 / max(kernel_size), max(kernel_size))
    assert len(apertures) == (2 * channels if has_depth else 3)
    for place, sigma in enumerate(apertures):
        kernels = of_aperture(cls, expected, place)
        kernels *= reference.envelope(sigma, kernel_size)[..., np.newaxis]
    np.testing.assert_allclose(to_numpy(layer.effective_kernel()), expected, atol=1e-5)
    assert layer.effective_size().shape == (len(apertures), rank_of(cls))


@pytest.mark.parametrize(("cls", "geometry"), CASES)
def test_ordinary_layer_with_the_product_kernel_computes_the_same(cls, geometry, rng):
    data_format = geometry.get("data_format", "channels_last")
    x = batch(rng, cls, 4, data_format)
    ordinary = ORDINARY[cls](**arguments(cls, activation="elu", **geometry))
    if data_format == "channels_first":
        try:
            ordinary(x)
        except Exception as error:
            pytest.skip(f"Keras itself cannot: {type(error).__name__}")
    # With channels first, Keras 3.15 on TensorFlow may add the bias to another axis.
    bias = "zeros" if data_format == "channels_first" else "normal"
    adaptive = cls(
        **arguments(cls, activation="elu", bias_initializer=bias, **geometry)
    )
    adaptive.build(x.shape)
    if not ordinary.built:
        ordinary.build(x.shape)
    for weight in ordinary.weights:
        value = getattr(adaptive, weight.name)
        if weight.name == adaptive.kernel_name:
            value = adaptive.effective_kernel()
        weight.assign(value)
    output = to_numpy(adaptive(x))
    assert output.shape == tuple(adaptive.compute_output_shape(x.shape))
    assert output.any()
    np.testing.assert_allclose(output, to_numpy(ordinary(x)), atol=1e-5)


@every_kind
def test_override_of_convolution_op_meets_the_product_kernel(cls, rng):
    class Doubled(cls):
        def convolution_op(self, inputs, kernel):
            assert inputs.shape == x.shape  # as they are, also with causal padding
            self.difference = kernel - self.effective_kernel()
            return super().convolution_op(inputs, 2 * kernel)

    padding = "causal" if cls is aconv.AdaptiveConv1D else "same"
    options = arguments(cls, kernel_size=3, padding=padding, use_bias=False)
    layer, doubled = cls(**options), Doubled(**options)
    x = batch(rng, cls)
    expected = 2 * to_numpy(layer(x))
    doubled.build(x.shape)
    doubled.set_weights(layer.get_weights())
    np.testing.assert_allclose(to_numpy(doubled(x)), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(to_numpy(doubled.difference), 0)


@every_kind
def test_apertures_train_and_stay_within_their_bounds(cls, rng):
    model = model_of(cls, aperture_initializer=(0.35, 0.6), aperture_bounds=(0.3, 0.65))
    layer = model.get_layer("adaptive")
    before = to_numpy(layer.aperture).copy()
    # Compiled where XLA can, in two dimensions.
    compiled = keras.backend.backend() != "torch" and rank_of(cls) == 2
    model.compile(keras.optimizers.SGD(20.0), "mse", jit_compile=compiled)
    x = batch(rng, cls, count=4)
    y = 5 * rng.normal(size=(4, *model.output_shape[1:]))
    model.fit(x, y, batch_size=4, verbose=0)
    after = to_numpy(layer.aperture)
    assert np.any(after != before)
    # A rate this large throws apertures far beyond any bound.
    assert np.isin(after, np.float32([0.3, 0.65])).any()
    assert after.min() >= np.float32(0.3)
    assert after.max() <= np.float32(0.65)


@every_kind
def test_saved_model_computes_the_same_with_changed_apertures(cls, tmp_path, rng):
    model = perturbed(model_of(cls))
    aperture = model.get_layer("adaptive").aperture
    aperture.assign(np.linspace(0.1, 5, *aperture.shape))
    x = batch(rng, cls)
    expected = to_numpy(model(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), expected)
    # The same file fits where apertures are kept, and began as others.
    model.save_weights(tmp_path / "model.weights.h5")
    frozen = model_of(cls, train_aperture=False, aperture_initializer=0.15)
    frozen.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(to_numpy(frozen(x)), expected)
    assert len(frozen.trainable_weights) == len(model.trainable_weights) - 1


def own_class(cls):
    """A subclass with a layer of the same kind inside and weights of its own."""

    class Own(cls):
        def build(self, input_shape):
            inner = {name: input_shape[-1] for name in arguments(cls)}
            self.inner = cls(kernel_size=3, padding="same", **inner)
            self.inner.build(input_shape)
            super().build(input_shape)
            self.lora_gate = self.add_weight(name="lora_gate", shape=())
            self.unnamed = [self.add_weight(shape=()) for _ in range(2)]
            self.again = self.add_weight(name="bias", shape=(), trainable=False)

        def call(self, inputs):
            extra = self.lora_gate + self.unnamed[0] - 2 * self.unnamed[1] + self.again
            return super().call(self.inner(inputs)) + extra

    return Own


@every_kind
def test_a_subclass_with_layers_and_weights_of_its_own_is_saved_whole(
    cls, tmp_path, rng
):
    own, x = own_class(cls), batch(rng, cls)

    def model():
        layer = own(kernel_size=3, **arguments(cls), dtype="float32", name="own")
        return keras.Sequential([keras.Input(x.shape[1:]), layer])

    first, second = perturbed(model()), model()
    expected = to_numpy(first(x))
    assert not np.allclose(to_numpy(second(x)), expected)
    first.save_weights(tmp_path / "model.weights.h5")
    second.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(to_numpy(second(x)), expected)
    # The weights of the layer inside are in their own place alone.
    store = {}
    first.layers[0].save_own_variables(store)
    assert len(store) == len(first.weights) - len(first.layers[0].inner.weights)


@every_kind
def test_a_build_that_fails_leaves_no_weights(cls):
    layer = cls(kernel_size=5, **arguments(cls, aperture_regularizer="l2"))
    sides = (9,) * rank_of(cls)
    if "Transpose" not in cls.__name__:
        with pytest.raises(ValueError, match="output size would be"):
            layer.build((None, *(3 for _ in sides), 2))
    assert layer.weights == []
    layer.build((None, *sides, 2))
    assert len(layer.losses) == 1
    assert [w.name for w in layer.weights].count("aperture") == 1


# What only the layer of Keras finds, when the apertures are there already.
@pytest.mark.parametrize("envelope_shape", ["circle", "rotated"])
@pytest.mark.parametrize(
    ("cls", "options", "channels", "message"),
    [
        (aconv.AdaptiveConv2D, {"filters": 4, "groups": 2}, 3, "groups"),
        (aconv.AdaptiveConv2D, {"filters": 4, "bias_initializer": "identity"}, 4, "2D"),
        (aconv.AdaptiveDepthwiseConv2D, {"bias_initializer": "identity"}, 4, "2D"),
        (
            aconv.AdaptiveSeparableConv2D,
            {"filters": 4, "pointwise_initializer": "identity"},
            4,
            "2D",
        ),
    ],
)
def test_the_build_after_one_that_was_refused_is_as_the_first(
    cls, options, channels, message, envelope_shape, tmp_path, rng
):
    layer = cls(kernel_size=3, **options, envelope_shape=envelope_shape)
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            layer.build((None, 8, 8, channels))
        assert layer.weights == []
        assert not layer.built
    for name in options:
        if name.endswith("_initializer"):
            setattr(layer, name, keras.initializers.RandomNormal(seed=1))
    model = keras.Sequential([keras.Input((8, 8, 4)), layer])
    names = [weight.name for weight in model.weights]
    assert len(set(names)) == len(names)
    model.compile("sgd", "mse")
    x = rng.normal(size=(2, 8, 8, 4)).astype("float32")
    y = np.ones((2, *model.output_shape[1:]), "float32")
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))


@pytest.mark.parametrize("skip_mismatch", [False, True])
@every_kind
def test_a_file_of_other_shapes_changes_nothing(cls, skip_mismatch, tmp_path):
    path = tmp_path / "model.weights.h5"
    # As many apertures, other kernels.
    perturbed(model_of(cls, kernel_size=3)).save_weights(path)
    model = model_of(cls, kernel_size=5)
    before = model.get_layer("adaptive").get_weights()
    if skip_mismatch:
        with pytest.warns(UserWarning, match="could not be loaded"):
            model.load_weights(path, skip_mismatch=True)
    else:
        with pytest.raises(ValueError, match=r"with the shape \(5,.*Received: \(3,"):
            model.load_weights(path)
    for own, value in zip(
        before, model.get_layer("adaptive").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(own, value)


@every_kind
def test_a_file_has_each_weight_by_its_name(cls):
    options = {"envelope_shape": "rotated" if rank_of(cls) == 2 else "ellipse"}
    layer = perturbed(model_of(cls, **options)).get_layer("adaptive")
    store = {}
    layer.save_own_variables(store)
    assert set(store) == {weight.name for weight in layer.weights}
    for weight in layer.weights:
        np.testing.assert_array_equal(to_numpy(store[weight.name]), to_numpy(weight))
    # Whatever the order in a file is.
    other = model_of(cls, train_aperture=False, **options).get_layer("adaptive")
    other.load_own_variables(dict(sorted(store.items(), reverse=True)))
    for weight in other.weights:
        np.testing.assert_array_equal(to_numpy(store[weight.name]), to_numpy(weight))


# Without a bias the adaptive layer has as many weights as the ordinary one, and kept
# apertures come after the others.
@pytest.mark.parametrize(
    ("use_bias", "train_aperture"), [(True, True), (False, True), (False, False)]
)
@every_kind
def test_weights_of_an_ordinary_layer_are_refused(
    cls, use_bias, train_aperture, tmp_path
):
    layer = ORDINARY[cls](**arguments(cls, kernel_size=3), name="adaptive")
    ordinary = keras.Sequential([keras.Input((*SPATIAL[rank_of(cls)], 3)), layer])
    ordinary.save_weights(tmp_path / "ordinary.weights.h5")
    ordinary.save(tmp_path / "legacy.h5")
    adaptive = model_of(cls, use_bias=use_bias, train_aperture=train_aperture)
    before = adaptive.get_weights()
    with pytest.raises(
        ValueError, match=r"must have the weights .*'aperture'.*Received"
    ):
        adaptive.load_weights(tmp_path / "ordinary.weights.h5")
    with pytest.raises(ValueError, match=r"expecting|shape"):
        adaptive.set_weights(ordinary.get_weights())
    for old, new in zip(before, adaptive.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    if train_aperture:  # an old file goes by positions, of trained weights first
        with pytest.raises(ValueError, match=r"(?i)shape|weight"):
            adaptive.load_weights(tmp_path / "legacy.h5")


@every_kind
def test_folded_and_unfolded_model_computes_the_same(cls, rng):
    model = perturbed(model_of(cls))
    x = batch(rng, cls)
    expected = to_numpy(model(x))
    folded = aconv.fold(model)
    assert [type(layer) for layer in folded.layers] == [ORDINARY[cls]]
    np.testing.assert_allclose(to_numpy(folded(x)), expected, atol=1e-4)
    back = aconv.unfold(folded, aperture=(0.4, 0.6))
    assert [type(layer) for layer in back.layers] == [cls]
    np.testing.assert_allclose(to_numpy(back(x)), expected, atol=1e-3)


@every_kind
def test_envelope_stays_in_float32_under_mixed_precision(cls, rng):
    layer = cls(**arguments(cls, kernel_size=3, dtype="mixed_float16"))
    x = batch(rng, cls)
    output = layer(x)
    assert keras.backend.standardize_dtype(output.dtype) == "float16"
    assert to_numpy(layer.envelope()).dtype == np.float32
    full = cls(**arguments(cls, kernel_size=3))
    full.build(x.shape)
    full.set_weights(layer.get_weights())
    found = to_numpy(keras.ops.cast(output, "float32"))
    np.testing.assert_allclose(found, to_numpy(full(x)), atol=0.02)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("DepthwiseConv2D", {"depth_multiplier": 0}, "depth_multiplier"),
        ("DepthwiseConv2D", {"aperture_initializer": 0}, "Received: 0"),
        ("SeparableConv1D", {"filters": 0}, "filters"),
        ("SeparableConv2D", {"train_aperture": 1}, "train_aperture"),
        ("Conv2DTranspose", {"output_padding": 1}, "output_padding"),
        ("Conv3DTranspose", {"aperture_bounds": 3}, "Received: 3"),
        ("Conv1DTranspose", {"aperture_initializer": "zeros"}, "gave 0.0"),
        ("Conv1D", {"envelope_shape": "rotated"}, "1 dimension.*'rotated'"),
        ("Conv3D", {"envelope_shape": "rotated"}, "3 dimension.*'rotated'"),
    ],
)
def test_bad_arguments_are_named(kind, options, message):
    cls = getattr(aconv, f"Adaptive{kind}")
    with pytest.raises(ValueError, match=message):
        cls(**arguments(cls, **{"kernel_size": 3, **options}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"aperture_initializer": "zeros"}, "positive, finite.*gave 0.0"),
        ({"aperture_initializer": "random_normal"}, "positive, finite.*gave -"),
        ({"depth_multiplier": 2.0}, "`depth_multiplier`.*Received: 4.0"),
    ],
)
def test_arguments_are_looked_at_when_the_number_of_channels_is_known(options, message):
    layer = aconv.AdaptiveDepthwiseConv2D(3, **options)
    with pytest.raises(ValueError, match=message):
        layer.build((None, 5, 5, 2))


class Subclassed(keras.Model):
    """Builds its layers where Keras traces its call."""

    def __init__(self, initial):
        super().__init__()
        self.conv = aconv.AdaptiveDepthwiseConv2D(3, aperture_initializer=initial)

    def call(self, inputs):
        return self.conv(inputs)


@pytest.mark.parametrize(
    "initial", [keras.initializers.RandomUniform(0.4, 0.6, seed=1), (0.4, 0.6)]
)
def test_layer_inside_a_subclassed_model_is_built_saved_and_trained(initial, tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
    model, other = Subclassed(initial), Subclassed(initial)
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((4, 6, 6, 3), "float32"), verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    before = to_numpy(other(x))
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(to_numpy(other(x)), to_numpy(model(x)), atol=1e-6)
    assert np.any(to_numpy(other(x)) != before)


@pytest.mark.parametrize("given", [0.13, (0.13, 1.7)])
@pytest.mark.parametrize("cls", [aconv.AdaptiveConv2D, aconv.AdaptiveDepthwiseConv2D])
def test_initial_values_are_exact_in_double_precision(cls, given):
    options = {"aperture_initializer": given, "angle_initializer": given}
    options |= {"envelope_shape": "rotated", "dtype": "float64"}
    layer = cls(**arguments(cls, kernel_size=3, **options))
    layer.build((2, 7, 8, 3))
    angles = to_numpy(layer.angle)
    if angles.dtype != np.float64:
        pytest.skip("JAX computes in float64 only where jax_enable_x64 is set")
    low, high = given if isinstance(given, tuple) else (given, given)
    expected = np.linspace(low, high, len(angles))
    np.testing.assert_allclose(angles, expected, rtol=1e-15)
    apertures = to_numpy(layer.aperture)
    np.testing.assert_allclose(apertures, np.repeat(expected, 2), rtol=1e-15)


@pytest.mark.parametrize("envelope_shape", ["ellipse", "rotated"])
def test_apertures_per_axis_train_apart_in_double_precision(envelope_shape, rng):
    options = {"envelope_shape": envelope_shape, "aperture_initializer": (0.4, 0.6)}
    layer = aconv.AdaptiveConv2D(4, 3, dtype="float64", **options)
    layer.build((None, 7, 8, 3))
    before = np.array(to_numpy(layer.aperture))
    np.testing.assert_array_equal(*before.reshape(4, 2).T)
    slopes = rng.normal(size=before.shape)
    keras.optimizers.SGD(0.01).apply(
        [keras.ops.convert_to_tensor(slopes, dtype=layer.aperture.dtype)],
        [layer.aperture],
    )
    after = to_numpy(layer.aperture)
    np.testing.assert_allclose(after, before - 0.01 * slopes, rtol=1e-6)
