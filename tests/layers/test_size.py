"""The penalty on size is what it says, and so are its derivatives, on every backend."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from exchanging import sequential
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import aconv
from aconv import AdaptiveConv1D, AdaptiveConv2D
from aconv.companion.measures.gradients import gradients
from aconv.layers.envelope import effective_size
from aconv.layers.size import expected_pixels, expected_pixels_derivative

kernel_sizes = st.sampled_from([(3,), (8,), (9, 9), (5, 9), (4, 6), (3, 4, 5)])


def pixels(sigma, kernel_size):
    """Participation ratio of the energies, in plain NumPy."""
    energy = reference.envelope(sigma, kernel_size) ** 2
    return energy.sum() ** 2 / (energy**2).sum()


@given(st.floats(0.02, 9.0), kernel_sizes)
def test_expected_pixels_are_the_participation_ratio(sigma, kernel_size):
    sigma = float(np.float32(sigma))
    (found,) = to_numpy(expected_pixels(np.array([sigma], "float32"), kernel_size))
    np.testing.assert_allclose(found, pixels(sigma, kernel_size), rtol=1e-3)
    envelope = reference.envelope(sigma, kernel_size)[..., None, None]
    side = effective_size(envelope)[0]
    np.testing.assert_allclose(found, side ** len(kernel_size), rtol=1e-3)


def slope(sigma, kernel_size):
    step = 1e-5 * sigma
    ahead, behind = (pixels(sigma + d, kernel_size) for d in (step, -step))
    return (ahead - behind) / (2 * step)


@given(st.floats(0.1, 3.0), kernel_sizes)
def test_stated_derivative_is_the_slope(sigma, kernel_size):
    aperture = np.array([sigma], "float64")
    (found,) = to_numpy(expected_pixels_derivative(aperture, kernel_size))
    np.testing.assert_allclose(found, slope(sigma, kernel_size), rtol=1e-4, atol=1e-6)


@pytest.mark.backend
@pytest.mark.parametrize("kernel_size", [(9,), (7, 5), (4, 4, 3)])
def test_penalty_is_differentiated_as_stated(kernel_size):
    sigmas = np.array([0.15, 0.3, 0.5, 1.0, 2.5])
    penalty = aconv.SizePenalty(0.1, kernel_size)
    variable = keras.Variable(sigmas, dtype="float64")
    (found,) = gradients(lambda: penalty(variable), [variable])
    expected = [0.1 * slope(sigma, kernel_size) for sigma in sigmas]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    value = 0.1 * sum(pixels(sigma, kernel_size) for sigma in sigmas)
    np.testing.assert_allclose(to_numpy(penalty(variable)), value, rtol=1e-6)


@pytest.mark.parametrize("kernel_size", [(7, 5), (4, 4, 3)])
def test_an_ellipse_of_equal_apertures_is_a_circle(kernel_size):
    sigmas = np.array([0.3, 0.6, 2.0], "float32")
    circles = to_numpy(expected_pixels(sigmas, kernel_size))
    both = np.tile(sigmas[:, None], len(kernel_size))
    np.testing.assert_allclose(to_numpy(expected_pixels(both, kernel_size)), circles)
    both[:, 0] /= 2
    assert np.all(to_numpy(expected_pixels(both, kernel_size)) < circles)


# Coefficients of all kernels, times the places where a kernel is applied.
KINDS = [
    (aconv.AdaptiveConv2D(4, 5, groups=2), 4 * 4 * (5 * 5 * 2 * 4)),
    (aconv.AdaptiveDepthwiseConv2D(3, depth_multiplier=2), 6 * 6 * (3 * 3 * 4 * 2)),
    (aconv.AdaptiveSeparableConv2D(3, 3, padding="same"), 8 * 8 * (3 * 3 * 4)),
    (aconv.AdaptiveConv2DTranspose(3, 5, strides=2), 8 * 8 * (5 * 5 * 4 * 3)),
]


@pytest.mark.parametrize(("layer", "full"), KINDS)
@pytest.mark.parametrize("shape", ["circle", "ellipse", "rotated"])
def test_every_kind_and_shape_has_a_price(layer, full, shape):
    config = {**layer.get_config(), "envelope_shape": shape}
    layer = type(layer).from_config(config)
    other = aconv.AdaptiveConv2D(1, 3, name="other")
    inputs = keras.Input((8, 8, 4))
    outputs = [layers.Flatten()(each(inputs)) for each in (layer, other)]
    model = aconv.penalize_size(keras.Model(inputs, outputs), 1.0)
    of_other = 6 * 6 * (3 * 3 * 4)
    share = other.aperture_regularizer.strength * 9
    np.testing.assert_allclose(share, of_other / (of_other + full))
    for each in (layer, other):
        each.aperture.assign(np.full(each.aperture.shape, 9.0))
    np.testing.assert_allclose(float(to_numpy(sum(model.losses))), 1.0, rtol=1e-3)


@pytest.mark.backend
@pytest.mark.parametrize("shape", ["circle", "ellipse"])
def test_the_price_is_that_of_the_apertures_that_act(shape):
    penalty = aconv.SizePenalty(0.1, (5, 5))
    layer = AdaptiveConv2D(2, 5, envelope_shape=shape, aperture_initializer=(0.05, 7.0))
    layer.aperture_regularizer = penalty
    layer.build((None, 9, 9, 1))
    acting = layer.effective_aperture()
    assert {0.2, 5.0} == {round(float(v), 6) for v in np.ravel(to_numpy(acting))}
    (loss,) = layer.losses
    np.testing.assert_allclose(float(loss), float(penalty(acting)), rtol=1e-6)
    # The slope is that at the bounds, so that the price never stops to act.
    (slope,) = gradients(lambda: sum(layer.losses), [layer.aperture])
    at_bounds = keras.Variable(np.ravel(to_numpy(acting)))
    (expected,) = gradients(
        lambda: penalty(keras.ops.reshape(at_bounds, acting.shape)), [at_bounds]
    )
    np.testing.assert_allclose(slope, expected, rtol=1e-5)
    assert (slope > 0).all()


@pytest.mark.parametrize("shape", [(), (4, 3), (4, 2, 1)])
def test_apertures_of_another_shape_have_no_price(shape):
    with pytest.raises(ValueError, match=r"`x` must be.*\(filters, 2\).*Received"):
        aconv.SizePenalty(0.1, (5, 5))(np.full(shape, 0.5, "float32"))


@pytest.mark.backend
def test_gradient_is_finite_at_the_bounds():
    penalty = aconv.SizePenalty(1.0, (9, 9))
    variable = keras.Variable(np.array([1e-7, 1e-3, 1 / 9, 9.0]), dtype="float32")
    (found,) = gradients(lambda: penalty(variable), [variable])
    assert np.isfinite(found).all()
    assert found[2] > 0


def of_two_inputs(inputs):
    """A model that convolves the first of two images, and adds the second's mean."""
    first, second = inputs.values() if isinstance(inputs, dict) else inputs
    x = AdaptiveConv2D(4, 3, padding="same", name="first_conv")(first)
    y = AdaptiveConv2D(4, 3, padding="same", name="second_conv")(second)
    pool = layers.GlobalAveragePooling2D()
    return keras.Model(inputs, pool(x) + pool(y))


@pytest.mark.backend
@pytest.mark.parametrize("called_with", ["list", "names", "both by name"])
def test_inputs_that_are_called_by_name_keep_their_places(called_with):
    # In the order of their names the first comes last.
    own = [keras.Input((None, None, 2), name=name) for name in ("zebra", "ant")]
    names = dict(zip(("zebra", "ant"), own, strict=True))
    inner = of_two_inputs(names if called_with == "both by name" else own)
    large, small = keras.Input((12, 12, 2)), keras.Input((4, 4, 2))
    given = [large, small]
    if called_with != "list":
        given = {"ant": small, "zebra": large}
    model = keras.Model([large, small], inner(given))
    aconv.penalize_size(model, 1.0)
    first, second = (
        inner.get_layer(f"{name}_conv").aperture_regularizer.strength
        for name in ("first", "second")
    )
    np.testing.assert_allclose(first / second, (12 * 12) / (4 * 4))


def network():
    shared = AdaptiveConv2D(3, 5, padding="same", name="inner_conv")
    inner = sequential((6, 6, 4), shared)
    x = inputs = keras.Input((12, 12, 2))
    x = AdaptiveConv2D(4, (7, 3), groups=2, padding="same", strides=2, name="a")(x)
    x = layers.Concatenate()([inner(x), inner(-x)])
    return keras.Model(inputs, layers.Flatten()(x))


@pytest.mark.backend
def test_multiply_adds_are_priced_by_places_and_channels():
    model = aconv.penalize_size(network(), 2.0)
    of_a = 6 * 6 * 1
    of_inner = 2 * 6 * 6 * 4
    full = of_a * 4 * 21 + of_inner * 3 * 25
    layer = model.get_layer("a")
    (inner,) = (each for each in model._flatten_layers() if each.name == "inner_conv")
    for each, cost in ((layer, of_a), (inner, of_inner)):
        penalty = each.aperture_regularizer
        assert penalty.kernel_size == each.kernel_size
        np.testing.assert_allclose(penalty.strength, 2.0 * cost / full)
        each.aperture.assign(np.full(each.filters, 9.0))
    # Nearly flat envelopes cost the strength itself.
    np.testing.assert_allclose(float(to_numpy(sum(model.losses))), 2.0, rtol=1e-3)
    aconv.penalize_size(model, 0.5, unit="pixels")
    assert [x.aperture_regularizer.strength for x in (layer, inner)] == [0.5, 0.5]


@pytest.mark.backend
def test_penalty_acts_on_a_model_that_was_compiled_and_trained():
    x = np.random.default_rng(0).normal(size=(8, 12, 12, 2)).astype("float32")
    model = network()
    y = np.zeros((8, *model.output_shape[1:]), "float32")
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(x, y, verbose=0)
    plain = model.evaluate(x, y, verbose=0)
    aconv.penalize_size(model, 50.0)
    price = float(to_numpy(sum(model.losses)))
    assert price > 1
    (trained,) = model.fit(x, y, verbose=0).history["loss"]
    for loss in (model.evaluate(x, y, verbose=0), trained):
        np.testing.assert_allclose(loss, plain + price, rtol=1e-4)


@pytest.mark.parametrize(
    "strength", [-1, float("inf"), float("nan"), "1", True, 10**400, 1e300]
)
def test_bad_strength_is_named(strength):
    with pytest.raises(ValueError, match=r"`strength` must be.*Received"):
        aconv.SizePenalty(strength, 9)
    with pytest.raises(ValueError, match=r"`strength` must be.*Received"):
        aconv.penalize_size(network(), strength)


@pytest.mark.parametrize("kernel_size", [0, -3, (), (3, 0), 2.5, "33", (3, 3.0), True])
def test_bad_kernel_size_is_named(kernel_size):
    with pytest.raises(ValueError, match=r"`kernel_size` must be.*Received"):
        aconv.SizePenalty(1.0, kernel_size)


def test_models_without_a_size_are_refused():
    with pytest.raises(TypeError, match="`model`"):
        aconv.penalize_size("model", 1.0)
    with pytest.raises(ValueError, match=r"`unit` must be.*Received: 'voxels'"):
        aconv.penalize_size(network(), 1.0, unit="voxels")
    with pytest.raises(ValueError, match="adaptive layer"):
        aconv.penalize_size(sequential((9, 1), layers.Conv1D(2, 3)), 1.0)
    unknown = sequential((None, 1), AdaptiveConv1D(2, 3, name="conv"))
    with pytest.raises(ValueError, match=r"known size.*'conv'"):
        aconv.penalize_size(unknown, 1.0)
    assert aconv.penalize_size(unknown, 1.0, unit="pixels") is unknown


@pytest.mark.parametrize("size", [(9, 9), 7])
def test_a_penalty_about_other_kernels_is_refused(size):
    with pytest.raises(ValueError, match=r"`aperture_regularizer` must be about.*\(9,"):
        AdaptiveConv1D(2, 9, aperture_regularizer=aconv.SizePenalty(0.1, size))
    right = aconv.SizePenalty(0.1, (9,))
    layer = AdaptiveConv1D(2, 9, aperture_regularizer=right)
    assert layer.aperture_regularizer is right


@pytest.mark.backend
@pytest.mark.parametrize("shape", ["circle", "ellipse"])
def test_one_size_is_that_of_all_axes_of_a_layer(shape, tmp_path):
    one = aconv.SizePenalty(0.1, 5)
    options = {"aperture_initializer": 0.4, "aperture_regularizer": one}
    for rank in (1, 2, 3):
        cls = getattr(aconv, f"AdaptiveConv{rank}D")
        layer = cls(3, 5, envelope_shape=shape, **options)
        model = sequential((*(6,) * rank, 2), layer)
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        expected = 0.1 * 3 * pixels(0.4, (5,) * rank)
        for each in (model, loaded):
            (loss,) = each.losses
            np.testing.assert_allclose(to_numpy(loss), expected, rtol=1e-5)
    # It was about no layer before, and is about none now.
    assert one.get_config() == {"strength": 0.1, "kernel_size": 5}
    again = keras.regularizers.deserialize(keras.regularizers.serialize(one))
    assert again.get_config() == one.get_config()
    with pytest.raises(ValueError, match=r"`kernel_size` must have a size for each.*5"):
        one(np.array([0.4], "float32"))


class Subclassed(keras.Model):
    """A model whose order of layers is not known."""

    def __init__(self):
        super().__init__()
        self.conv = AdaptiveConv2D(2, 3, name="conv")

    def call(self, x):
        return self.conv(x)


def test_subclassed_models_have_prices_of_pixels_only():
    alone = Subclassed()
    alone(np.ones((1, 8, 8, 1)))
    inside = sequential((8, 8, 1), Subclassed())
    for model in (alone, inside):
        with pytest.raises(ValueError, match=r"sequential or functional.*'conv'"):
            aconv.penalize_size(model, 1.0)
        assert aconv.penalize_size(model, 1.0, unit="pixels") is model


@pytest.mark.backend
@pytest.mark.parametrize("unit", ["multiply_adds", "pixels"])
def test_apertures_that_are_not_trained_have_no_price(unit):
    frozen = AdaptiveConv2D(2, 5, train_aperture=False)
    trained = AdaptiveConv2D(2, 3, aperture_initializer=0.9)
    model = sequential((8, 8, 1), frozen, trained)
    aconv.penalize_size(model, 0.5, unit=unit)
    assert frozen.aperture_regularizer is None
    (loss,) = model.losses
    share = 1 if unit == "pixels" else 1 / (2 * 9)
    expected = 0.5 * share * 2 * pixels(0.9, (3, 3))
    np.testing.assert_allclose(to_numpy(loss), expected, rtol=1e-5)
    trained.trainable = False
    with pytest.raises(ValueError, match="apertures are trained"):
        aconv.penalize_size(model, 0.5, unit=unit)


def test_sizes_may_be_numpy_integers():
    penalty = aconv.SizePenalty(0.1, (np.int64(3), np.int32(5)))
    assert penalty.get_config()["kernel_size"] == (3, 5)
    conv = AdaptiveConv2D(2, (np.int64(3), np.int64(5)))
    model = sequential((8, 8, 1), conv)
    aconv.penalize_size(model, 1.0)
    assert conv.aperture_regularizer.strength == pytest.approx(1 / (2 * 15))
