"""A data set that is made up for a test, registered by one entry."""

import numpy as np
import yaml

from aconv.companion.datasets import registry
from aconv.companion.datasets.dataset import Dataset


def load_stripes(facts, seed):
    """Noise under stripes that run down or across."""
    random = np.random.default_rng(seed)
    count = facts.train + facts.test
    y = (np.arange(count) % 2).astype("uint8")
    x = random.integers(60, size=(count, *facts.image_shape)).astype("uint8")
    x[y == 0, ::2] += 190
    x[y == 1, :, ::2] += 190
    n = facts.train
    arrays = x[:n], y[:n], x[n:], y[n:]
    return Dataset.of_set(facts, arrays, split="in order", source="made here")


def register(monkeypatch, folder, **facts):
    """Register a small set of two classes, but for ``facts``, and return its facts."""
    entry = {
        "name": "stripes",
        "title": "Stripes",
        "kind": "embedded",
        "task": "classification",
        "train": 16,
        "test": 8,
        "image_shape": [8, 8, 1],
        "class_names": ["down", "across"],
        "licence": "none",
        "citation": "none",
        "homepage": "none",
        "note": "none",
        "sections": ["4.2"],
        "loader": "made_up_sets:load_stripes",
    }
    file = folder / "datasets.yaml"
    file.write_text(yaml.safe_dump([entry | facts]), encoding="utf-8")
    for name, added in registry.read_sets(file).items():
        monkeypatch.setitem(registry.SETS, name, added)
    return added
