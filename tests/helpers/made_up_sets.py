"""A data set that is made up for a test, registered by one entry."""

import inspect
import sys

import yaml

from aconv.companion.datasets import registry


def register(monkeypatch, folder, loader, **facts):
    """Registers a small embedded set of two classes and returns its facts.

    Args:
        monkeypatch: The fixture, which takes the set away again.
        folder: Where the YAML file with its entry is written.
        loader: Function of the facts and a seed, in a module of tests.
        facts: Fields of the entry that differ from the ones here.
    """
    # The module that holds the loader, under whatever name pytest imported it.
    monkeypatch.setitem(sys.modules, loader.__module__, inspect.getmodule(loader))
    entry = {
        "name": "tiny",
        "title": "Tiny",
        "kind": "embedded",
        "task": "classification",
        "train": 8,
        "test": 4,
        "image_shape": [6, 6, 1],
        "class_names": ["even", "odd"],
        "licence": "none",
        "citation": "none",
        "homepage": "none",
        "note": "none",
        "sections": ["4.2"],
        "loader": f"{loader.__module__}:{loader.__name__}",
    }
    file = folder / "datasets.yaml"
    file.write_text(yaml.safe_dump([entry | facts]), encoding="utf-8")
    for name, added in registry.read_sets(file).items():
        monkeypatch.setitem(registry.SETS, name, added)
    return added
