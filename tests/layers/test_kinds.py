"""What layers of every kind promise, in the place of those of Keras."""

import inspect

import keras
import numpy as np
import pytest
from arrays import to_numpy
from perturbing import perturbed

import aconv
from aconv.layers.fold import ORDINARY

pytestmark = pytest.mark.backend

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
    layer = cls(**arguments(cls, kernel_size=3, name="adaptive", **options))
    return keras.Sequential([keras.Input((*SPATIAL[rank_of(cls)], 3)), layer])


def test_all_kinds_are_exported():
    assert len(ORDINARY) == 10
    for cls in ORDINARY:
        assert getattr(aconv, cls.__name__) is cls


@pytest.mark.parametrize("cls", ORDINARY)
def test_arguments_are_those_of_the_keras_layer_in_the_same_order(cls):
    ours = list(inspect.signature(cls).parameters.values())
    theirs = list(inspect.signature(ORDINARY[cls]).parameters.values())[:-1]
    assert [p.name for p in ours[: len(theirs)]] == [p.name for p in theirs]
    # Keras writes strides=(1, 1) in two dimensions and 1 in one; both mean the same.
    for our, their in zip(ours, theirs, strict=False):
        default = their.default
        if isinstance(default, tuple):
            default = default[0]
        assert our.default == default, our.name
        assert our.kind == their.kind


@pytest.mark.parametrize("cls", ORDINARY)
def test_arguments_by_position_mean_what_they_do_in_keras(cls):
    # All different where they can be, in the order of the Keras layer.
    values = {
        "filters": 5,
        "kernel_size": (3,) * rank_of(cls),
        "strides": (2,) * rank_of(cls),
        "padding": "same",
        "depth_multiplier": 2,
        "output_padding": (1,) * rank_of(cls),
        "data_format": "channels_first",
        "dilation_rate": (1,) * rank_of(cls),
    }
    names = [
        name for name in inspect.signature(ORDINARY[cls]).parameters if name in values
    ]
    ours, theirs = (
        made(*(values[name] for name in names)).get_config()
        for made in (cls, ORDINARY[cls])
    )
    assert {name: ours[name] for name in names} == {
        name: theirs[name] for name in names
    }


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
@pytest.mark.parametrize("cls", ORDINARY)
def test_ordinary_layer_with_the_product_kernel_computes_the_same(cls, geometry, rng):
    ordinary_class = ORDINARY[cls]
    if not set(geometry) <= set(inspect.signature(ordinary_class).parameters):
        pytest.skip("no argument of this kind")
    data_format = geometry.get("data_format", "channels_last")
    x = batch(rng, cls, 4, data_format)
    ordinary = ordinary_class(**arguments(cls, activation="elu", **geometry))
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


@pytest.mark.parametrize("cls", ORDINARY)
def test_override_of_convolution_op_meets_the_product_kernel(cls, rng):
    class Doubled(cls):
        def convolution_op(self, inputs, kernel):
            self.difference = kernel - self.effective_kernel()
            return super().convolution_op(inputs, 2 * kernel)

    options = arguments(cls, kernel_size=3, use_bias=False)
    layer, doubled = cls(**options), Doubled(**options)
    x = batch(rng, cls)
    expected = 2 * to_numpy(layer(x))
    doubled.build(x.shape)
    doubled.set_weights(layer.get_weights())
    np.testing.assert_allclose(to_numpy(doubled(x)), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(to_numpy(doubled.difference), 0)


@pytest.mark.parametrize("cls", ORDINARY)
def test_very_large_aperture_leaves_the_weights_as_they_are(cls):
    options = {"aperture_initializer": 1e4, "aperture_bounds": (0.1, 1e4)}
    layer = cls(**arguments(cls, kernel_size=3, **options))
    layer.build((None, *SPATIAL[rank_of(cls)], 3))
    kernel = to_numpy(getattr(layer, layer.kernel_name))
    np.testing.assert_allclose(to_numpy(layer.effective_kernel()), kernel, atol=1e-6)


@pytest.mark.parametrize("cls", ORDINARY)
def test_each_envelope_has_a_mean_square_of_one(cls):
    layer = cls(**arguments(cls, kernel_size=5, aperture_initializer=(0.12, 0.8)))
    layer.build((None, *(9,) * rank_of(cls), 3))
    spatial = tuple(range(rank_of(cls)))
    energy = np.mean(np.square(to_numpy(layer.envelope())), axis=spatial)
    np.testing.assert_allclose(energy, 1, rtol=1e-5)
    assert energy.size == layer.aperture.shape[0]
    assert layer.effective_size().shape == (energy.size, rank_of(cls))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("cls", ORDINARY)
def test_apertures_train_and_stay_within_their_bounds(cls, jit_compile, rng):
    if jit_compile and (keras.backend.backend() == "torch" or rank_of(cls) != 2):
        pytest.skip("compiled where XLA can, in two dimensions")
    model = model_of(cls, aperture_initializer=(0.35, 0.6), aperture_bounds=(0.3, 0.65))
    layer = model.get_layer("adaptive")
    before = to_numpy(layer.aperture).copy()
    model.compile(keras.optimizers.SGD(20.0), "mse", jit_compile=jit_compile)
    x = batch(rng, cls, count=4)
    y = 5 * rng.normal(size=(4, *model.output_shape[1:]))
    model.fit(x, y, epochs=1, batch_size=4, verbose=0)
    after = to_numpy(layer.aperture)
    assert np.any(after != before)
    # A rate this large throws apertures far beyond any bound.
    assert np.isin(after, np.float32([0.3, 0.65])).any()
    assert after.min() >= np.float32(0.3)
    assert after.max() <= np.float32(0.65)
    layer.aperture.assign(np.full(after.shape, 7.0))
    np.testing.assert_allclose(to_numpy(layer.effective_aperture()), 0.65)


@pytest.mark.parametrize("cls", ORDINARY)
def test_saved_model_predicts_the_same_with_changed_apertures(cls, tmp_path, rng):
    model = perturbed(model_of(cls))
    x = batch(rng, cls)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), expected)
    # The same file fits where apertures are kept.
    model.save_weights(tmp_path / "model.weights.h5")
    frozen = model_of(cls, train_aperture=False)
    frozen.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(frozen.predict(x, verbose=0), expected)
    assert len(frozen.trainable_weights) == len(model.trainable_weights) - 1


@pytest.mark.parametrize("cls", ORDINARY)
def test_a_file_has_each_weight_by_its_name(cls, tmp_path):
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


@pytest.mark.parametrize("train_aperture", [True, False])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("cls", ORDINARY)
def test_weights_of_an_ordinary_layer_are_refused(
    cls, use_bias, train_aperture, tmp_path
):
    ordinary = keras.Sequential(
        [
            keras.Input((*SPATIAL[rank_of(cls)], 3)),
            ORDINARY[cls](**arguments(cls, kernel_size=3), name="adaptive"),
        ]
    )
    ordinary.save_weights(tmp_path / "ordinary.weights.h5")
    # Without a bias the adaptive layer has as many weights as the ordinary one.
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


@pytest.mark.parametrize("cls", ORDINARY)
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


@pytest.mark.parametrize("cls", ORDINARY)
def test_only_apertures_get_the_other_rate(cls, rng):
    steps = {}
    x, y = batch(rng, cls), None
    for factor in (1, 10):
        keras.utils.set_random_seed(1)
        model = model_of(cls, aperture_initializer=(0.4, 0.6))
        y = np.ones((2, *model.output_shape[1:])) if y is None else y
        before = [to_numpy(weight).copy() for weight in model.weights]
        optimizer = aconv.with_aperture_rate(keras.optimizers.SGD(0.01), factor)
        model.compile(optimizer, "mse")
        model.fit(x, y, verbose=0)
        steps[factor] = {
            weight.name: to_numpy(weight) - old
            for weight, old in zip(model.weights, before, strict=True)
        }
    assert np.abs(steps[1]["aperture"]).max() > 1e-6
    for name, step in steps[1].items():
        share = 10 if name == "aperture" else 1
        np.testing.assert_allclose(steps[10][name], share * step, rtol=2e-2, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("cls", ORDINARY)
def test_envelope_stays_in_float32_under_mixed_precision(cls, policy, rng):
    layer = cls(**arguments(cls, kernel_size=3, dtype=policy))
    x = batch(rng, cls)
    output = layer(x)
    found = keras.backend.standardize_dtype(output.dtype)
    assert found == policy.removeprefix("mixed_")
    assert to_numpy(layer.envelope()).dtype == np.float32
    full = cls(**arguments(cls, kernel_size=3))
    full.build(x.shape)
    full.set_weights(layer.get_weights())
    found = to_numpy(keras.ops.cast(output, "float32"))
    np.testing.assert_allclose(found, to_numpy(full(x)), atol=0.05)


@pytest.mark.parametrize("cls", ORDINARY)
def test_an_aperture_acts_on_its_own_kernels_only(cls, rng):
    layer = cls(**arguments(cls, kernel_size=3, aperture_initializer=(0.4, 0.6)))
    x = batch(rng, cls)
    layer.build(x.shape)
    before = to_numpy(layer.effective_kernel())
    apertures = to_numpy(layer.aperture).copy()
    apertures[1] = 2.0
    layer.aperture.assign(apertures)
    changed = to_numpy(layer.effective_kernel()) != before
    # Kernels are by filter, by channel, or by filter before the channels.
    axis = {"Depth": -2, "Separ": -2}.get(cls.__name__.removeprefix("Adaptive")[:5], -1)
    axis = -2 if "Transpose" in cls.__name__ else axis
    others = tuple(a for a in range(changed.ndim) if a != changed.ndim + axis)
    assert changed.any(axis=others).tolist() == [
        place == 1 for place in range(len(apertures))
    ]


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (aconv.AdaptiveDepthwiseConv2D, {"depth_multiplier": 0}, "depth_multiplier"),
        (aconv.AdaptiveDepthwiseConv2D, {"aperture_initializer": 0}, "Received: 0"),
        (aconv.AdaptiveSeparableConv1D, {"filters": 0}, "filters"),
        (aconv.AdaptiveSeparableConv2D, {"train_aperture": 1}, "train_aperture"),
        (aconv.AdaptiveConv2DTranspose, {"output_padding": 1}, "output_padding"),
        (aconv.AdaptiveConv3DTranspose, {"aperture_bounds": 3}, "Received: 3"),
        (aconv.AdaptiveConv1DTranspose, {"aperture_initializer": "zeros"}, "gave 0.0"),
    ],
)
def test_bad_arguments_are_named(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments(cls, **{"kernel_size": 3, **options}))


@pytest.mark.parametrize("given", [0.13, (0.13, 1.7)])
@pytest.mark.parametrize("cls", ORDINARY)
def test_initial_apertures_are_exact_in_double_precision(cls, given):
    layer = cls(
        **arguments(cls, kernel_size=3, dtype="float64", aperture_initializer=given)
    )
    layer.build((2, *SPATIAL[rank_of(cls)], 3))
    found = to_numpy(layer.aperture)
    if found.dtype != np.float64:
        pytest.skip("JAX computes in float64 only where jax_enable_x64 is set")
    low, high = given if isinstance(given, tuple) else (given, given)
    expected = np.linspace(low, high, found.shape[0])
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("envelope_shape", ["ellipse", "rotated"])
def test_apertures_per_axis_train_apart_in_double_precision(envelope_shape, rng):
    layer = aconv.AdaptiveConv2D(
        4,
        3,
        dtype="float64",
        envelope_shape=envelope_shape,
        aperture_initializer=(0.4, 0.6),
    )
    x = rng.normal(size=(8, 7, 8, 3))
    layer.build(x.shape)
    np.testing.assert_array_equal(*to_numpy(layer.aperture).reshape(4, 2).T)
    pooling = keras.layers.GlobalAveragePooling2D(dtype="float64")
    inputs = keras.Input(x.shape[1:], dtype="float64")
    model = keras.Model(inputs, pooling(layer(inputs)))
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.fit(x, np.ones((8, 4)), epochs=2, verbose=0)
    first, second = to_numpy(layer.aperture).reshape(4, 2).T
    assert (np.abs(first - second) > 1e-6).all()


def test_initial_angles_are_exact_in_double_precision():
    layer = aconv.AdaptiveConv2D(
        4, 3, dtype="float64", envelope_shape="rotated", angle_initializer=(0.1, 0.7)
    )
    layer.build((2, 7, 8, 3))
    found = to_numpy(layer.angle)
    if found.dtype != np.float64:
        pytest.skip("JAX computes in float64 only where jax_enable_x64 is set")
    np.testing.assert_allclose(found, np.linspace(0.1, 0.7, 4), rtol=1e-15)
