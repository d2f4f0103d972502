"""Checks of a notebook's parameters, before any work is done."""

from collections.abc import Collection
from typing import Any

from aconv.companion import datasets
from aconv.companion.choices import one_of
from aconv.companion.studies.catalog import get_study


def whole_number(name: str, value: Any, low: int, high: int) -> None:
    """Refuse what is not an integer from ``low`` to ``high``; ``True`` is none."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(
            f"`{name}` must be an integer from {low} to {high}. Received: {value!r}"
        )


def confidence_level(name: str, value: Any) -> None:
    """Refuse what is not a float from 0.5 to below 1."""
    if type(value) is not float or not 0.5 <= value < 1:
        raise ValueError(
            f"`{name}` must be a number from 0.5 to below 1. Received: {value!r}"
        )


def version(name: str, value: Any, study: str) -> None:
    """Refuse what is not a version of a study."""
    one_of(name, value, get_study(study).versions)


def some_of(name: str, value: Any, allowed: Collection[Any]) -> None:
    """Refuse what is not a list of one or more of some values."""
    is_list = isinstance(value, list) and value
    if not is_list or any(item not in allowed for item in value):
        raise ValueError(
            f"`{name}` must be a list of one or more of "
            f"{', '.join(map(str, allowed))}. Received: {value!r}"
        )


def data_sets(name: str, value: Any, study: str, profile: str) -> None:
    """Refuse what is neither None nor a list of data sets of a study and a profile."""
    if value is not None:
        some_of(name, value, get_study(study).allowed_datasets(profile))


def classification_set(name: str, value: Any, profile: str) -> None:
    """Refuse what is not a data set of classes that a profile can take.

    Live runs, those of ``demo``, take embedded images, the other profiles the paper's.
    """
    facts = [datasets.info(known) for known in datasets.names()]
    allowed = [
        known.name
        for known in facts
        if known.task == "classification"
        and (known.kind == "embedded") == (profile == "demo")
    ]
    one_of(name, value, allowed)


def rising_numbers(
    name: str, value: Any, low: int, high: int, *, count: int = 1, odd: bool = False
) -> None:
    """Refuse what is not a list of different integers, each above the one before."""
    allowed = range(low, high + 1)
    if (
        type(value) is not list
        or len(value) < count
        or any(type(n) is not int or n not in allowed for n in value)
        or (odd and any(n % 2 == 0 for n in value))
        or value != sorted(set(value))
    ):
        several = "one or more" if count == 1 else "two or more"
        raise ValueError(
            f"`{name}` must be a list of {several} {'odd ' * odd}integers from {low} "
            f"to {high}, rising. Received: {value!r}"
        )


def one_of_these(name: str, value: Collection[Any], needed: Collection[Any]) -> None:
    """Refuse a list in which none of some values is."""
    if not set(needed) & set(value):
        raise ValueError(
            f"`{name}` must be a list with at least one of {tuple(needed)}. "
            f"Received: {value!r}"
        )


def rising_reals(name: str, value: Any, low: float, high: float) -> None:
    """Refuse what is not a list of different numbers, each above the one before."""
    if (
        type(value) is not list
        or not value
        or any(type(n) not in (int, float) or not low <= n <= high for n in value)
        or value != sorted(set(value))
    ):
        raise ValueError(
            f"`{name}` must be a list of one or more numbers from {low} to {high}, "
            f"rising. Received: {value!r}"
        )


def share(name: str, value: Any) -> None:
    """Refuse what is not a number from 0 to below 1."""
    if type(value) not in (int, float) or not 0 <= value < 1:
        raise ValueError(
            f"`{name}` must be a number from 0 to below 1. Received: {value!r}"
        )
