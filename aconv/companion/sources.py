"""Digests of what source code does, the same on every Python.

With the standard library only: the build of the book loads this file by itself, since
``import aconv`` would load a backend.
"""

import ast
import functools
import hashlib
import itertools
from collections.abc import Iterable


def code_digest(sources: Iterable[str]) -> str:
    """Twelve digits for what code does: not for its comments, docstrings and layout.

    Raises:
        SyntaxError: If a source is not Python.
    """
    digest = hashlib.sha256()
    for source in sources:
        digest.update(_canonical(source).encode())
    return digest.hexdigest()[:12]


@functools.lru_cache(maxsize=1024)
def _canonical(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            body[:1] = [] if body[1:] else [ast.Pass()]
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
