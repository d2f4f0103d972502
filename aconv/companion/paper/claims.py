"""What the paper claims in words, from ``data/claims.yaml``."""

import collections
import dataclasses
import fnmatch
import functools
from pathlib import Path
from typing import Any

from aconv.companion.files import data_file
from aconv.companion.paper.numbers import load, read_entries

_NEEDED = {"id", "claim", "place", "page"}
_OPTIONAL = {"numbers", "section", "judge", "untested", "board", "answer"}


@dataclasses.dataclass(frozen=True)
class PaperClaim:
    """A claim of the paper."""

    id: str  # with dots, such as "simple.mnist"
    claim: str  # a sentence
    place: str  # where the paper makes it, such as "Section 4.2"
    page: str  # of the book, that tests it, such as "notebooks/unet"
    numbers: tuple[str, ...] = ()  # ids of those that belong to it
    section: str = ""  # of that page, that shows what it is judged by, if not the top
    judge: str = ""  # name of what judges it; empty if nothing does
    arguments: tuple[str, ...] = ()  # what else the judge has to know
    untested: str = ""  # why nothing judges it
    board: int = 0  # its place on the first page of the book, from 1
    answer: str = ""  # page whose answer box has it


@functools.cache
def load_claims(path: Path | None = None) -> tuple[PaperClaim, ...]:
    """Return all claims, in the order of the paper.

    An entry that is not complete, an id that occurs twice, or a number that belongs to
    two claims, to none, or is unknown, is a ``ValueError``.
    """
    path = path or data_file("claims.yaml")
    claims = tuple(_entry(entry, path) for entry in read_entries(path))
    ids = collections.Counter(claim.id for claim in claims)
    if len(ids) < len(claims):
        (twice, _), *_ = ids.most_common()
        raise ValueError(f"{path}: ids must be unique. Received twice: {twice}")
    owners: dict[str, str] = {}
    for claim in claims:
        for name in claim.numbers:
            if name in owners:
                raise ValueError(
                    f"{path}: a number must belong to one claim. Received: {name} in "
                    f"{owners[name]} and {claim.id}"
                )
            owners[name] = claim.id
    left = ", ".join(name for name in load() if name not in owners)
    if left:
        raise ValueError(
            f"{path}: every number must belong to a claim. Received none for: {left}"
        )
    return claims


def _entry(entry: Any, path: Path) -> PaperClaim:
    keys = set(entry) if isinstance(entry, dict) else set()
    if not _NEEDED <= keys <= _NEEDED | _OPTIONAL or (
        ("judge" in keys) == ("untested" in keys)
    ):
        raise ValueError(
            f"{path}: an entry must have the fields {sorted(_NEEDED)} and either "
            f"`judge` or `untested`, and may have `numbers`, `section`, `board` "
            f"and `answer`. Received: {entry}"
        )
    judge, *arguments = entry.get("judge", "").split() or [""]
    numbers: list[str] = []
    for pattern in entry.get("numbers", ()):
        found = fnmatch.filter(load(), pattern)
        if not found:
            raise ValueError(
                f"{path}: `numbers` must name numbers of the paper. "
                f"Received: {pattern!r} in {entry['id']}"
            )
        numbers += found
    parsed = {"numbers": tuple(numbers), "judge": judge, "arguments": tuple(arguments)}
    return PaperClaim(**entry | parsed)
