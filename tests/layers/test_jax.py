"""What JAX offers beside the other backends works with adaptive layers."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import aconv
from aconv import layers

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="about JAX"),
]


def trace_a_step(layer):
    """Trace a step of training of the layer in a small model, without compiling it."""
    import jax

    model = keras.Sequential([keras.Input((*(6,) * layer.rank, 4)), layer])
    optimizer = keras.optimizers.SGD()
    optimizer.build(model.trainable_variables)

    def step(trainable, others, of_optimizer, x):
        def loss(trainable):
            outputs, _, losses = model.stateless_call(
                trainable, others, x, training=True, return_losses=True
            )
            return keras.ops.mean(keras.ops.square(outputs)) + sum(losses)

        slopes = jax.grad(loss)(trainable)
        return optimizer.stateless_apply(of_optimizer, slopes, trainable)

    jax.eval_shape(
        step,
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in model.non_trainable_variables],
        [variable.value for variable in optimizer.variables],
        np.ones((2, *model.input_shape[1:]), "float32"),
    )


@pytest.mark.parametrize("shape", ["circle", "ellipse", "rotated"])
@pytest.mark.parametrize("name", layers.__all__)
def test_ranks_need_no_promotion(name, shape):
    import jax

    cls = getattr(aconv, name)
    if shape == "rotated" and "2D" not in name:
        pytest.skip("angles are for two dimensions")
    filters = {} if "Depthwise" in name else {"filters": 2}
    options = {"envelope_shape": shape, **filters}
    if shape == "circle" and hasattr(cls, "method"):
        options["method"] = "fft"
    layer = cls(
        kernel_size=3, aperture_regularizer=aconv.SizePenalty(0.1, 3), **options
    )
    with jax.numpy_rank_promotion("raise"):
        trace_a_step(layer)


def test_a_model_trains_on_several_devices_with_a_rate_of_its_own():
    # A process of its own: a distribution is for all models, and devices are counted
    # before the first.
    code = """
import keras, numpy as np, aconv
devices = keras.distribution.list_devices()
assert len(devices) == 2
for distribution in (
    keras.distribution.DataParallel(devices=devices),
    keras.distribution.ModelParallel(
        layout_map=keras.distribution.LayoutMap(
            keras.distribution.DeviceMesh((1, 2), ["batch", "model"], devices)
        ),
        batch_dim_name="batch",
    ),
):
    keras.distribution.set_distribution(distribution)
    model = keras.Sequential([keras.Input((8, 8, 4)), aconv.AdaptiveConv2D(4, 3)])
    before = np.array(model.layers[0].aperture)
    optimizer = aconv.with_aperture_rate(keras.optimizers.SGD(0.1, momentum=0.9), 0.5)
    model.compile(optimizer, "mse")
    model.fit(np.ones((4, 8, 8, 4)), np.ones((4, 6, 6, 4)), batch_size=2, verbose=0)
    assert np.any(before != np.array(model.layers[0].aperture))
print("trained")
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.strip() == "trained", result.stderr
