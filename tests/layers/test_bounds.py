"""The layer never computes with an aperture out of its bounds, whatever the loop."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import aconv
from aconv import AdaptiveConv1D, AdaptiveConv2D, AdaptiveConv3D
from aconv.companion.measures.gradients import gradients
from aconv.layers.constraints import within_bounds
from aconv.layers.envelope import envelope

pytestmark = pytest.mark.backend

RANKS = {
    AdaptiveConv1D: ((8,), keras.layers.GlobalAveragePooling1D),
    AdaptiveConv2D: ((8, 8), keras.layers.GlobalAveragePooling2D),
    AdaptiveConv3D: ((5, 5, 5), keras.layers.GlobalAveragePooling3D),
}
BOUNDS = (1 / 3, 3.0)
INITIALIZERS = {
    "pair": (0.1, 0.5),
    "number": 0.15,
    "drawn": keras.initializers.RandomUniform(0.05, 6.0, seed=3),
}


def network(cls=AdaptiveConv2D, **options):
    spatial, pooling = RANKS[cls]
    return keras.Sequential(
        [
            keras.Input((*spatial, 3)),
            keras.Sequential([cls(4, 3, name="adaptive", **options)], name="inner"),
            pooling(),
        ]
    )


def layer_of(model):
    return model.get_layer("inner").get_layer("adaptive")


def data(model, rng, count=16):
    x = rng.normal(size=(count, *model.input_shape[1:])).astype("float32")
    return x, 5 * rng.normal(size=(count, 4)).astype("float32")


def native_steps(model, x, y, rate, steps):
    """Steps of gradient descent in a loop of the backend's own, without Keras's."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        x, y = torch.tensor(x), torch.tensor(y)
        for _ in range(steps):
            optimizer.zero_grad()
            ((model(x) - y) ** 2).mean().backward()
            optimizer.step()
            yield
    elif backend == "jax":
        import jax

        variables = model.trainable_variables

        @jax.jit
        def step(values):
            def loss(values):
                outputs, _ = model.stateless_call(values, [], x)
                return ((outputs - y) ** 2).mean()

            slopes = jax.grad(loss)(values)
            return [v - rate * g for v, g in zip(values, slopes, strict=True)]

        for _ in range(steps):
            values = step([variable.value for variable in variables])
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            yield
    else:
        import tensorflow as tf

        for _ in range(steps):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(x) - y))
            slopes = tape.gradient(loss, model.trainable_weights)
            for variable, slope in zip(model.trainable_weights, slopes, strict=True):
                variable.value.assign_sub(rate * slope)
            yield


def assert_within(acting, bounds=BOUNDS):
    assert np.isfinite(acting).all()
    assert acting.min() >= np.float32(bounds[0])
    assert acting.max() <= np.float32(bounds[1])


@pytest.mark.parametrize("cls", RANKS)
@pytest.mark.parametrize("initial", [(0.1, 0.5), (0.35, 0.6)])
def test_native_loop_computes_within_the_bounds(cls, initial, rng):
    model = network(cls, aperture_initializer=initial)
    layer = layer_of(model)
    left = False
    for _ in native_steps(model, *data(model, rng), rate=5.0, steps=3):
        acting = to_numpy(layer.effective_aperture())
        assert_within(acting)
        raw = to_numpy(layer.aperture)
        np.testing.assert_array_equal(
            acting, raw.clip(*map(np.float32, layer.aperture_bounds))
        )
        left |= np.any(acting != raw)
        assert np.isfinite(to_numpy(model(data(model, rng)[0]))).all()
    assert left, "the rate throws no aperture out of its bounds: nothing was tested"


@pytest.mark.parametrize("overwrite", [None, 2])
@pytest.mark.parametrize("make", [keras.optimizers.SGD, keras.optimizers.Adam])
def test_averaged_weights_compute_within_the_bounds(make, overwrite, rng):
    model = network()
    optimizer = make(0.5, use_ema=True, ema_overwrite_frequency=overwrite)
    model.compile(optimizer, "mse")
    model.fit(*data(model, rng), batch_size=8, epochs=2, verbose=0)
    assert_within(to_numpy(layer_of(model).effective_aperture()))


@pytest.mark.parametrize("policy", ["float32", "float16", "mixed_float16", "bfloat16"])
@pytest.mark.parametrize("value", [0.0, -0.0, -0.4, -1e4, 1e-7, 6e4, 0.2, 5.0])
def test_no_finite_aperture_gives_nan_and_gradients_pass(value, policy, rng):
    cls = AdaptiveConv2D
    layer = cls(2, 3, dtype=policy, aperture_initializer=(0.4, 0.8))
    x = rng.normal(size=(2, 6, 6, 3)).astype("float32")
    layer.build(x.shape)
    layer.aperture.assign([value, 0.6])
    twin = cls(2, 3, dtype=policy)
    twin.build(x.shape)
    twin.set_weights(layer.get_weights())
    twin.aperture.assign([np.clip(value, *BOUNDS), 0.6])
    tolerance = 1e-6 if policy == "float32" else 2e-2
    np.testing.assert_allclose(
        *(to_numpy(keras.ops.cast(one(x), "float32")) for one in (layer, twin)),
        atol=tolerance,
    )

    def loss(one):
        return lambda: keras.ops.sum(keras.ops.cast(one(x), "float32"))

    (ours,), (inside,) = (gradients(loss(one), [one.aperture]) for one in (layer, twin))
    ours, inside = (np.asarray(g).astype("float32") for g in (ours, inside))
    assert ours.any()
    np.testing.assert_allclose(ours, inside, rtol=5e-2, atol=tolerance)


def test_an_aperture_that_is_no_number_is_not_hidden(rng):
    model = network(aperture_initializer=(0.4, 0.8))
    layer = layer_of(model)
    layer.aperture.assign([np.nan, 0.6, 0.7, 0.8])
    x, y = data(model, rng)
    assert np.isnan(to_numpy(layer.effective_aperture())).tolist() == [
        True,
        *[False] * 3,
    ]
    assert np.isnan(layer.effective_size()[0]).all()
    assert np.isnan(model.predict(x, verbose=0)[:, 0]).all()
    assert np.isfinite(model.predict(x, verbose=0)[:, 1:]).all()
    with pytest.raises(ValueError, match="finite"):
        aconv.crop(model, tolerance=0.1)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    assert np.isnan(model.fit(x, y, verbose=0).history["loss"][0])


def test_infinite_apertures_act_at_the_bounds():
    layer = AdaptiveConv2D(2, 3, aperture_initializer=0.6)
    layer.build((None, 6, 6, 3))
    layer.aperture.assign([np.inf, -np.inf])
    np.testing.assert_allclose(to_numpy(layer.effective_aperture()), [3, 1 / 3])


@pytest.mark.parametrize("start", [-1.0, 0.0, 1.4, 20.0])
def test_gradients_bring_an_aperture_back(start):
    bounds = (1 / 3, 1.0)
    layer = AdaptiveConv2D(4, 5, aperture_bounds=bounds)
    layer.build((None, 9, 9, 1))
    goal = keras.ops.convert_to_tensor(
        envelope(np.full(4, 0.6, "float32"), layer.kernel_size)
    )
    layer.aperture.assign(np.full(4, start))
    step = abs(start - 0.6) / 20
    for _ in range(21):
        (slope,) = gradients(
            lambda: keras.ops.sum(keras.ops.square(layer.envelope() - goal)),
            [layer.aperture],
        )
        # Only the direction counts: the slopes differ by orders of magnitude.
        layer.aperture.assign(
            to_numpy(layer.aperture) - step * np.sign(np.asarray(slope))
        )
    raw = to_numpy(layer.aperture)
    assert (raw >= bounds[0]).all()
    assert (raw <= bounds[1] + step).all()


@pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=INITIALIZERS)
@pytest.mark.parametrize("train_aperture", [True, False])
@pytest.mark.parametrize("cls", RANKS)
def test_bounds_act_from_the_first_call(cls, train_aperture, initializer, rng):
    model = network(
        cls, aperture_initializer=initializer, train_aperture=train_aperture
    )
    layer, (x, y) = layer_of(model), data(model, rng)
    raw = to_numpy(layer.aperture)
    expected = raw.clip(*map(np.float32, BOUNDS))
    assert np.any(expected != raw), "all initial values are inside: nothing was tested"
    np.testing.assert_array_equal(to_numpy(layer.effective_aperture()), expected)
    # An ordinary layer with kernels of the clipped apertures computes the same.
    product = reference.product_kernel(to_numpy(layer.kernel), expected)
    np.testing.assert_allclose(to_numpy(layer.effective_kernel()), product, atol=1e-5)
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    model.fit(x, y, verbose=0)
    after = to_numpy(layer.effective_aperture())
    assert_within(after)
    if not train_aperture:
        np.testing.assert_array_equal(to_numpy(layer.aperture), raw)
        np.testing.assert_array_equal(after, expected)


@pytest.mark.parametrize("train_aperture", [True, False])
def test_equal_weights_compute_the_same_whatever_the_initializer(
    train_aperture, tmp_path, rng
):
    # An initializer that decided the output would be a state that nobody saves.
    one, other = (
        network(train_aperture=train_aperture, **options)
        for options in ({"aperture_initializer": 0.15}, {})
    )
    other.set_weights(one.get_weights())
    x, _ = data(one, rng)
    expected = to_numpy(one(x))
    np.testing.assert_array_equal(to_numpy(other(x)), expected)
    one.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), expected)


@settings(deadline=None, max_examples=60)
@given(
    low=st.floats(1e-3, 10),
    factor=st.floats(1.001, 1e3),
    apertures=st.lists(
        st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=8
    ),
)
def test_what_acts_is_the_clipped_aperture(low, factor, apertures):
    high, raw = low * factor, np.array(apertures, "float32")
    acting = to_numpy(within_bounds(keras.ops.convert_to_tensor(raw), low, high))
    np.testing.assert_array_equal(acting, raw.clip(np.float32(low), np.float32(high)))
    assert acting.dtype == raw.dtype


def test_inside_the_bounds_nothing_is_changed_and_slopes_are_one(rng):
    layer = AdaptiveConv2D(4, 3, aperture_initializer=(0.1, 0.5))
    layer.build((None, 5, 5, 1))
    # Both bounds themselves among them.
    values = np.array([1 / 3, 3.0, 0.7, 1.9], "float32")
    layer.aperture.assign(values)
    np.testing.assert_array_equal(to_numpy(layer.effective_aperture()), values)
    (slopes,) = gradients(
        lambda: keras.ops.sum(layer.effective_aperture()), [layer.aperture]
    )
    np.testing.assert_array_equal(np.asarray(slopes), 1.0)
