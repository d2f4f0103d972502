"""The backends of Keras that can train."""

BACKENDS = ("tensorflow", "jax", "torch")


class BackendError(ValueError):
    """The backend of Keras cannot train."""


def check_backend() -> None:
    """Raise a ``BackendError`` if the backend of Keras cannot train."""
    try:
        import keras  # here, because commands that train nothing do without it
    except ValueError as error:  # Keras does not know the name
        raise BackendError(f"Keras does not start: {error}") from None
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise BackendError(
            f"`KERAS_BACKEND` must be one of {BACKENDS} to train. Received: {backend!r}"
        )
