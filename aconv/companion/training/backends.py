"""The backends of Keras that can train, and the layers that are to be had there."""

import importlib.util
import os
from collections.abc import Iterable

from aconv.companion.training.settings import LAYERS, Layer

BACKENDS = ("tensorflow", "jax", "torch")


class BackendError(ValueError):
    """The backend of Keras cannot train, or not a layer."""


def check_backend(layers: Iterable[Layer] = ()) -> None:
    """Raise a ``BackendError`` if the backend of Keras cannot train these layers."""
    try:
        import keras  # here, because commands that train nothing do without it
    except (ValueError, ModuleNotFoundError) as error:  # an unknown name, or OpenVINO
        if isinstance(error, ModuleNotFoundError) and error.name in BACKENDS:
            raise
        raise BackendError(
            f"`KERAS_BACKEND` must be one of {BACKENDS} to train. "
            f"Received: {os.environ.get('KERAS_BACKEND')!r} ({error})"
        ) from None
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise BackendError(
            f"`KERAS_BACKEND` must be one of {BACKENDS} to train. Received: {backend!r}"
        )
    for layer in set(layers):
        reason = missing(layer)
        if reason is not None:
            here = tuple(other for other in LAYERS if missing(other) is None)
            raise BackendError(
                f"`layer` must be one of {here} here. Received: {layer!r} ({reason})"
            )


def missing(layer: Layer) -> str | None:
    """Return why a layer is not to be had here, None if it is."""
    if layer != "DCLS":
        return None
    if importlib.util.find_spec("DCLS") is None:
        return "not installed"
    import keras  # as above

    return None if keras.backend.backend() == "torch" else "needs PyTorch"
