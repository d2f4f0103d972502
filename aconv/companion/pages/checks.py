"""Checks of a notebook's parameters, before any work is done."""

from collections.abc import Collection
from typing import Any

from aconv.companion.choices import one_of
from aconv.companion.studies.catalog import check_version as check_version
from aconv.companion.studies.catalog import get_study


def whole_number(name: str, value: Any, low: int, high: int) -> None:
    """Refuse what is not an integer from ``low`` to ``high``; ``True`` is none."""
    is_good = type(value) is int and low <= value <= high
    _check(is_good, name, f"an integer from {low} to {high}", value)


def share(name: str, value: Any, low: float = 0) -> None:
    """Refuse what is not a number from ``low`` to below 1."""
    is_share = type(value) in (int, float) and low <= value < 1
    _check(is_share, name, f"a number from {low} to below 1", value)


def some_of(name: str, value: Any, allowed: Collection[Any]) -> None:
    """Refuse what is not a list of one or more of some values."""
    is_good = isinstance(value, list) and value and all(v in allowed for v in value)
    wanted = f"a list of one or more of {', '.join(map(str, allowed))}"
    _check(is_good, name, wanted, value)


def one_of_these(name: str, value: Collection[Any], needed: Collection[Any]) -> None:
    """Refuse a list in which none of some values is."""
    wanted = f"a list with at least one of {tuple(needed)}"
    _check(not set(needed).isdisjoint(value), name, wanted, value)


def data_sets(name: str, value: Any, study: str, profile: str) -> None:
    """Refuse what is neither None nor a list of data sets of a study and a profile."""
    if value is not None:
        some_of(name, value, get_study(study).allowed_datasets(profile))


def data_set(name: str, value: Any, study: str, profile: str) -> None:
    """Refuse what is not a data set of a study and a profile."""
    one_of(name, value, get_study(study).allowed_datasets(profile))


def rising_numbers(
    name: str, value: Any, low: int, high: int, *, count: int = 1, odd: bool = False
) -> None:
    """Refuse what is not a list of different integers, each above the one before."""
    is_good = _is_rising(value, (int,), low, high) and len(value) >= count
    is_good = is_good and not (odd and any(n % 2 == 0 for n in value))
    several = "one or more" if count == 1 else "two or more"
    wanted = f"a list of {several} {'odd ' * odd}integers from {low} to {high}, rising"
    _check(is_good, name, wanted, value)


def rising_reals(name: str, value: Any, low: float, high: float) -> None:
    """Refuse what is not a list of different numbers, each above the one before."""
    wanted = f"a list of one or more numbers from {low} to {high}, rising"
    _check(_is_rising(value, (int, float), low, high), name, wanted, value)


def _is_rising(value: Any, types: tuple[type, ...], low: float, high: float) -> bool:
    return (
        type(value) is list
        and len(value) > 0
        and all(type(n) in types and low <= n <= high for n in value)
        and value == sorted(set(value))
    )


def _check(is_good: bool, name: str, wanted: str, value: Any) -> None:
    if not is_good:
        raise ValueError(f"`{name}` must be {wanted}. Received: {value!r}")
