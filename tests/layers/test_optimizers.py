import keras
import numpy as np
import pytest

from aconv import AdaptiveConv2D
from aconv.layers.optimizers import with_aperture_rate

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 6, 6, 2)).astype("float32")
Y = RNG.normal(size=(16, 6, 6, 3)).astype("float32")


def small_model(**kwargs):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6, 6, 2))
    # The initial apertures lie inside [1/5, 5], so that the clip leaves them alone.
    outputs = AdaptiveConv2D(
        3,
        5,
        padding="same",
        aperture_initializer=(0.25, 0.4),
        name="adaptive",
        **kwargs,
    )(inputs)
    return keras.Model(inputs, outputs)


def sgd(rate=0.05, **kwargs):
    return keras.optimizers.SGD(rate, **kwargs)


def weights_after(optimizer, epochs=1, **kwargs):
    model = small_model(**kwargs)
    before = {w.path: keras.ops.convert_to_numpy(w) for w in model.weights}
    model.compile(optimizer, loss="mse")
    model.fit(X, Y, batch_size=16, epochs=epochs, verbose=0)
    after = {w.path: keras.ops.convert_to_numpy(w) for w in model.weights}
    return before, after


@pytest.mark.backend
def test_only_apertures_get_the_other_rate():
    before, plain = weights_after(sgd(0.05))
    _, other = weights_after(with_aperture_rate(sgd(0.05), 0.5))
    for name in ("adaptive/kernel", "adaptive/bias"):
        np.testing.assert_allclose(plain[name], other[name], rtol=1e-6, atol=1e-7)
    name = "adaptive/aperture"
    step, other_step = plain[name] - before[name], other[name] - before[name]
    assert np.abs(step).min() > 1e-4
    np.testing.assert_allclose(other_step, 10 * step, rtol=1e-3)


@pytest.mark.backend
def test_rate_zero_leaves_apertures_as_they_are():
    before, after = weights_after(with_aperture_rate(sgd(), 0))
    np.testing.assert_array_equal(
        before["adaptive/aperture"], after["adaptive/aperture"]
    )
    assert not np.allclose(before["adaptive/kernel"], after["adaptive/kernel"])


@pytest.mark.backend
def test_constraint_still_clips_apertures():
    _, after = weights_after(
        with_aperture_rate(sgd(), 1e3), epochs=3, aperture_bounds=(0.3, 0.35)
    )
    aperture = after["adaptive/aperture"]
    assert aperture.min() >= np.float32(0.3)
    assert aperture.max() <= np.float32(0.35)


@pytest.mark.backend
def test_same_rate_for_all_equals_the_plain_optimiser():
    options = {"momentum": 0.9, "clipvalue": 0.01}
    _, plain = weights_after(sgd(0.05, **options), epochs=3)
    _, both = weights_after(with_aperture_rate(sgd(0.05, **options), 0.05), epochs=3)
    for name, value in plain.items():
        np.testing.assert_allclose(both[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.backend
def test_saved_model_trains_on_as_if_never_saved(tmp_path):
    model = small_model()
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 1, 0.5)
    optimizer = with_aperture_rate(sgd(0.05, momentum=0.9), schedule)
    model.compile(optimizer, loss="mse")
    model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for net in (model, loaded):
        net.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    for one, two in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(one),
            keras.ops.convert_to_numpy(two),
            rtol=1e-5,
            atol=1e-7,
        )


@pytest.mark.backend
def test_plateau_callback_reduces_both_rates():
    model = small_model()
    optimizer = with_aperture_rate(sgd(0.0), 0.0)
    for inner, rate in zip(optimizer.optimizers, (0.2, 0.4), strict=True):
        inner.learning_rate = rate
    model.compile(optimizer, loss="mse")
    # No improvement is ever large enough, so each epoch but the first is a plateau.
    plateau = keras.callbacks.ReduceLROnPlateau(
        "loss", factor=0.5, patience=1, min_delta=1e9
    )
    model.fit(X, Y, batch_size=16, epochs=3, verbose=0, callbacks=[plateau])
    rates = [float(inner.learning_rate) for inner in optimizer.optimizers]
    np.testing.assert_allclose(rates, [0.05, 0.1], rtol=1e-6)


@pytest.mark.backend
def test_model_without_apertures_trains_as_with_the_plain_optimiser():
    def ordinary(optimizer):
        keras.utils.set_random_seed(1)
        model = keras.Sequential(
            [keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 5, padding="same")]
        )
        model.compile(optimizer, loss="mse")
        return model.fit(X, Y, epochs=3, verbose=0, shuffle=False).history["loss"]

    assert ordinary(sgd()) == ordinary(with_aperture_rate(sgd(), 0.01))


def test_aperture_inside_a_nested_model_is_found():
    inner = small_model()
    outer = keras.Sequential([keras.Input((6, 6, 2)), inner])
    optimizer = with_aperture_rate(sgd(), 0.01)
    optimizer.build(outer.trainable_variables)
    of_apertures = next(o for o in optimizer.optimizers if o.name.startswith("apert"))
    assert [v.path for v in of_apertures._trainable_variables] == ["adaptive/aperture"]


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), "0.1", None, True])
def test_bad_rate_is_refused_by_name(rate):
    with pytest.raises(ValueError, match=r"`learning_rate`.*Received"):
        with_aperture_rate(sgd(), rate)


def test_wrapped_or_built_optimiser_is_refused():
    wrapped = with_aperture_rate(sgd(), 0.01)
    built = sgd()
    built.build(small_model().trainable_variables)
    for optimizer in (wrapped, built, "sgd"):
        with pytest.raises(ValueError, match=r"`optimizer`.*Received"):
            with_aperture_rate(optimizer, 0.01)
