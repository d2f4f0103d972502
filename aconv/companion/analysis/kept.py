"""Small results of chapters that compute live, kept for the claims.

A chapter that trains or measures while the book is built shows what it finds on its own
page. What the claims need of it stands in one small file per chapter, so that a verdict
rests on a result that can be looked up and does not change with every build.
"""

import dataclasses
import hashlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from aconv.companion import sources
from aconv.companion.files import PROJECT, named_folder, written_whole
from aconv.companion.runs.provenance import device

FOLDER_VARIABLE = "ACONV_RESULTS_DIR"

MADE_BY: Mapping[str, Sequence[str]] = {
    "adaptive_kernel": (
        "aconv.layers.base",
        "aconv.layers.conv",
        "aconv.layers.envelope",
        "aconv.layers.fold",
        "aconv.companion.experiments.kernel_checks",
    ),
    "filter_learning": (
        "aconv.layers.base",
        "aconv.layers.conv",
        "aconv.layers.envelope",
        "aconv.companion.experiments.filter_learning",
        "aconv.companion.experiments.pictures",
    ),
    "heatmaps": (
        "aconv.layers.base",
        "aconv.layers.envelope",
        "aconv.layers.fold",
        "aconv.companion.experiments.recorded_heatmaps",
        "aconv.companion.measures.relevance",
        "aconv.companion.measures.heatmaps",
        "aconv.companion.training.networks",
    ),
    "timing": (
        "aconv.layers.base",
        "aconv.layers.conv",
        "aconv.layers.envelope",
        "aconv.layers.fold",
        "aconv.layers.optimizers",
        "aconv.companion.measures.gradients",
        "aconv.companion.experiments.timing",
        "aconv.companion.measures.times",
        "aconv.companion.training.networks",
    ),
    "variance_theorem": (
        "aconv.layers.envelope",
        "notebooks/variance_theorem.ipynb",
    ),
}
"""By chapter, the modules, and notebooks, whose code makes what it keeps."""


@dataclasses.dataclass(frozen=True)
class KeptResult:
    """What a chapter found.

    Attributes:
        chapter: Name of the chapter.
        values: What it found, by name.
        parameters: The parameters of the chapter.
        modules: Modules whose code made it.
        code: Digest of that code, see ``code_digest``.
        backend: Keras's backend.
        device: Where it was computed.
    """

    chapter: str
    values: Mapping[str, Any]
    parameters: Mapping[str, Any]
    modules: Sequence[str]
    code: str
    backend: str
    device: str

    @property
    def is_current(self) -> bool:
        """Whether the code that made it is the code that is here now."""
        return self.code == code_digest(MADE_BY.get(self.chapter, self.modules))

    @property
    def digest(self) -> str:
        """First digits of a digest of all that made it: parameters, code, backend."""
        made_of = [self.chapter, dict(self.parameters), self.code, self.backend]
        return hashlib.sha256(_json(made_of).encode()).hexdigest()[:12]


def keep(
    chapter: str,
    values: Mapping[str, Any],
    parameters: Mapping[str, Any],
    modules: Sequence[str],
) -> KeptResult:
    """Keep what a chapter found, where a folder for it is named.

    Args:
        chapter: Name of the chapter.
        values: What it found: numbers, text, truth values, and lists and mappings of
            them.
        parameters: The parameters of the chapter.
        modules: Names of the modules whose code made it.

    Returns:
        The result. It is written to the folder that ``ACONV_RESULTS_DIR`` names, as
        ``CHAPTER.json``; nothing is written where the variable is not set, as when the
        book is built.

    Raises:
        NotADirectoryError: If the variable names a file.
    """
    plain = json.loads(_json([dict(values), dict(parameters)]))
    result = KeptResult(
        chapter=chapter,
        values=plain[0],
        parameters=plain[1],
        modules=tuple(modules),
        code=code_digest(modules),
        backend=keras.backend.backend(),
        device=device(),
    )
    folder = named_folder(FOLDER_VARIABLE)
    if folder is not None:
        with written_whole(folder / f"{chapter}.json") as stream:
            text = json.dumps(
                dataclasses.asdict(result), ensure_ascii=False, indent=1, sort_keys=True
            )
            stream.write(text.encode() + b"\n")
    return result


def kept(chapter: str) -> KeptResult | None:
    """Return what was kept of a chapter.

    Args:
        chapter: Name of the chapter.

    Returns:
        The result in the folder that ``ACONV_RESULTS_DIR`` names, by default
        ``data/results`` of the repository; None if there is none.

    Raises:
        ValueError: If the file is damaged.
    """
    path = results_folder() / f"{chapter}.json"
    if not path.is_file():
        return None
    try:
        return KeptResult(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is no kept result: {error}") from error


def results_folder() -> Path:
    """Return the folder of the kept results, which need not exist."""
    return named_folder(FOLDER_VARIABLE) or PROJECT / "data" / "results"


def code_digest(modules: Sequence[str]) -> str:
    """Digest of what code does: not of its comments, docstrings and layout.

    Args:
        modules: Names of modules, and of notebooks, as "notebooks/timing.ipynb", of
            which the cells count that are on the page.

    Returns:
        Twelve hexadecimal digits.

    Example:
        >>> len(code_digest(["aconv.layers.envelope"]))
        12
    """
    return sources.code_digest(map(_source, modules))


def _source(name: str) -> str:
    if name.endswith(".ipynb"):
        return _code_of_notebook(PROJECT / name)
    return Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")


def _code_of_notebook(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = [
        line
        for cell in cells
        if cell["cell_type"] == "code"
        and not {"parameters", "layout"} & set(cell["metadata"].get("tags", ()))
        for line in "".join(cell["source"]).splitlines()
    ]
    return "\n".join(line for line in lines if not line.startswith("%"))


def _json(value: Any) -> str:
    # NumPy's numbers have ``item``, its arrays ``tolist``.
    return json.dumps(value, sort_keys=True, default=lambda v: v.tolist())
