"""What Keras asks of its own layers holds of the adaptive ones.

That is its check of any layer, of every kind. With an envelope of ones a layer is an
ordinary convolution, of which the tests of convolutions in the installed Keras hold,
all but those of low-rank adaptation: it meets the weights under the envelope here and
has tests in ``test_adaptive_conv.py``.
"""

import functools
import importlib.util
import types
import unittest
from unittest import mock

import keras
import numpy as np
import pytest
from arrays import to_numpy
from keras.src.testing import TestCase

import aconv
from aconv.layers.fold import ORDINARY
from aconv.layers.method import HasMethod

pytestmark = pytest.mark.backend

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
    found = to_numpy(actual)
    tolerance = TOLERANCE * np.abs(desired).max()
    np.testing.assert_allclose(found, desired, rtol=0, atol=tolerance)


@pytest.mark.slow
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


# All that is about the envelope, of a layer that keeps its apertures.
KEPT = {
    "use_bias": False,
    "activation": "relu",
    "aperture_initializer": 0.4,
    "aperture_bounds": (0.2, 1.5),
    "aperture_regularizer": "l2",
    "normalize_envelope": False,
    "train_aperture": False,
}
STRIDED = {"kernel_size": (3, 4), "strides": 2}
# The class, its arguments beside the filters, and shapes of one input and output.
LAYERS = [
    ("Conv1D", {"kernel_size": 3, "padding": "causal"}, (9, 3), (9, 6)),
    ("Conv2D", {"kernel_size": (3, 4), "padding": "same"}, (8, 7, 4), (8, 7, 6)),
    (
        "Conv2D",
        {**STRIDED, "groups": 2, "kernel_regularizer": "l2", **KEPT},
        (8, 7, 4),
        (3, 2, 6),
    ),
    (
        "Conv2D",
        {**STRIDED, "groups": 2, "activation": "relu", "method": "fft"},
        (8, 7, 4),
        (3, 2, 6),
    ),
    ("Conv3D", {"kernel_size": 3}, (5, 6, 7, 3), (3, 4, 5, 6)),
    ("Conv1DTranspose", {"kernel_size": 3, "strides": 2}, (5, 3), (11, 6)),
    (
        "Conv2DTranspose",
        {**STRIDED, "padding": "same", "output_padding": 1, "kernel_regularizer": "l2"}
        | {**KEPT, "envelope_shape": "rotated", "angle_initializer": (0.2, 0.9)},
        (4, 3, 4),
        (8, 5, 6),
    ),
    ("Conv3DTranspose", {"kernel_size": 2, "strides": 2}, (2, 3, 2, 3), (4, 6, 4, 6)),
    ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, (7, 3), (5, 6)),
    (
        "DepthwiseConv2D",
        {**STRIDED, "padding": "same", "depthwise_regularizer": "l2"}
        | {**KEPT, "envelope_shape": "ellipse"},
        (8, 7, 4),
        (4, 4, 4),
    ),
    (
        "DepthwiseConv2D",
        {"kernel_size": 3, "padding": "same", "method": "fft"},
        (8, 7, 4),
        (8, 7, 4),
    ),
    ("SeparableConv1D", {"kernel_size": 3, "padding": "same"}, (7, 3), (7, 6)),
    (
        "SeparableConv2D",
        {"kernel_size": 3, "depth_multiplier": 2},
        (6, 7, 3),
        (4, 5, 6),
    ),
]


@pytest.mark.parametrize(("name", "options", "of_input", "of_output"), LAYERS)
def test_layers_pass_the_check_of_keras(name, options, of_input, of_output):
    is_kept = not options.get("train_aperture", True)
    kernels = 2 if "Separable" in name else 1
    filters = {} if "Depthwise" in name else {"filters": 6}
    TestCase().run_layer_test(
        getattr(aconv, f"Adaptive{name}"),
        init_kwargs=filters | options,
        input_shape=(2, *of_input),
        expected_output_shape=(2, *of_output),
        # Kernels, and of a layer that is not kept the bias and the apertures.
        expected_num_trainable_weights=kernels + (0 if is_kept else 2),
        # Apertures, and angles.
        expected_num_non_trainable_weights=(
            1 + (options.get("envelope_shape") == "rotated") if is_kept else 0
        ),
        # A frozen weight has no regularisation loss.
        expected_num_losses=int(is_kept),
        supports_masking=False,
    )


def test_every_layer_is_checked():
    checked = {f"Adaptive{name}" for name, *_ in LAYERS}
    assert checked == set(aconv.layers.__all__)
