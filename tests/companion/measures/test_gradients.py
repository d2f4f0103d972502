"""Derivatives of every backend."""

import keras
import numpy as np
import pytest

from aconv import AdaptiveConv2D
from aconv.companion.measures.gradients import compile_gradients, gradients


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
