"""Runs that are described before they are done, recorded, and never done twice.

A ``RunSpec`` says what to train; ``execute`` trains it and returns a ``RunRecord``; a
``RunStore`` keeps records as files; ``sweep`` does all runs of a grid that have none
yet, on any executor. ``analysis.frames`` makes data frames of records.
"""

import importlib
from typing import Any

from aconv.companion.runs.executors import EXECUTORS, SerialExecutor, open_executor
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.record import CorruptRecordError, RunRecord
from aconv.companion.runs.results import (
    load_comparable_runs,
    run_missing,
    store_for,
)
from aconv.companion.runs.store import RunStore, records_folder
from aconv.companion.runs.sweeps import SweepResult, sweep
from aconv.companion.studies.arms import ARMS, COMPARED, STEPS
from aconv.companion.studies.catalog import (
    ALL_SEEDS,
    SEEDS,
    STUDIES,
    Study,
    get_study,
    grid,
    make_spec,
)
from aconv.companion.studies.profiles import PROFILES
from aconv.companion.studies.spec import RunSpec

__all__ = [
    "ALL_SEEDS",
    "ARMS",
    "COMPARED",
    "EXECUTORS",
    "PROFILES",
    "SEEDS",
    "STEPS",
    "STUDIES",
    "CorruptRecordError",
    "Provenance",
    "RunRecord",
    "RunSpec",
    "RunStore",
    "SerialExecutor",
    "Study",
    "SweepResult",
    "execute",
    "folded_weights",
    "get_study",
    "grid",
    "load_comparable_runs",
    "load_data",
    "make_spec",
    "open_executor",
    "predictions",
    "prepare_inputs",
    "rebuild",
    "records_folder",
    "run_missing",
    "store_for",
    "sweep",
    "train_network",
]

# What trains or predicts is loaded when it is asked for: it needs Keras, which takes
# seconds, and who reads records does without it.
_OF_KERAS = {
    **dict.fromkeys(
        ("execute", "folded_weights", "load_data", "prepare_inputs", "train_network"),
        "execution",
    ),
    **dict.fromkeys(("predictions", "rebuild"), "rebuilding"),
}


def __getattr__(name: str) -> Any:
    if name not in _OF_KERAS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_OF_KERAS[name]}"), name)
