"""Small results that take longer than a page may: JSON files with their provenance.

Unlike ``runs``, which records one run per file, such a file has one whole experiment.
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from aconv.companion.files import PROJECT, atomic_write
from aconv.companion.runs.provenance import Provenance

FOLDER = PROJECT / "data" / "experiments"


@dataclasses.dataclass(frozen=True)
class Result:
    """A result that was read.

    Attributes:
        values: What was written, tables as data frames.
        provenance: Where it came from.
    """

    values: dict[str, Any]
    provenance: Provenance


def write_result(path: Path, values: Mapping[str, Any], provenance: Provenance) -> None:
    """Write a result, whole or not at all.

    Args:
        path: The file.
        values: By name: values of JSON's types, or data frames.
        provenance: Where they came from.

    Raises:
        OSError: If it cannot be written.
    """
    content = {
        "values": {name: _to_json(value) for name, value in values.items()},
        "provenance": provenance.to_dict(),
    }
    content["sha256"] = _digest(content)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_write(path) as stream:
        stream.write(f"{text}\n".encode())


def read_result(path: Path) -> Result:
    """Read what ``write_result`` wrote.

    Args:
        path: The file.

    Returns:
        The ``Result``.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not from ``write_result``, or was changed by hand.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        digest = content.pop("sha256")
        changed = digest != _digest(content)
        values = {name: _from_json(value) for name, value in content["values"].items()}
        provenance = Provenance.from_dict(content["provenance"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"`path` must be a file of `write_result`. Received: {path} ({error})"
        ) from error
    if changed:
        raise ValueError(
            f"`path` must be a file as it was written. Received: {path}, whose "
            "content is not that of its sha256"
        )
    return Result(values, provenance)


def read_result_if_any(path: Path) -> Result | None:
    """Read what ``write_result`` wrote, where there is something.

    Args:
        path: The file.

    Returns:
        The ``Result``; None if there is no file.

    Raises:
        ValueError: As ``read_result``.
    """
    return read_result(path) if path.is_file() else None


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _to_json(value: Any) -> Any:
    if not isinstance(value, pd.DataFrame):
        return value
    # JSON has no NaN.
    rows = [
        [None if isinstance(x, float) and math.isnan(x) else x for x in row]
        for row in value.astype(object).to_numpy().tolist()
    ]
    return {"columns": list(value.columns), "rows": rows}


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict) or set(value) != {"columns", "rows"}:
        return value
    return pd.DataFrame(value["rows"], columns=value["columns"])
