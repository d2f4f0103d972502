"""Steps by both methods: what is measured is the layer, and the peak is the step's."""

import sys

import attrs
import keras
import numpy as np
import pytest

from aconv.companion.chapters.timing import methods

SMALL = methods.Scale(kernel_sizes=(3, 5), side=6, channels=2, batch=2, seconds=0)


def test_each_size_has_a_row_for_each_method():
    lines = []
    rows = methods.measure(SMALL, on_case=lines.append)
    cases = list(zip(rows["kernel_size"], rows["method"], strict=True))
    assert cases == [(3, "direct"), (3, "fft"), (5, "direct"), (5, "fft")]
    assert [line.split(":")[0] for line in lines] == [f"{n}x{n} {m}" for n, m in cases]
    # No time is left for more than the least number of rounds.
    assert rows["rounds"].tolist() == [3] * 4
    assert (rows[["adaptive", "ordinary"]] > 0).all(axis=None)
    assert (rows["low"] <= rows["median"]).all()
    assert (rows["median"] <= rows["high"]).all()


@pytest.mark.parametrize("method", methods.METHODS)
@pytest.mark.parametrize("kind", methods.KINDS)
def test_a_step_is_forward_and_backward_of_the_layer(kind, method, monkeypatch):
    asked = {}

    def compile_gradients(loss, variables):
        asked.update(loss=loss(), variables=variables)
        return lambda: [np.zeros(1)]

    monkeypatch.setattr(methods, "compile_gradients", compile_gradients)
    methods._step(kind, method, 5, SMALL)()
    assert asked["loss"].shape == ()
    names = {"bias", "kernel", *(["aperture"] if kind == "adaptive" else [])}
    *weights, images = asked["variables"]
    # The smallest first: it is copied.
    assert weights[0].name == "bias"
    assert {weight.name for weight in weights} == names
    assert images.shape == (2, 6, 6, 2)
    made = methods._LAYERS[kind, method]
    assert issubclass(made, keras.layers.Conv2D)
    assert made.__name__.startswith("Adaptive") == (kind == "adaptive")


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are set back on Linux")
def test_more_images_take_more_memory():
    scale = attrs.evolve(SMALL, side=64, channels=16)
    few, many = (
        methods.step_memory("fft", 3, attrs.evolve(scale, batch=batch))
        for batch in (1, 256)
    )
    # The inputs' gradient alone is 64 MiB; some of it may lie where others were freed.
    assert many - few > 32
