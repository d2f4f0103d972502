import json
import pickle
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from arrays import to_numpy

from aconv import AdaptiveConv2D
from aconv.layers.optimizers import with_aperture_rate

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 6, 6, 2)).astype("float32")
Y = RNG.normal(size=(16, 6, 6, 3)).astype("float32")


def small_model(**kwargs):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6, 6, 2))
    # The initial apertures lie inside [1/5, 5], so that the clip leaves them alone.
    kwargs |= {"padding": "same", "aperture_initializer": (0.25, 0.4)}
    outputs = AdaptiveConv2D(3, 5, name="adaptive", **kwargs)(inputs)
    return keras.Model(inputs, outputs)


def sgd(rate=0.05, **kwargs):
    return keras.optimizers.SGD(rate, **kwargs)


def weights_after(optimizer, epochs=1, **kwargs):
    model = small_model(**kwargs)
    before = {w.path: to_numpy(w) for w in model.weights}
    model.compile(optimizer, loss="mse")
    model.fit(X, Y, batch_size=16, epochs=epochs, verbose=0)
    return before, {w.path: to_numpy(w) for w in model.weights}


def weights_after_steps(optimizer, **kwargs):
    """Weights before and after three steps by drawn slopes: nothing is compiled."""
    variables = small_model(**kwargs).trainable_variables
    before = {v.path: np.array(to_numpy(v)) for v in variables}
    optimizer.build(variables)
    random = np.random.default_rng(2)
    for _ in range(3):
        slopes = [random.normal(size=v.shape).astype("float32") for v in variables]
        optimizer.apply([keras.ops.convert_to_tensor(s) for s in slopes], variables)
    return before, {v.path: to_numpy(v) for v in variables}


@pytest.mark.backend
def test_only_apertures_and_angles_get_the_other_rate():
    def moved(optimizer):
        before, after = weights_after_steps(optimizer, envelope_shape="rotated")
        return {path: after[path] - before[path] for path in before}

    plain, other = moved(sgd(1e-3)), moved(with_aperture_rate(sgd(1e-3), 10))
    assert sum("aperture" in path for path in plain) == 2
    for path, step in plain.items():
        factor = 10 if "aperture" in path else 1
        np.testing.assert_allclose(other[path], factor * step, rtol=1e-2, atol=1e-6)
        assert np.abs(step).max() > 1e-4


def decayed(rate=0.2):
    return keras.optimizers.schedules.ExponentialDecay(rate, 1, 0.5)


# What changes the rate, with the rates of three epochs of one step.
CHANGES = {
    "schedule": (decayed(), None, [0.2, 0.1, 0.05]),
    "function": (lambda: 0.1, None, [0.1, 0.1, 0.1]),
    "from zero": (
        0.0,
        lambda: keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 * epoch),
        [0.0, 0.1, 0.2],
    ),
    # No improvement is ever large enough, so each epoch but the first is a plateau.
    "plateau": (
        0.2,
        lambda: keras.callbacks.ReduceLROnPlateau("loss", 0.5, 1, min_delta=1e9),
        [0.2, 0.2, 0.1],
    ),
}


def steps_of_a_steady_slope(optimizer, callbacks=(), **compiled):
    """How far each of three epochs moves apertures whose gradient is always 1e-3."""
    model = small_model(aperture_regularizer=lambda x: 1e-3 * keras.ops.sum(x))
    # The loss is zero: what is left are penalties.
    model.compile(optimizer, lambda _, found: keras.ops.zeros_like(found), **compiled)
    aperture = model.get_layer("adaptive").aperture
    seen = [np.array(to_numpy(aperture))]
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(np.array(to_numpy(aperture)))
    )
    model.fit(X, Y, batch_size=16, epochs=3, verbose=0, callbacks=[*callbacks, note])
    return np.diff(seen, axis=0)


@pytest.mark.backend
@pytest.mark.parametrize("name", CHANGES)
def test_apertures_have_a_multiple_of_whatever_rate_there_is(name):
    rate, callback, expected = CHANGES[name]
    # A step of plain gradient descent is the rate times the slope.
    steps = steps_of_a_steady_slope(
        with_aperture_rate(sgd(rate), 0.4), [callback()] if callback else []
    )
    expected = -0.4 * 1e-3 * np.array(expected)[:, None]
    np.testing.assert_allclose(steps, np.repeat(expected, 3, 1), rtol=2e-3, atol=1e-7)


@pytest.mark.backend
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_factor_that_is_set_acts_in_steps_that_are_compiled(jit_compile):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("compiled where XLA can")
    optimizer = with_aperture_rate(sgd(0.1), 0.4)

    def set_factor(epoch, logs):
        optimizer.aperture_rate_factor = [2, 0.0, 1][epoch]

    callback = keras.callbacks.LambdaCallback(on_epoch_begin=set_factor)
    steps = steps_of_a_steady_slope(optimizer, [callback], jit_compile=jit_compile)
    expected = -0.1 * 1e-3 * np.array([2, 0, 1])[:, None]
    np.testing.assert_allclose(steps, np.repeat(expected, 3, 1), rtol=2e-3, atol=1e-7)
    assert optimizer.aperture_rate_factor == 1


@pytest.mark.parametrize("factor", [0, 0.1, 3, 1e6])
def test_factor_is_what_was_given(factor):
    optimizer = with_aperture_rate(sgd(), factor)
    assert optimizer.aperture_rate_factor == np.float32(factor)
    optimizer.aperture_rate_factor = factor / 2
    loaded = by_config(optimizer)
    assert loaded.aperture_rate_factor == optimizer.aperture_rate_factor
    assert loaded.aperture_rate_factor == np.float32(factor / 2)


@keras.saving.register_keras_serializable("test")
class Own(keras.optimizers.SGD):
    """Of no module of Keras."""


@pytest.mark.backend
@pytest.mark.parametrize("cls", [keras.optimizers.SGD, Own])
def test_a_config_names_the_public_class_of_keras_or_the_registered_one(cls):
    config = keras.optimizers.serialize(with_aperture_rate(cls(0.1), 0.5))
    named = config["config"]["optimizer_class"]
    # A class of Keras is found on other backends than that of the file, too.
    assert (named["module"] == "keras.optimizers") == (cls is not Own)
    loaded = keras.optimizers.deserialize(json.loads(json.dumps(config)))
    assert isinstance(loaded, cls)


WRAPPERS = {
    "loss scale": keras.optimizers.LossScaleOptimizer,
    "several": lambda inner: keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(inner)
    ),
    "apertures only": lambda inner: keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(sgd(0.05), {".*aperture": inner})
    ),
}


@pytest.mark.backend
@pytest.mark.parametrize("name", WRAPPERS)
def test_factor_acts_inside_other_optimisers(name):
    before, plain = weights_after(sgd(0.05))
    _, wrapped = weights_after(WRAPPERS[name](with_aperture_rate(sgd(0.05), 4)))
    for path, old in before.items():
        factor = 4 if path == "adaptive/aperture" else 1
        step, expected = wrapped[path] - old, factor * (plain[path] - old)
        np.testing.assert_allclose(step, expected, rtol=1e-3, atol=1e-6)
    assert np.abs(plain["adaptive/aperture"] - before["adaptive/aperture"]).min() > 1e-4


@pytest.mark.backend
@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "lion", "schedule free"])
def test_a_factor_that_is_set_to_zero_stops_the_apertures_at_once(name):
    cls, options = OPTIMIZERS[name]
    optimizer = with_aperture_rate(cls(0.01, **options), 1)
    variables = small_model().trainable_variables
    optimizer.build(variables)
    slopes = [keras.ops.ones(v.shape) for v in variables]

    def moved():
        before = [np.array(to_numpy(v)) for v in variables]
        optimizer.apply(slopes, variables)
        pairs = zip(variables, before, strict=True)
        return {v.name for v, old in pairs if np.any(to_numpy(v) != old)}

    everything = {v.name for v in variables}
    assert {"aperture", "kernel"} <= everything
    assert moved() == everything
    # What the optimiser remembers of their steps does not move them on.
    optimizer.aperture_rate_factor = 0
    assert moved() == everything - {"aperture", "aperture_angle"}
    optimizer.aperture_rate_factor = 0.5
    assert moved() == everything


def test_what_holds_several_optimisers_has_no_factor():
    several = keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(with_aperture_rate(sgd(), 0.5))
    )
    with pytest.raises(AttributeError, match=r"mapped to.*Received: .*MultiOptimizer"):
        several.aperture_rate_factor = 0.25
    assert not hasattr(several, "aperture_rate_factor")


@pytest.mark.backend
def test_factor_is_set_through_the_wrapper_of_mixed_precision():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = small_model()
        model.compile(with_aperture_rate(sgd(0.05), 0.5), "mse")
    finally:
        keras.config.set_dtype_policy("float32")
    wrapper = model.optimizer
    assert isinstance(wrapper, keras.optimizers.LossScaleOptimizer)
    assert wrapper.aperture_rate_factor == 0.5
    wrapper.aperture_rate_factor = 0
    assert wrapper.inner_optimizer.aperture_rate_factor == 0
    layer = model.get_layer("adaptive")
    weights = layer.aperture, layer.kernel
    before = [np.array(to_numpy(w)) for w in weights]
    model.fit(X, Y, batch_size=4, epochs=3, verbose=0)
    moved = [np.any(to_numpy(w) != b) for w, b in zip(weights, before, strict=True)]
    assert moved == [False, True]
    with pytest.raises(ValueError, match=r"`aperture_rate_factor`.*Received: -1"):
        wrapper.aperture_rate_factor = -1


def test_wrapper_of_an_optimiser_without_a_factor_has_none():
    wrapper = keras.optimizers.LossScaleOptimizer(sgd())
    with pytest.raises(AttributeError, match=r"`with_aperture_rate` returned.*SGD"):
        wrapper.aperture_rate_factor = 0.5
    assert not hasattr(wrapper, "aperture_rate_factor")


OPTIMIZERS = {
    "sgd": (keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
    "adam": (keras.optimizers.Adam, {"amsgrad": True}),
    "adamw": (keras.optimizers.AdamW, {"weight_decay": 0.1}),
    "adamax": (keras.optimizers.Adamax, {}),
    "nadam": (keras.optimizers.Nadam, {}),
    "rmsprop": (keras.optimizers.RMSprop, {"momentum": 0.5, "centered": True}),
    "adagrad": (keras.optimizers.Adagrad, {}),
    "adadelta": (keras.optimizers.Adadelta, {}),
    "adafactor": (keras.optimizers.Adafactor, {}),
    "lion": (keras.optimizers.Lion, {"weight_decay": 0.1}),
    "muon": (keras.optimizers.Muon, {}),
    "lamb": (keras.optimizers.Lamb, {}),
    "schedule free": (keras.optimizers.ScheduleFreeAdamW, {}),
    "global norm": (keras.optimizers.SGD, {"global_clipnorm": 0.1}),
    "norm": (keras.optimizers.SGD, {"clipnorm": 0.1}),
    "value": (keras.optimizers.Adam, {"clipvalue": 0.01}),
    "average": (keras.optimizers.Adam, {"use_ema": True, "ema_momentum": 0.5}),
    "accumulation": (keras.optimizers.SGD, {"gradient_accumulation_steps": 2}),
    "loss scale": (keras.optimizers.SGD, {"loss_scale_factor": 8.0}),
}


# What ``fit`` does with an optimiser, and one that is plain.
IN_TRAINING = {"sgd", "average", "accumulation", "loss scale"}


@pytest.mark.backend
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_factor_one_gives_the_results_of_the_plain_optimiser_to_the_bit(name):
    def after(optimizer):
        if name in IN_TRAINING:
            return weights_after(optimizer, epochs=3)[1]
        return weights_after_steps(optimizer)[1]

    cls, options = OPTIMIZERS[name]
    optimizer = with_aperture_rate(cls(0.01, **options), 1)
    assert isinstance(optimizer, cls)
    both, plain = after(optimizer), after(cls(0.01, **options))
    for path, value in plain.items():
        np.testing.assert_array_equal(both[path], value)


@pytest.mark.backend
@pytest.mark.parametrize("name", ["sgd", "adamw", "nadam", "muon"])
def test_factor_zero_leaves_apertures_as_they_are_also_by_decay(name):
    cls, options = OPTIMIZERS[name]
    before, after = weights_after_steps(with_aperture_rate(cls(0.01, **options), 0))
    moved = {path for path in before if np.any(after[path] != before[path])}
    assert moved == {"adaptive/kernel", "adaptive/bias"}


@pytest.mark.backend
def test_exclusions_from_weight_decay_are_kept():
    optimizer = keras.optimizers.AdamW(0.0, weight_decay=0.5)
    optimizer.learning_rate = 0.1
    optimizer.exclude_from_weight_decay(var_names=["aperture"])
    optimizer = with_aperture_rate(optimizer, 0.5)
    variables = small_model(envelope_shape="rotated").trainable_variables
    optimizer.build(variables)
    before = [np.array(to_numpy(v)) for v in variables]
    optimizer.apply([keras.ops.zeros(v.shape) for v in variables], variables)
    for variable, value in zip(variables, before, strict=True):
        # The angles are excluded by the same name.
        kept = 1.0 if variable.name.startswith("aperture") else 1 - 0.1 * 0.5
        np.testing.assert_allclose(to_numpy(variable), kept * value, rtol=1e-6)


@pytest.mark.backend
def test_one_head_without_a_gradient_and_fewer_weights_are_no_error():
    inputs = keras.Input((6, 6, 2))
    heads = {
        "a": AdaptiveConv2D(2, 5, name="adaptive")(inputs),
        "b": keras.layers.Conv2D(2, 5, name="plain")(inputs),
    }
    model = keras.Model(inputs, heads)
    y = np.ones((16, 2, 2, 2))
    model.compile(with_aperture_rate(sgd(), 0.01), {"a": None, "b": "mse"})
    with warnings.catch_warnings():
        # JAX has gradients of zero there, the others none and a warning.
        warnings.simplefilter("ignore")
        model.fit(X, {"b": y}, verbose=0)
    model.compile(with_aperture_rate(sgd(), 0.01), {"a": "mse", "b": "mse"})
    model.fit(X, {"a": y, "b": y}, verbose=0)
    if keras.backend.backend() == "jax":
        return  # There no optimiser of Keras takes fewer weights than it was built for.
    model.get_layer("plain").trainable = False
    model.compile(model.optimizer, {"a": "mse", "b": "mse"})
    model.fit(X, {"a": y, "b": y}, verbose=0)


def state(optimizer):
    return [to_numpy(variable) for variable in optimizer.variables]


def by_config(optimizer):
    config = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    return keras.optimizers.deserialize(config)


def by_pickle(optimizer):
    return pickle.loads(pickle.dumps(optimizer))


@pytest.mark.backend
@pytest.mark.parametrize("way", [by_config, by_pickle, "keras"])
@pytest.mark.parametrize("schedule", [False, True])
def test_every_way_to_save_keeps_the_factor_and_state(way, schedule, tmp_path):
    model = small_model()
    rate = decayed(0.05) if schedule else 0.05
    optimizer = with_aperture_rate(sgd(rate, momentum=0.9), 0.4)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, loss="mse")
    model.fit(X, Y, batch_size=16, verbose=0)
    if not schedule:
        optimizer.learning_rate = 0.04
    optimizer.aperture_rate_factor = 0.3
    if way == "keras":
        model.save(tmp_path / "model.keras")
        other = keras.models.load_model(tmp_path / "model.keras")
        loaded = other.optimizer
    else:
        loaded = way(optimizer)
        loaded.build(model.trainable_variables)
        loaded.set_weights(state(optimizer))
    assert type(loaded) is type(optimizer)
    assert loaded.get_config() == optimizer.get_config()
    for one, two in zip(state(loaded), state(optimizer), strict=True):
        np.testing.assert_array_equal(one, two)
    assert loaded.aperture_rate_factor == np.float32(0.3)
    if way == "keras":  # trained on as if never saved
        for each in (model, other):
            each.fit(X, Y, batch_size=16, verbose=0)
        for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-7)


def test_model_is_loaded_where_no_optimiser_was_wrapped(tmp_path):
    model = small_model()
    model.compile(with_aperture_rate(keras.optimizers.Adam(0.05), 0.02), loss="mse")
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "model.keras")
    code = (
        "import sys, keras, aconv\n"
        "optimizer = keras.models.load_model(sys.argv[1]).optimizer\n"
        "assert isinstance(optimizer, keras.optimizers.Adam) and optimizer.built\n"
        "print(optimizer.aperture_rate_factor)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "model.keras")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(result.stdout) == np.float32(0.02)


def test_aperture_inside_a_nested_model_is_found():
    inner = small_model()
    outer = keras.Sequential([keras.Input((6, 6, 2)), inner])
    optimizer = with_aperture_rate(sgd(), 0.0)
    outer.compile(optimizer, loss="mse")
    before = [to_numpy(v) for v in inner.trainable_variables]
    outer.fit(X, Y, verbose=0)
    for variable, value in zip(inner.trainable_variables, before, strict=True):
        same = np.array_equal(to_numpy(variable), value)
        assert same == (variable.name == "aperture")


@pytest.mark.parametrize(
    "factor",
    [-0.1, float("nan"), float("inf"), "0.1", None, True, decayed(), 10**400, 1e300],
)
def test_bad_factor_is_refused_by_name(factor):
    with pytest.raises(ValueError, match=r"`factor` must be .*Received"):
        with_aperture_rate(sgd(), factor)
    optimizer = with_aperture_rate(sgd(), 0.5)
    with pytest.raises(ValueError, match=r"`aperture_rate_factor` must be .*Received"):
        optimizer.aperture_rate_factor = factor
    assert optimizer.aperture_rate_factor == 0.5


def test_optimiser_that_cannot_work_is_refused_by_name():
    built = sgd()
    built.build(small_model().trainable_variables)
    for optimizer, message in (
        (with_aperture_rate(sgd(), 0.01), "`aperture_rate_factor`"),
        (built, "must not be built"),
        ("sgd", "must be a Keras optimizer"),
        (keras.optimizers.Ftrl(), "Ftrl"),
        (WRAPPERS["loss scale"](sgd()), "LossScaleOptimizer"),
        (WRAPPERS["several"](sgd()), "MultiOptimizer"),
    ):
        with pytest.raises(ValueError, match=rf"`optimizer`.*{message}.*Received"):
            with_aperture_rate(optimizer, 0.01)


@pytest.mark.backend
@pytest.mark.parametrize("name", ["muon", "adafactor", "adam", "sgd"])
def test_a_filter_moves_its_own_apertures_only(name):
    # A matrix of apertures would be a kernel to Muon and Adafactor, which then move
    # the apertures of all filters by the gradient of one.
    def moved(scale):
        options = {"envelope_shape": "ellipse", "aperture_initializer": 0.3}
        layer = AdaptiveConv2D(16, 7, **options)
        layer.build((None, 12, 12, 2))
        count = layer.aperture.shape[0]
        slope = np.random.default_rng(1).normal(size=count).astype("float32")
        slope[: count // 16] *= scale
        cls, options = OPTIMIZERS[name]
        optimizer = cls(0.01, **options)
        optimizer.build([layer.aperture])
        before = np.array(to_numpy(layer.aperture))
        optimizer.apply([keras.ops.convert_to_tensor(slope)], [layer.aperture])
        step = to_numpy(layer.aperture) - before
        assert (np.sign(step) == -np.sign(slope)).all()
        return step[count // 16 :]

    if name == "adafactor":  # it scales each variable's update as a whole
        one, other = (step / np.abs(step).max() for step in (moved(1.0), moved(10.0)))
        np.testing.assert_allclose(one, other, rtol=1e-4)
    else:
        np.testing.assert_array_equal(moved(1.0), moved(10.0))
