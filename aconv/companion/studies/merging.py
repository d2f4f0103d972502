"""The one operation on settings: putting patches of them together."""

from collections.abc import Mapping
from typing import Any

Patch = Mapping[str, Any]


def merge(patches: Mapping[str, Patch]) -> dict[str, Any]:
    """Put patches together, by the name of what each is from; no field comes twice."""
    merged: dict[str, Any] = {}
    source: dict[str, str] = {}
    for name, patch in patches.items():
        for field, value in patch.items():
            if field in merged:
                raise ValueError(
                    f"`{field}` must be set by one patch. Received: "
                    f"{merged[field]!r} from {source[field]} and {value!r} from {name}"
                )
            merged[field] = value
            source[field] = name
    return merged
