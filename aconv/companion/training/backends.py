"""The backends of Keras that can train."""

import keras

BACKENDS = ("tensorflow", "jax", "torch")


class BackendError(ValueError):
    """The backend of Keras cannot train."""


def check_backend() -> None:
    """Checks that the backend of Keras can train; NumPy's and OpenVINO's cannot.

    Raises:
        BackendError: If it cannot; the message names it and those that can.
    """
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise BackendError(
            f"`KERAS_BACKEND` must be one of {BACKENDS} to train. Received: {backend!r}"
        )
