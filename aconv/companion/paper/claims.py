"""What the paper claims in words, from ``data/claims.yaml``."""

import dataclasses
import fnmatch
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aconv.companion.files import data_file
from aconv.companion.paper.numbers import load, read_entries


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

    An entry that is not complete, or a number that belongs to two claims, to none, or
    is unknown, is a ``ValueError``.
    """
    path = path or data_file("claims.yaml")
    claims = tuple(read_entries(path, _claim).values())
    owners: dict[str, list[str]] = {name: [] for name in load()}
    for claim in claims:
        for name in claim.numbers:
            owners[name].append(claim.id)
    for name, ids in owners.items():
        if len(ids) != 1:
            raise ValueError(
                f"{path}: a number must belong to one claim. Received: {name} in "
                f"{' and '.join(ids) or 'none'}"
            )
    return claims


def _claim(
    judge: str = "", untested: str = "", numbers: Sequence[str] = (), **fields: Any
) -> PaperClaim:
    if bool(judge) == bool(untested):
        raise ValueError("a claim must have either `judge` or `untested`")
    named: list[str] = []
    for pattern in numbers:
        found = fnmatch.filter(load(), pattern)
        if not found:
            raise ValueError(f"`numbers` must name numbers of the paper: {pattern!r}")
        named += found
    name, *arguments = judge.split() or [""]
    parsed = {"numbers": tuple(named), "arguments": tuple(arguments)}
    return PaperClaim(judge=name, untested=untested, **parsed, **fields)
