"""A data set that is made up for a test, registered by one entry."""

import inspect
import sys

import yaml

from aconv.companion.datasets import registry


def register(monkeypatch, folder, loader, **facts):
    """Register a small set of two classes, but for ``facts``, and return its facts.

    The loader, a function in a module of tests, gets these facts and a seed.
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
