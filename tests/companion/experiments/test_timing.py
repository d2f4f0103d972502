"""Timing: by a clock that only the timed functions move, and once by the real one."""

import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from aconv import AdaptiveConv2D
from aconv.companion.experiments import timing
from aconv.companion.experiments.gradients import compile_gradients, gradients
from aconv.companion.pages import figures
from aconv.companion.training.settings import KINDS


class Clock:
    """Time that passes only in the functions that are timed."""

    def __init__(self):
        self.now, self.order = 0.0, []

    def __call__(self):
        return self.now

    def call(self, name, durations):
        durations = itertools.cycle(durations)

        def work():
            self.order.append(name)
            self.now += next(durations)

        return work


def test_each_call_gets_its_own_time():
    clock = Clock()
    calls = {"a": clock.call("a", [1, 2, 3]), "b": clock.call("b", [10])}
    times = timing.time_in_turn(calls, 3, warm_up=0, clock=clock)
    np.testing.assert_array_equal(times["a"], [1, 2, 3])
    np.testing.assert_array_equal(times["b"], [10, 10, 10])


def test_warm_up_is_not_timed():
    clock = Clock()
    times = timing.time_in_turn(
        {"a": clock.call("a", [100, 100, 1, 1])}, 2, warm_up=2, clock=clock
    )
    np.testing.assert_array_equal(times["a"], [1, 1])


@pytest.mark.parametrize("names", ["ab", "abc"])
def test_every_order_is_as_frequent(names):
    clock = Clock()
    calls = {name: clock.call(name, [1]) for name in names}
    timing.time_in_turn(calls, 12, warm_up=0, clock=clock)
    rounds = ["".join(turn) for turn in np.reshape(clock.order, (12, -1))]
    orders = {"".join(order) for order in itertools.permutations(names)}
    assert {order: rounds.count(order) for order in set(rounds)} == dict.fromkeys(
        orders, 12 // len(orders)
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"calls": {}}, "calls"),
        ({"rounds": 0}, "rounds"),
        ({"rounds": 1.5}, "rounds"),
        ({"warm_up": -1}, "warm_up"),
    ],
)
def test_bad_timing_is_refused_before_any_call(change, name):
    clock = Clock()
    arguments = {"calls": {"a": clock.call("a", [1])}, "rounds": 2, **change}
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        timing.time_in_turn(**arguments)
    assert clock.order == []


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (timing.network_times, {"kernel_sizes": []}, "kernel_sizes"),
        (timing.network_times, {"kernel_sizes": [3], "batch": 0}, "batch"),
        (timing.layer_times, {"image_sides": [8, -8]}, "image_sides"),
        (timing.layer_times, {"image_sides": 8.0}, "image_sides"),
        (timing.envelope_times, {"filters": [4], "kernel_sizes": "3"}, "kernel_sizes"),
        (
            timing.envelope_times,
            {"filters": [True], "kernel_sizes": [3]},
            "filters",
        ),
    ],
)
def test_bad_sizes_are_refused_by_name(function, arguments, name):
    with pytest.raises(ValueError, match=f"`{name}` must be.*Received"):
        function(**arguments)


@pytest.mark.backend
def test_every_kind_of_network_layer_and_envelope_is_timed():
    network = timing.network_times([3], image_side=8, batch=2, rounds=2)
    counts = network.groupby(["kernel_size", "phase", "kind"]).size()
    assert counts.to_dict() == {
        (3, "training", "adaptive"): 2,
        (3, "training", "ordinary"): 2,
        (3, "inference", "adaptive"): 2,
        (3, "inference", "ordinary"): 2,
        (3, "inference", "folded"): 2,
    }
    layer = timing.layer_times([6], channels=2, filters=3, batch=2, rounds=2)
    assert layer.groupby(["image_side", "kind"]).size().to_dict() == {
        (6, kind): 2 for kind in ("adaptive", "ordinary")
    }
    envelopes = timing.envelope_times([2, 4], [3], channels=2, rounds=2)
    assert envelopes.groupby(["kernel_size", "filters"]).size().to_dict() == {
        (3, filters): 2 for filters in (2, 4)
    }
    for times in (network, layer, envelopes):
        assert (times["milliseconds"] > 0).all()


def test_networks_that_are_timed_are_those_of_the_papers_text(monkeypatch):
    timed = []
    build = timing.build_network

    def kept(*args):
        timed.append(build(*args))
        return timed[-1]

    monkeypatch.setattr(timing, "build_network", kept)
    timing.network_times([3], image_side=8, batch=2, rounds=1)
    for model, kind in zip(timed, KINDS, strict=True):
        names = [type(layer).__name__ for layer in model.layers]
        # Convolution, batch normalisation, ReLU.
        conv = "AdaptiveConv2D" if kind == "adaptive" else "Conv2D"
        block = [conv, "BatchNormalization", "ReLU"]
        assert names[1:7] == block * 2
        assert type(model.optimizer).__name__ == "SGD"  # one rate for all


@pytest.mark.backend
def test_compiled_gradients_are_those_at_the_present_values(rng):
    layer = AdaptiveConv2D(3, 5)
    layer.build((None, 8, 8, 2))
    delta = keras.ops.convert_to_tensor(
        rng.normal(size=layer.kernel.shape).astype("float32")
    )

    def loss():
        return keras.ops.sum(layer.effective_kernel() * delta)

    variables = [layer.kernel, layer.aperture]
    compiled = compile_gradients(loss, variables)
    for aperture in (0.2, 0.7):
        layer.aperture.assign([aperture] * 3)
        for found, expected in zip(compiled(), gradients(loss, variables), strict=True):
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(found), expected, rtol=1e-4, atol=1e-5
            )


def test_figures_show_every_interval(rng):
    interval = {"median": [1.1, 1.2], "low": [1.0, 1.1], "high": [1.3, 1.3]}
    ratios = pd.concat(
        pd.DataFrame({"kernel_size": [3, 5], **interval, "comparison": name})
        for name in ("a", "b")
    )
    fig = figures.time_ratios(ratios, {3: 1.3})
    assert len(fig.axes[0].containers) == 2
    extra = pd.DataFrame({"image_side": [8, 16], "ordinary": [2.0, 9.0], **interval})
    fig = figures.extra_times(extra, 0.2)
    assert [len(ax.containers) for ax in fig.axes] == [0, 1]
    envelopes = pd.concat(
        pd.DataFrame({"kernel_size": size, "filters": [8, 32], **interval})
        for size in (3, 5, 7)
    )
    fig = figures.envelope_times(envelopes)
    assert len(fig.axes[0].containers) == 3
    plt.close("all")
