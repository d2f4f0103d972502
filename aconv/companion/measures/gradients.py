"""Gradients by the backend's automatic differentiation, whichever backend it is."""

import functools
from collections.abc import Callable, Sequence

import keras
import numpy as np


def gradients(
    loss: Callable[[], keras.KerasTensor], variables: Sequence[keras.Variable]
) -> list[np.ndarray]:
    """Derivatives of a scalar function with respect to variables that it reads."""
    derivatives = _BY_BACKEND[keras.backend.backend()](loss, list(variables))
    return [keras.ops.convert_to_numpy(derivative) for derivative in derivatives]


def compile_gradients(
    loss: Callable[[], keras.KerasTensor], variables: Sequence[keras.Variable]
) -> Callable[[], Sequence[keras.KerasTensor]]:
    """Derivatives as in ``gradients``, as a function that is compiled to be timed.

    It is compiled as ``fit`` compiles a training step: a graph on TensorFlow, with XLA
    where there is an accelerator; XLA on JAX; PyTorch runs as it is. What it returns
    for the present values of the variables may still be computing.
    """
    return _COMPILED[keras.backend.backend()](loss, list(variables))


def _tensorflow(loss: Callable, variables: list) -> list:
    import tensorflow as tf

    values = [v.value for v in variables]
    with tf.GradientTape() as tape:
        tape.watch(values)
        scalar = loss()
    return tape.gradient(scalar, values)


def _compiled_tensorflow(loss: Callable, variables: list) -> Callable[[], list]:
    import tensorflow as tf

    devices = {device.device_type for device in tf.config.list_physical_devices()}
    return tf.function(
        # A lambda would be one function to TensorFlow, which warns if it is often made.
        functools.partial(_tensorflow, loss, variables),
        jit_compile=devices != {"CPU"},
    )


def _jax_gradients(loss: Callable, variables: list) -> Callable[[list], list]:
    import jax

    def stateless(values: list) -> keras.KerasTensor:
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return loss()

    return jax.grad(stateless)


def _jax(loss: Callable, variables: list) -> list:
    return _jax_gradients(loss, variables)([v.value for v in variables])


def _compiled_jax(loss: Callable, variables: list) -> Callable[[], list]:
    import jax

    compiled = jax.jit(_jax_gradients(loss, variables))
    return lambda: compiled([v.value for v in variables])


def _torch(loss: Callable, variables: list) -> list:
    import torch

    return torch.autograd.grad(loss(), [v.value for v in variables])


_BY_BACKEND = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
_COMPILED = {
    "tensorflow": _compiled_tensorflow,
    "jax": _compiled_jax,
    "torch": lambda loss, variables: functools.partial(_torch, loss, variables),
}
