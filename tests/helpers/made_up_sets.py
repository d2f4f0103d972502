"""A data set that is made up for a test, registered by one entry."""

import inspect
import sys

from aconv.companion import datasets
from aconv.companion.datasets import registry


def register(monkeypatch, loader, **facts):
    """Registers a small embedded set of two classes and returns its entry.

    Args:
        monkeypatch: The fixture, which takes the set away again.
        loader: Function of the entry and a seed, in a module of tests.
        facts: Fields of ``SetInfo`` that differ from the ones here.
    """
    # The module that holds the loader, under whatever name pytest imported it.
    monkeypatch.setitem(sys.modules, loader.__module__, inspect.getmodule(loader))
    entry = datasets.SetInfo(
        **{
            "name": "tiny",
            "title": "Tiny",
            "kind": "embedded",
            "task": "classification",
            "train": 8,
            "test": 4,
            "image_shape": (6, 6, 1),
            "class_names": ("even", "odd"),
            "licence": "none",
            "citation": "none",
            "homepage": "none",
            "note": "none",
            "sections": ("4.2",),
            "loader": f"{loader.__module__}:{loader.__name__}",
        }
        | facts
    )
    monkeypatch.setitem(registry.SETS, entry.name, entry)
    return entry
