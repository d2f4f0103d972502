"""Results that chapters keep: one file each, with parameters and where it came from.

What the claims need of a chapter, and what takes longer than a page may, stands in
``data/results``, so that it can be looked up and does not change with every build.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from aconv.companion import files, sources
from aconv.companion.runs.provenance import Provenance

FOLDER_VARIABLE = "ACONV_RESULTS_DIR"

MADE_BY: Mapping[str, Sequence[str]] = files.read_yaml(files.data_file("results.yaml"))
"""By name of a result, the modules, and notebooks, whose code makes it."""


@dataclasses.dataclass(frozen=True)
class Result:
    """What was found by some code; values are of JSON's types, or data frames."""

    name: str
    values: Mapping[str, Any]
    parameters: Mapping[str, Any]
    code: str
    provenance: Provenance

    @property
    def is_current(self) -> bool:
        """Whether the code that made it is the code that is here now."""
        return self.code == code_digest(MADE_BY[self.name])

    @property
    def digest(self) -> str:
        """First digits of a digest of all that made it: parameters, code, backend."""
        made_of = [self.name, self.parameters, self.code, self.provenance.backend]
        return _sha256(made_of)[:12]


def save_result(
    name: str,
    values: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    provenance: Provenance | None = None,
    folder: Path | None = None,
) -> None:
    """Write a result where ``ACONV_RESULTS_DIR`` says; unless it is set, do nothing."""
    folder = folder or files.named_folder(FOLDER_VARIABLE)
    if folder is None:
        return
    content = {
        "name": name,
        "values": dict(values),
        "parameters": dict(parameters),
        "code": code_digest(MADE_BY[name]),
        "provenance": (provenance or Provenance.collect().completed({})).to_dict(),
    }
    # As it will be read: lists for tuples, text for the keys of mappings.
    content = json.loads(_json(content))
    content["sha256"] = _sha256(content)
    with files.atomic_write(folder / f"{name}.json") as stream:
        stream.write(f"{_json(content, indent=1)}\n".encode())


def load_result(name: str) -> Result | None:
    """Read a result, None if there is none, a ``ValueError`` if it was changed."""
    path = results_folder() / f"{name}.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("sha256") != _sha256(content):
            raise ValueError("its content is not that of its sha256")
        values = {key: _table(value) for key, value in content.pop("values").items()}
        provenance = Provenance.from_dict(content.pop("provenance"))
        result = Result(values=values, provenance=provenance, **content)
        if result.name != name:
            raise ValueError(f"it is of the chapter {result.name!r}")
        return result
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no result of a chapter: {error}") from error


def results_folder() -> Path:
    """Return the folder of the results, which need not exist."""
    return files.named_folder(FOLDER_VARIABLE) or files.PROJECT / "data" / "results"


def code_digest(modules: Sequence[str]) -> str:
    """Return the digest of what modules do, and notebooks on their pages."""
    return sources.code_digest(map(_source, modules))


def _source(name: str) -> str:
    # Not by importlib, which would import the package, and that a backend.
    path = sources.file_of(name, files.PROJECT)
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    lines = [
        line
        for cell in json.loads(text)["cells"]
        if cell["cell_type"] == "code"
        and not {"parameters", "layout"} & set(cell["metadata"].get("tags", ()))
        for line in "".join(cell["source"]).splitlines()
    ]
    return "\n".join(line for line in lines if not line.startswith("%"))


def _sha256(content: Any) -> str:
    return hashlib.sha256(_json(content).encode()).hexdigest()


def _json(content: Any, indent: int | None = None) -> str:
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, indent=indent, default=_plain
    )


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        rows = value.astype(object).to_numpy().tolist()
        return {"columns": list(value.columns), "rows": rows}
    # An array or a number of NumPy's.
    return value.tolist()


def _table(value: Any) -> Any:
    if not isinstance(value, dict) or set(value) != {"columns", "rows"}:
        return value
    return pd.DataFrame(value["rows"], columns=value["columns"])
