"""Runs that are described before they are done, recorded, and never done twice."""

import importlib
from typing import Any

from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results import load_comparable_runs, run_missing, store_for
from aconv.companion.runs.store import RunStore
from aconv.companion.runs.sweeps import sweep
from aconv.companion.studies.arms import ARMS, COMPARED
from aconv.companion.studies.catalog import SEEDS, STUDIES, get_study, grid, make_spec
from aconv.companion.studies.profiles import PROFILES

__all__ = [
    "ARMS",
    "COMPARED",
    "PROFILES",
    "SEEDS",
    "STUDIES",
    "RunRecord",
    "RunStore",
    "execute",
    "get_study",
    "grid",
    "load_comparable_runs",
    "load_data",
    "make_spec",
    "predictions",
    "prepare_inputs",
    "rebuild",
    "run_missing",
    "store_for",
    "sweep",
    "train_network",
]

# What trains or predicts is loaded when it is asked for: it needs Keras, which takes
# seconds, and who reads records does without it.
_OF_KERAS = {
    "execute": "execution",
    "load_data": "execution",
    "predictions": "rebuilding",
    "prepare_inputs": "execution",
    "rebuild": "rebuilding",
    "train_network": "execution",
}


def __getattr__(name: str) -> Any:
    if name not in _OF_KERAS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_OF_KERAS[name]}"), name)
