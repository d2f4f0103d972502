"""The numbers that the paper prints, from ``data/paper.yaml``, the only place."""

import dataclasses
import difflib
import functools
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from aconv.companion.files import data_file, read_yaml

_FIELDS = {"id", "place", "printed", "value", "unit", "precision"}


@dataclasses.dataclass(frozen=True)
class PaperNumber:
    """A number as the paper prints it, or as its authors' records have it."""

    id: str  # with dots, such as "table2.mnist.adaptive.mean"
    place: str  # where the paper prints it, such as "Table 2"
    printed: str  # the characters as printed, without the unit
    value: float | int | bool | None  # a bool for a flag, None for a printed dash
    unit: str  # of the value and the precision
    precision: float  # rounding unit of the printed value; 0 where it is exact
    note: str = ""  # where the paper contradicts itself or the published code

    @property
    def is_recorded(self) -> bool:
        """Whether it stands in the authors' published records and not in the paper."""
        return self.place == "Published records"

    @property
    def rounded(self) -> tuple[float, float]:
        """Lowest and highest number that rounds to the printed one."""
        value = self._number()
        return value - self.precision / 2, value + self.precision / 2

    @property
    def cut(self) -> tuple[float, float]:
        """Lowest and highest number that is the printed one with digits cut off."""
        value = self._number()
        if value < 0:
            return value - self.precision, value
        return value, value + self.precision

    def agrees(self, value: float) -> bool:
        """Whether a value rounds to the printed number, or equals an exact one."""
        reach = self.precision / 2 * (1 + 1e-9)  # ends of the interval count as in
        return math.isclose(value, self._number(), rel_tol=1e-12, abs_tol=reach)

    def as_fraction(self) -> "PaperNumber":
        """Return this percentage, or fraction, as a fraction of 1."""
        if self.unit == "fraction":
            return self
        if self.unit != "percent":
            raise ValueError(
                f"Only percentages and fractions are fractions. Received: {self}"
            )
        value, precision = self._number() / 100, self.precision / 100
        return dataclasses.replace(
            self, value=value, precision=precision, unit="fraction"
        )

    def _number(self) -> float:
        if self.value is None or isinstance(self.value, bool):
            raise ValueError(f"{self.id} is no number. Received: {self.value}")
        return self.value


@functools.cache
def load(path: Path | None = None) -> Mapping[str, PaperNumber]:
    """Return all numbers by id, read-only and in the order of the file.

    What is not a list of complete entries with unique ids is a ``ValueError``.
    """
    path = path or data_file("paper.yaml")
    numbers: dict[str, PaperNumber] = {}
    for entry in read_entries(path):
        parsed = _entry(entry, path)
        if parsed.id in numbers:
            raise ValueError(f"{path}: ids must be unique. Received twice: {parsed.id}")
        numbers[parsed.id] = parsed
    return MappingProxyType(numbers)


def number(id: str) -> PaperNumber:
    """Return one number; a ``KeyError`` for an unknown id lists ids that look alike."""
    numbers = load()
    if id not in numbers:
        near = difflib.get_close_matches(str(id), numbers, n=5, cutoff=0.5)
        hint = f"Near matches: {', '.join(near)}." if near else "Nothing looks alike."
        raise KeyError(f"Unknown id of a number of the paper. {hint} Received: {id!r}")
    return numbers[id]


def datasets_in(group: str) -> tuple[str, ...]:
    """Return the data sets of a group, such as "table2", that has a part per set."""
    parts = [id.split(".") for id in load()]
    found = [part[1] for part in parts if part[0] == group and len(part) > 2]
    return tuple(dict.fromkeys(found))


def read_entries(path: Path) -> list[Any]:
    """Return the entries of a YAML file; a ``ValueError`` if it holds no list."""
    try:
        entries = read_yaml(path)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(entries, list):
        raise ValueError(
            f"{path} must hold a list of entries. Received: {type(entries).__name__}"
        )
    return entries


def _entry(entry: Any, path: Path) -> PaperNumber:
    keys = set(entry) if isinstance(entry, dict) else set()
    if not _FIELDS <= keys <= _FIELDS | {"note"}:
        raise ValueError(
            f"{path}: an entry must have the fields {sorted(_FIELDS)} and may have a "
            f"note. Received: {entry}"
        )
    parsed = PaperNumber(**entry)
    texts = (parsed.id, parsed.place, parsed.printed, parsed.unit, parsed.note)
    precision = parsed.precision
    if not all(isinstance(text, str) for text in texts):
        problem = "id, place, printed, unit and note must be text"
    elif not (parsed.value is None or isinstance(parsed.value, bool | int | float)):
        problem = "value must be a number, true, false or null"
    elif isinstance(parsed.value, float) and not math.isfinite(parsed.value):
        problem = "value must be finite"
    elif isinstance(precision, bool) or not isinstance(precision, int | float):
        problem = "precision must be a number"
    elif not 0 <= precision < math.inf:
        problem = "precision must be finite and not negative"
    else:
        return parsed
    raise ValueError(f"{path}: {problem}. Received: {entry}")
