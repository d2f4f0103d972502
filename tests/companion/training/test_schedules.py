"""The rates that updates have, against the formulas in NumPy, in every engine."""

import attrs
import keras
import numpy as np
import pytest
from small_settings import small_settings

from aconv.companion.training.algorithm import OneCycle, make_optimizer, train

IMAGES, STEPS, CLIP = 10, 3, 1e-3  # the last of three batches is smaller
ENGINE = {"tensorflow": "fit", "jax": "compiled", "torch": "recorded"}
ENGINES = sorted({"fit", ENGINE.get(keras.backend.backend(), "fit")})


def number(tensor):
    return float(keras.ops.convert_to_numpy(tensor))


def one_cycle(settings, steps):
    """Rates of all updates: the formula of the authors' code, update by update."""
    rates = []
    for epoch in range(settings.epochs):
        for batch in range(steps):
            if settings.cycle_by_batch:
                at, length = epoch * steps + batch, settings.epochs * steps
            else:
                at, length = epoch, settings.epochs
            c = settings.cycle_top * length
            peak = settings.learning_rate * settings.rate_factor
            bump = np.exp(-(((at - c) / (0.5 * c)) ** 2))
            rates.append(settings.lowest_rate + peak * bump)
    return np.array(rates)


def stepped(settings, steps):
    """Rates of all updates: multiplied once for each epoch of the list that is over."""
    epochs = np.arange(settings.epochs).repeat(steps)
    over = sum((epochs >= epoch).astype(int) for epoch in settings.schedule_epochs)
    peak = settings.learning_rate * settings.rate_factor
    return peak * settings.schedule_factor**over


CYCLE = small_settings(
    schedule="one-cycle", lowest_rate=1e-3, epochs=6, rate_factor=2.0, batch_size=4
)
SCHEDULES = {
    "cycle by batch": (
        attrs.evolve(CYCLE, cycle_by_batch=True, cycle_top=0.3),
        one_cycle,
    ),
    "cycle by epoch": (CYCLE, one_cycle),
    "early cycle by epoch": (attrs.evolve(CYCLE, cycle_top=1 / 3), one_cycle),
    "steps": (
        attrs.evolve(
            CYCLE, schedule="steps", schedule_epochs=(2, 3, 5), schedule_factor=0.4
        ),
        stepped,
    ),
}


def test_apertures_have_their_share_of_the_rate():
    # The rate of the weights is that of all: nothing is put between.
    whole = make_optimizer(CYCLE, STEPS)
    assert not hasattr(whole, "aperture_rate_factor")
    for share in (0.0, 0.2, 5.0):
        optimizer = make_optimizer(attrs.evolve(CYCLE, aperture_rate=share), STEPS)
        assert optimizer.aperture_rate_factor == pytest.approx(share)
        rate = number(optimizer.learning_rate)
        assert rate == pytest.approx(number(whole.learning_rate))


def test_whole_epochs_are_told_in_long_trainings_of_many_steps():
    # 200 epochs of 391 steps, in float32: no epoch may begin a step early or late.
    settings = attrs.evolve(CYCLE, epochs=200)
    steps = 391
    schedule = OneCycle(settings, steps)
    expected = one_cycle(settings, steps)
    chosen = [e * steps + at for e in range(1, 200, 3) for at in (-1, 0, 1)]
    found = [number(schedule(step)) for step in chosen]
    np.testing.assert_allclose(found, expected[chosen], rtol=1e-4)


def growing_network():
    """A network whose one weight grows by the rate times ``CLIP`` at each update.

    All images are ones and of the first class, so that the gradient of the weight of
    its logit is always beyond the clip.
    """
    model = keras.Sequential(
        [
            keras.Input((1, 1, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(
                2, activation="softmax", use_bias=False, kernel_initializer="zeros"
            ),
        ]
    )
    images = np.ones((IMAGES, 1, 1, 1), "float32")
    return model, (images, np.zeros(IMAGES, "int32"))


def moved(model):
    return number(model.trainable_variables[0][0, 0]) / CLIP


def run(settings, engine, stop_after=None, resume=None):
    """The sum of the rates after each epoch, the history and the last state."""
    model, data = growing_network()
    settings = attrs.evolve(settings, momentum=0.0, clip_value=CLIP)
    sums, states = [], []

    def keep(state):
        sums.append(moved(model))
        states.append(state)
        return state.epochs == stop_after

    history = train(
        model, data, data, settings, seed=1, engine=engine, on_state=keep, resume=resume
    )
    return np.array(sums), history, states[-1]


@pytest.mark.backend
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", SCHEDULES)
def test_updates_have_the_rates_of_the_formula_and_a_run_goes_on_in_them(name, engine):
    settings, formula = SCHEDULES[name]
    rates = formula(settings, STEPS)
    sums, history, _ = run(settings, engine)
    expected = rates.cumsum()[STEPS - 1 :: STEPS]
    np.testing.assert_allclose(sums, expected, rtol=1e-4)
    # What is recorded of an epoch is the rate of its first update.
    np.testing.assert_allclose(history.learning_rate, rates[::STEPS], rtol=1e-5)
    begun, _, state = run(settings, engine, stop_after=3)
    assert len(begun) == 3
    rest, resumed, _ = run(settings, engine, resume=state)
    np.testing.assert_array_equal(np.concatenate([begun, rest]), sums)
    assert resumed.learning_rate == history.learning_rate
