"""An adaptive network that starts as a trained ordinary one."""

import keras
import numpy as np
import pytest
from arrays import to_numpy
from exchanging import assert_same_outputs, network, sequential
from keras import layers
from marks import slow_where
from perturbing import perturbed

import aconv


@pytest.mark.backend
@pytest.mark.parametrize("aperture", [0.5, (0.3, 2.0)])
@pytest.mark.parametrize(
    "name", slow_where(["simple", "resnet", "unet"], ["resnet", "unet"])
)
def test_unfolded_network_starts_as_the_ordinary_one_and_trains(name, aperture):
    ordinary = perturbed(network(name, "ordinary"))
    adaptive = aconv.unfold(ordinary, aperture=aperture)
    x = np.random.default_rng(0).normal(size=(4, *ordinary.input_shape[1:]))
    before = ordinary.predict(x, verbose=0)
    found = adaptive.predict(x, verbose=0)
    np.testing.assert_allclose(found, before, atol=1e-4 * max(1, abs(before).max()))
    apertures = [w for w in adaptive.trainable_variables if w.name == "aperture"]
    assert apertures
    start = np.concatenate([to_numpy(w) for w in apertures])
    adaptive.compile("adam", "mse")
    adaptive.fit(x, np.zeros_like(before), verbose=0)
    assert np.any(np.concatenate([to_numpy(w) for w in apertures]) != start)
    np.testing.assert_array_equal(ordinary.predict(x, verbose=0), before)


def test_an_aperture_that_leaves_nothing_to_divide_by_is_refused():
    model = sequential((9, 9, 1), layers.Conv2D(2, 7, name="c"))
    with pytest.raises(ValueError, match=r"`aperture`.*Received: 0.1.*'c'"):
        aconv.unfold(model, aperture=0.1)
    with pytest.raises(TypeError, match="`model`"):
        aconv.unfold("model")


@pytest.mark.parametrize(
    "aperture", ["he_normal", True, None, -1, (0.5,), (2.0, 0.5), 10**400, (1, 1e300)]
)
def test_an_aperture_that_is_none_is_refused(aperture):
    model = sequential((9, 9, 1), layers.Conv2D(2, 7))
    with pytest.raises(ValueError, match=r"`aperture` must be .*Received: "):
        aconv.unfold(model, aperture=aperture)


@pytest.mark.backend
def test_layers_that_are_adaptive_or_of_one_pixel_stay_as_they_are():
    there = aconv.AdaptiveConv2D(
        4, 5, envelope_shape="ellipse", aperture_initializer=0.3, use_bias=False
    )
    model = sequential((9, 9, 2), there, layers.Conv2D(3, 3), layers.Conv2D(3, 1))
    model = aconv.penalize_size(perturbed(model), 0.1, unit="pixels")
    unfolded = aconv.unfold(aconv.unfold(model))
    assert [type(layer) for layer in unfolded.layers] == [
        *(aconv.AdaptiveConv2D, aconv.AdaptiveConv2D, layers.Conv2D)
    ]
    first = unfolded.layers[0]
    assert first.envelope_shape == "ellipse"
    assert first.aperture_regularizer.strength == pytest.approx(0.1)
    for new, old in zip(first.get_weights(), there.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    assert_same_outputs(unfolded, model, 1e-4)


@pytest.mark.backend
@pytest.mark.parametrize(
    ("kernel_size", "aperture", "expected"),
    [(3, 0.2, 1 / 3), (4, 0.1, 1 / 4), ((3, 2), (0.3, 9.0), (1 / 3, 3.0))],
)
def test_the_first_update_moves_no_aperture_into_its_bounds(
    kernel_size, aperture, expected
):
    model = sequential((9, 9, 2), layers.Conv2D(2, kernel_size, padding="same"))
    adaptive = aconv.unfold(perturbed(model), aperture=aperture)
    apertures = to_numpy(adaptive.layers[0].aperture)
    np.testing.assert_allclose(apertures, np.broadcast_to(expected, 2), rtol=1e-6)
    x = np.random.default_rng(0).normal(size=(4, 9, 9, 2))
    before = model.predict(x, verbose=0)
    adaptive.compile(keras.optimizers.SGD(1e-9), "mse")
    adaptive.fit(x, np.zeros_like(before), verbose=0)
    np.testing.assert_allclose(adaptive.predict(x, verbose=0), before, atol=1e-3)


@pytest.mark.backend
@pytest.mark.parametrize("cls", [layers.Conv2D, layers.SeparableConv2D])
def test_what_was_about_other_weights_does_not_act_on_the_divided_ones(cls):
    name = "kernel" if cls is layers.Conv2D else "depthwise"
    kept = {"bias_regularizer": "l2", "bias_constraint": "non_neg"}
    if name == "depthwise":
        kept |= {"pointwise_regularizer": "l2", "pointwise_constraint": "unit_norm"}
    others = {f"{name}_regularizer": "l2", f"{name}_constraint": "max_norm"}
    model = sequential((9, 9, 2), cls(4, 5, **kept, **others))
    adaptive = aconv.unfold(model, aperture=0.25)
    (layer,) = adaptive.layers
    assert all(getattr(layer, argument) is not None for argument in kept)
    assert all(getattr(layer, argument) is None for argument in others)
    assert getattr(layer, layer.kernel_name).constraint is None
    x = np.random.default_rng(0).normal(size=(4, 9, 9, 2))
    before = adaptive.predict(x, verbose=0)
    # What is kept holds already, and a step at rate zero does nothing else.
    adaptive.compile(keras.optimizers.SGD(0.0), "mse")
    adaptive.fit(x, before, verbose=0)
    if name == "kernel":
        np.testing.assert_allclose(adaptive.predict(x, verbose=0), before, atol=1e-5)
