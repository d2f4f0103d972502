"""The numbers that the paper prints, from ``data/paper.yaml``, the only place."""

import difflib
import functools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
import yaml
from attrs.validators import ge, instance_of, optional

from aconv.companion.files import data_file, read_yaml

_is_text, _is_number = instance_of(str), instance_of((int, float))


def _is_finite(entry: Any, field: attrs.Attribute, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"{field.name!r} must be finite: {value}")


@attrs.frozen
class PaperNumber:
    """A number as the paper prints it, or as its authors' records have it."""

    # With dots, such as "table2.mnist.adaptive.mean".
    id: str = attrs.field(validator=_is_text)
    # Where the paper prints it, such as "Table 2".
    place: str = attrs.field(validator=_is_text)
    # The characters as printed, without the unit.
    printed: str = attrs.field(validator=_is_text)
    # A bool for a flag, None for a printed dash.
    value: float | int | bool | None = attrs.field(
        validator=optional([_is_number, _is_finite])
    )
    # Of the value and the precision.
    unit: str = attrs.field(validator=_is_text)
    # Rounding unit of the printed value; 0 where it is exact.
    precision: float = attrs.field(validator=[_is_number, _is_finite, ge(0)])
    # Where the paper contradicts itself or the published code.
    note: str = attrs.field(default="", validator=_is_text)

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
        return attrs.evolve(self, value=value, precision=precision, unit="fraction")

    def _number(self) -> float:
        if self.value is None or isinstance(self.value, bool):
            raise ValueError(f"{self.id} is no number. Received: {self.value}")
        return self.value


@functools.cache
def load(path: Path | None = None) -> Mapping[str, PaperNumber]:
    """Return all numbers by id, read-only and in the order of the file."""
    return MappingProxyType(read_entries(path or data_file("paper.yaml"), PaperNumber))


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


def read_entries(path: Path, make: Callable[..., Any]) -> dict[str, Any]:
    """Return, by id, what ``make`` makes of the entries of a YAML file.

    A ``ValueError`` names the file and the entry that is wrong, or is there twice.
    """
    made: dict[str, Any] = {}
    try:
        entries = read_yaml(path)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not valid YAML: {error}") from error
    for entry in entries:
        try:
            found = make(**entry)
        except (TypeError, ValueError) as error:
            # The first of what attrs says, which goes on with the field and its rule.
            problem = error.args[0].rstrip(".")
            raise ValueError(f"{path}: {problem}. Received: {entry}") from error
        if found.id in made:
            raise ValueError(f"{path}: ids must be unique. Received twice: {found.id}")
        made[found.id] = found
    return made
