"""Keras's own tests of convolutions hold of adaptive ones with a flat envelope.

With an envelope of ones the layer is an ordinary convolution. The tests are those of
the installed Keras, all but those of low-rank adaptation, which meets the weights under
the envelope here and has tests in ``test_adaptive_conv.py``. Transforms pass them all.
"""

import functools
import importlib.util
import types
import unittest
from unittest import mock

import keras
import numpy as np
import pytest

from aconv.layers.fold import ORDINARY
from aconv.layers.method import HasMethod

pytestmark = [pytest.mark.backend, pytest.mark.slow]

MODULES = {
    "direct": ("conv_test", "depthwise_conv_test", "separable_conv_test"),
    "fft": ("conv_test", "depthwise_conv_test"),
}
FLAT = {
    "aperture_initializer": 1e4,
    "aperture_bounds": (0.1, 1e4),
    "train_aperture": False,
}
# Of the largest output. Keras allows 1e-6 to 1e-3 of each output by itself; transforms
# sum over the whole image in float32, so that small outputs have the rounding of large.
TOLERANCE = 1e-6


def flat(adaptive, method):
    """The class as Keras's tests use one, its envelope flat unless told otherwise."""
    options = {"method": method} if issubclass(adaptive, HasMethod) else {}
    return functools.partial(adaptive, **FLAT, **options)


def of_keras(name, method):
    """The tests of a module of Keras, whose layers are the flat ones."""
    ours = {
        ordinary.__name__: flat(adaptive, method)
        for adaptive, ordinary in ORDINARY.items()
    }
    layers = types.SimpleNamespace(**{**vars(keras.layers), **ours})
    spec = importlib.util.find_spec(f"keras.src.layers.convolutional.{name}")
    module = importlib.util.module_from_spec(spec)
    with mock.patch("keras.src.layers", layers):
        spec.loader.exec_module(module)
    for of_class in unittest.defaultTestLoader.loadTestsFromModule(module):
        yield from (test for test in of_class if "lora" not in test.id())


CASES = [
    pytest.param(test, method, id=f"{test.id().split()[0].rpartition('.')[2]}-{method}")
    for method, names in MODULES.items()
    for name in names
    for test in of_keras(name, method)
]


def assert_close_for_the_largest(actual, desired, **_):
    found = keras.ops.convert_to_numpy(actual)
    tolerance = TOLERANCE * np.abs(desired).max()
    np.testing.assert_allclose(found, desired, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("test", "method"), CASES)
def test_tests_of_keras_pass(test, method, monkeypatch):
    run = test.run_layer_test

    def run_layer_test(made, init_kwargs, **expected):
        # The apertures are one weight more.
        expected["expected_num_non_trainable_weights"] += 1
        run(made.func, {**made.keywords, **init_kwargs}, **expected)

    monkeypatch.setattr(test, "run_layer_test", run_layer_test)
    if method == "fft":
        monkeypatch.setattr(test, "assertAllClose", assert_close_for_the_largest)
    test.debug()
