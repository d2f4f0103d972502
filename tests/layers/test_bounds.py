"""The layer never computes with an aperture out of its bounds, whatever the loop."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from exchanging import sequential
from hypothesis import example, given
from hypothesis import strategies as st

import aconv
from aconv import AdaptiveConv2D
from aconv.companion.measures.gradients import gradients
from aconv.layers.constraints import within_bounds

pytestmark = pytest.mark.backend

BOUNDS = (1 / 3, 3.0)


def network(**options):
    layer = AdaptiveConv2D(4, 3, **options)
    return sequential((8, 8, 3), layer, keras.layers.GlobalAveragePooling2D()), layer


def data(rng, count=16):
    x = rng.normal(size=(count, 8, 8, 3)).astype("float32")
    return x, 5 * rng.normal(size=(count, 4)).astype("float32")


@pytest.mark.parametrize(
    ("kernel_size", "bounds"),
    [(1, (0.5, 1.0)), (2, (1 / 2, 2.0)), (3, (1 / 3, 3.0)), ((2, 5), (1 / 5, 5.0))],
)
def test_default_bounds_are_from_a_pixel_to_the_number_of_pixels(kernel_size, bounds):
    layer = AdaptiveConv2D(4, kernel_size)
    assert layer.aperture_bounds == bounds
    layer.build((None, 9, 9, 1))
    assert layer.aperture.constraint.get_config() == dict(
        zip(("low", "high"), bounds, strict=True)
    )


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
    model, layer = network(aperture_initializer=(0.4, 0.8))
    layer.aperture.assign([np.nan, 0.6, 0.7, 0.8])
    x, y = data(rng)
    acting = to_numpy(layer.effective_aperture())
    np.testing.assert_array_equal(np.isnan(acting), [True, False, False, False])
    assert np.isnan(layer.effective_size()[0]).all()
    found = model.predict(x, verbose=0)
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1:]).all()
    with pytest.raises(ValueError, match="finite"):
        aconv.crop(model, tolerance=0.1)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    assert np.isnan(model.fit(x, y, verbose=0).history["loss"][0])


@pytest.mark.parametrize(
    ("initializer", "train_aperture"),
    [
        ((0.1, 0.5), True),
        (0.15, False),
        (keras.initializers.RandomUniform(0.05, 6.0, seed=3), True),
    ],
)
def test_bounds_act_from_the_first_call(initializer, train_aperture, rng):
    model, layer = network(
        aperture_initializer=initializer, train_aperture=train_aperture
    )
    raw = to_numpy(layer.aperture)
    expected = raw.clip(*map(np.float32, BOUNDS))
    assert np.any(expected != raw), "all initial values are inside: nothing was tested"
    np.testing.assert_array_equal(to_numpy(layer.effective_aperture()), expected)
    # An ordinary layer with kernels of the clipped apertures computes the same.
    product = reference.product_kernel(to_numpy(layer.kernel), expected)
    np.testing.assert_allclose(to_numpy(layer.effective_kernel()), product, atol=1e-5)
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    model.fit(*data(rng), verbose=0)
    after = to_numpy(layer.effective_aperture())
    np.testing.assert_array_equal(after, after.clip(*map(np.float32, BOUNDS)))
    if not train_aperture:
        np.testing.assert_array_equal(to_numpy(layer.aperture), raw)
        np.testing.assert_array_equal(after, expected)


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
