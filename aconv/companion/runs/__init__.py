"""Runs that are described before they are done, recorded, and never done twice.

A ``RunSpec`` says what to train; ``execute`` trains it and returns a ``RunRecord``; a
``RunStore`` keeps records as files; ``sweep`` does all runs of a grid that have none
yet, on any executor. ``analysis.frames`` makes data frames of records.

Example:
    >>> from aconv.companion import runs
    >>> specs = runs.grid("simple", "quick", datasets=["digits"], kernel_sizes=[3, 7])
    >>> len(specs)
    20
    >>> result = runs.sweep(specs, runs.RunStore("records"))  # doctest: +SKIP
"""

from aconv.companion.runs.arms import ARMS, PUBLISHED, SPLIT, ArmInfo
from aconv.companion.runs.execution import (
    execute,
    folded_weights,
    load_data,
    prepare_inputs,
    train_network,
)
from aconv.companion.runs.executors import EXECUTORS, SerialExecutor, open_executor
from aconv.companion.runs.profiles import PROFILES
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.rebuilding import predictions, rebuild
from aconv.companion.runs.record import AperturePath, CorruptRecordError, RunRecord
from aconv.companion.runs.results import cell, obtain, recorded, store_for
from aconv.companion.runs.spec import RunSpec, Settings
from aconv.companion.runs.store import RunStore, records_folder
from aconv.companion.runs.studies import (
    ALL_SEEDS,
    SEEDS,
    STUDIES,
    Study,
    get_study,
    grid,
    make_spec,
)
from aconv.companion.runs.sweeps import SweepResult, sweep

__all__ = [
    "ALL_SEEDS",
    "ARMS",
    "EXECUTORS",
    "PROFILES",
    "PUBLISHED",
    "SEEDS",
    "SPLIT",
    "STUDIES",
    "AperturePath",
    "ArmInfo",
    "CorruptRecordError",
    "Provenance",
    "RunRecord",
    "RunSpec",
    "RunStore",
    "SerialExecutor",
    "Settings",
    "Study",
    "SweepResult",
    "cell",
    "execute",
    "folded_weights",
    "get_study",
    "grid",
    "load_data",
    "make_spec",
    "obtain",
    "open_executor",
    "predictions",
    "prepare_inputs",
    "rebuild",
    "recorded",
    "records_folder",
    "store_for",
    "sweep",
    "train_network",
]
