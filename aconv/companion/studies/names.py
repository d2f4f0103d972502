"""Names that users give, refused with those that there are."""

from collections.abc import Container
from typing import Any


def check_name(argument: str, received: Any, known: Container, of: str = "") -> None:
    """Raise a ``ValueError`` for an argument that is none of the ``known`` values."""
    if received not in known:
        raise ValueError(
            f"`{argument}` must be one of {known}{of}. Received: {received!r}"
        )
