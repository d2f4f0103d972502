"""Runs that are described before they are done, recorded, and never done twice."""

from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results import load_comparable_runs, run_missing, store_for
from aconv.companion.runs.store import RunStore
from aconv.companion.runs.sweeps import sweep
from aconv.companion.studies.arms import ARMS, COMPARED
from aconv.companion.studies.catalog import SEEDS, STUDIES, get_study, grid, make_spec
from aconv.companion.studies.profiles import PROFILES
