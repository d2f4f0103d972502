"""Digests of what source code does, the same on every Python.

With the standard library only: the build of the book loads this file by itself, since
``import aconv`` would load a backend.
"""

import ast
import functools
import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

# Who imports this depends on the code of all results.
ALL_RESULTS = "aconv.companion.runs.results_cache.MADE_BY"


def code_digest(sources: Iterable[str]) -> str:
    """Return twelve digits for what code does, not for its comments and layout."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(_canonical(source).encode())
    return digest.hexdigest()[:12]


@functools.lru_cache(maxsize=1024)
def _canonical(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match getattr(node, "body", None):
            case [ast.Expr(value=ast.Constant(value=str())), *rest] as body:
                body[:] = rest or [ast.Pass()]
    return repr(_plain(tree))


def _plain(value: object) -> object:
    # Not `ast.dump`: Python 3.12 added the field `type_params`, 3.13 leaves out what is
    # empty, and they cut the text of formatted strings at other places. None of that
    # changes what the code does.
    if isinstance(value, ast.Constant):
        return type(value.value).__name__, ascii(value.value)
    if isinstance(value, ast.JoinedStr):
        pieces = [v for v in value.values if getattr(v, "value", None) != ""]
        runs = itertools.groupby(pieces, lambda piece: isinstance(piece, ast.Constant))
        return "JoinedStr", [
            "".join(piece.value for piece in run) if is_text else _plain([*run])
            for is_text, run in runs
        ]
    if isinstance(value, ast.AST):
        fields = [
            (name, _plain(field))
            for name, field in ast.iter_fields(value)
            if field is not None and field != []
        ]
        return type(value).__name__, fields
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return ascii(value)


def reached(
    source: str, root: Path, results: Mapping[str, Sequence[str]] | None = None
) -> set[Path]:
    """Find the files of ``aconv`` that code imports or names in strings.

    Also what these import, and what makes the ``results`` whose names they have in
    strings. A package whose module is imported does not count.
    """
    results = results or {}
    followed: set[Path] = set()
    named: set[Path] = set()
    waiting = [source]
    while waiting:
        imports, strings = _names(waiting.pop())
        if ALL_RESULTS in imports:
            strings |= results.keys()
        makers = {name for string in strings for name in results.get(string, ())}
        named |= {file_of(name, root) for name in strings | makers} - {None}
        files = {file_of(name, root) for name in imports} - {None} - followed
        followed |= files
        waiting += [file.read_text(encoding="utf-8") for file in files]
    return followed | named


@functools.lru_cache(maxsize=1024)
def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """What code imports of the package, and its strings."""
    imported, strings = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # As pkgutil.resolve_name takes it: "module:function".
            name, colon, _ = node.value.partition(":")
            (imported if colon else strings).add(name)
    return frozenset(imported), frozenset(strings)


def file_of(name: str, root: Path) -> Path | None:
    """Return the file of a module, of what has something of this name, or notebook."""
    if re.fullmatch(r"notebooks/\w+\.ipynb", name):
        return root / name
    if not re.fullmatch(r"aconv(\.\w+)*", name):
        return None
    path = root.joinpath(*name.split("."))
    for place in (path, path.parent):
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if place != root and file.is_file():
                return file
    return None
