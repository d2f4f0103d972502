"""The layer never computes with an aperture out of its bounds, whatever the loop."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from hypothesis import example, given, settings
from hypothesis import strategies as st

import aconv
from aconv import AdaptiveConv2D
from aconv.companion.measures.gradients import gradients
from aconv.layers.constraints import within_bounds
from aconv.layers.envelope import envelope

pytestmark = pytest.mark.backend

BOUNDS = (1 / 3, 3.0)


def network(**options):
    layer = AdaptiveConv2D(4, 3, name="adaptive", **options)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.Sequential([layer], name="inner"),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )


def layer_of(model):
    return model.get_layer("inner").get_layer("adaptive")


def data(rng, count=16):
    x = rng.normal(size=(count, 8, 8, 3)).astype("float32")
    return x, 5 * rng.normal(size=(count, 4)).astype("float32")


def assert_within(acting):
    assert np.isfinite(acting).all()
    assert acting.min() >= np.float32(BOUNDS[0])
    assert acting.max() <= np.float32(BOUNDS[1])


@pytest.mark.parametrize(
    ("kernel_size", "bounds"),
    [(1, (0.5, 1.0)), (2, (1 / 2, 2.0)), (3, (1 / 3, 3.0)), ((2, 5), (1 / 5, 5.0))],
)
def test_default_bounds_are_from_a_pixel_to_the_number_of_pixels(kernel_size, bounds):
    assert AdaptiveConv2D(4, kernel_size).aperture_bounds == bounds


@pytest.mark.parametrize("overwrite", [None, 2])
def test_averaged_weights_compute_within_the_bounds(overwrite, rng):
    model = network()
    optimizer = keras.optimizers.SGD(
        0.5, use_ema=True, ema_overwrite_frequency=overwrite
    )
    model.compile(optimizer, "mse")
    model.fit(*data(rng), batch_size=8, epochs=2, verbose=0)
    assert_within(to_numpy(layer_of(model).effective_aperture()))


@pytest.mark.parametrize("policy", ["float32", "float16", "mixed_float16", "bfloat16"])
def test_no_finite_aperture_gives_nan_and_gradients_pass(policy, rng):
    raw = np.array([0.0, -0.0, -0.4, -1e4, 1e-7, 6e4, 0.2, 5.0])
    x = rng.normal(size=(2, 6, 6, 3)).astype("float32")
    layer, twin = (AdaptiveConv2D(len(raw), 3, dtype=policy) for _ in range(2))
    for each in (layer, twin):
        each.build(x.shape)
    twin.set_weights(layer.get_weights())
    layer.aperture.assign(raw)
    twin.aperture.assign(raw.clip(*BOUNDS))
    tolerance = 1e-6 if policy == "float32" else 2e-2
    np.testing.assert_allclose(
        *(to_numpy(keras.ops.cast(one(x), "float32")) for one in (layer, twin)),
        atol=tolerance,
    )

    def loss(one):
        return lambda: keras.ops.sum(keras.ops.cast(one(x), "float32"))

    (ours,), (inside,) = (gradients(loss(one), [one.aperture]) for one in (layer, twin))
    ours, inside = (np.asarray(g).astype("float32") for g in (ours, inside))
    assert ours.all()
    np.testing.assert_allclose(ours, inside, rtol=5e-2, atol=tolerance)


def test_an_aperture_that_is_no_number_is_not_hidden(rng):
    model = network(aperture_initializer=(0.4, 0.8))
    layer = layer_of(model)
    layer.aperture.assign([np.nan, 0.6, 0.7, 0.8])
    x, y = data(rng)
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


def test_gradients_bring_an_aperture_back():
    layer = AdaptiveConv2D(4, 5, aperture_bounds=(1 / 3, 1.0))
    layer.build((None, 9, 9, 1))
    goal = keras.ops.convert_to_tensor(
        envelope(np.full(4, 0.6, "float32"), layer.kernel_size)
    )
    start = np.array([-1.0, 0.0, 1.4, 20.0])
    layer.aperture.assign(start)
    step = np.abs(start - 0.6) / 20
    for _ in range(20):
        (slope,) = gradients(
            lambda: keras.ops.sum(keras.ops.square(layer.envelope() - goal)),
            [layer.aperture],
        )
        # Only the direction counts: the slopes differ by orders of magnitude.
        layer.aperture.assign(
            to_numpy(layer.aperture) - step * np.sign(np.asarray(slope))
        )
    np.testing.assert_allclose(to_numpy(layer.aperture), 0.6, atol=1e-4)


@pytest.mark.parametrize(
    ("initializer", "train_aperture"),
    [
        ((0.1, 0.5), True),
        (0.15, False),
        (keras.initializers.RandomUniform(0.05, 6.0, seed=3), True),
    ],
)
def test_bounds_act_from_the_first_call(initializer, train_aperture, rng):
    model = network(aperture_initializer=initializer, train_aperture=train_aperture)
    layer, (x, y) = layer_of(model), data(rng)
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
    x, _ = data(rng)
    expected = to_numpy(one(x))
    np.testing.assert_array_equal(to_numpy(other(x)), expected)
    one.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), expected)


@settings(deadline=None, max_examples=60)
@given(
    low=st.floats(1e-3, 10),
    factor=st.floats(1.001, 1e3),
    apertures=st.lists(st.floats(width=32, allow_nan=False), max_size=8),
)
@example(low=0.5, factor=4.0, apertures=[np.inf, -np.inf])
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
