"""Gradients by the backend's automatic differentiation, whichever backend it is.

This is the one module of the package that imports a backend; layers and training need
none. It serves the checks of the paper's derivatives, in the book and in the tests.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np


def gradients(
    loss: Callable[[], keras.KerasTensor], variables: Sequence[keras.Variable]
) -> list[np.ndarray]:
    """Derivatives of a scalar function with respect to Keras variables.

    Args:
        loss: Function of no argument that computes a scalar tensor from the present
            values of the variables.
        variables: Keras variables that ``loss`` reads.

    Returns:
        One NumPy array a variable, of its shape and dtype.

    Example:
    >>> x = keras.Variable(3.0)
    >>> gradients(lambda: x * x, [x])
    [array(6., dtype=float32)]
    """
    return _BY_BACKEND[keras.backend.backend()](loss, list(variables))


def _tensorflow(loss: Callable, variables: list) -> list[np.ndarray]:
    import tensorflow as tf

    values = [v.value for v in variables]
    with tf.GradientTape() as tape:
        tape.watch(values)
        scalar = loss()
    return [np.asarray(g) for g in tape.gradient(scalar, values)]


def _jax(loss: Callable, variables: list) -> list[np.ndarray]:
    import jax

    def stateless(values: list) -> keras.KerasTensor:
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return loss()

    return [np.asarray(g) for g in jax.grad(stateless)([v.value for v in variables])]


def _torch(loss: Callable, variables: list) -> list[np.ndarray]:
    import torch

    grads = torch.autograd.grad(loss(), [v.value for v in variables])
    return [keras.ops.convert_to_numpy(g) for g in grads]


_BY_BACKEND = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
