"""What the tests share: a seeded start and gradients on every backend."""

import keras
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same random state."""
    keras.utils.set_random_seed(31)


@pytest.fixture
def rng():
    return np.random.default_rng(31)


@pytest.fixture
def gradients():
    """``gradients(loss, variables)``: NumPy gradients of ``loss()`` by the backend."""
    return _GRADIENTS[keras.backend.backend()]


def _tensorflow(loss, variables):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
    return [g.numpy() for g in tape.gradient(value, [v.value for v in variables])]


def _jax(loss, variables):
    import jax

    def stateless(values):
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return loss()

    return [np.asarray(g) for g in jax.grad(stateless)([v.value for v in variables])]


def _torch(loss, variables):
    import torch

    grads = torch.autograd.grad(loss(), [v.value for v in variables])
    return [g.detach().cpu().numpy() for g in grads]


_GRADIENTS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
