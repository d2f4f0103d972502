"""Choices of users, refused with what they can choose from."""

from collections.abc import Iterable
from typing import Any


def one_of(argument: str, received: Any, allowed: Iterable, where: str = "") -> None:
    """Raise a ``ValueError`` unless an argument is one of the values that it can have.

    ``where`` says of what these are the values, as " for study 'unet'".
    """
    allowed = tuple(allowed)
    if received not in allowed:
        raise ValueError(
            f"`{argument}` must be one of {', '.join(map(str, allowed))}{where}. "
            f"Received: {received!r}"
        )
