"""Marks for some values of a parameter."""

from collections.abc import Collection, Iterable

import pytest


def slow_where(values: Iterable, slow: Collection) -> list:
    """The values as parameters of a test, those that take long marked so."""
    return [
        pytest.param(value, marks=[pytest.mark.slow] if value in slow else [])
        for value in values
    ]
