"""The way of a run's state into a store, epoch by epoch."""

import dataclasses
import math
import time

from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.state import TrainingState


class Checkpointer:
    """What a run goes on from, and where it leaves what it has done: in a store.

    A slice ends within ``seconds`` from now, and after ``slice_seconds`` of its own.
    """

    def __init__(
        self,
        store: RunStore,
        spec: RunSpec,
        seconds: float = math.inf,
        slice_seconds: float = math.inf,
    ) -> None:
        self._store, self._spec = store, spec
        self._seconds, self._slice_seconds = seconds, slice_seconds
        self._made = time.monotonic()
        self.begin()
        self.state = store.state(spec)
        # Of the state: a record may be of other parts, which the run does not go on
        # from.
        self.earlier = () if self.state is None else self.state.sessions

    def begin(self) -> None:
        """Start the slice's own time: what it waited before is no part of it."""
        self._began = self._last = time.monotonic()

    def keep(self, state: TrainingState, record: RunRecord) -> bool:
        """Keep an epoch's state and record; return whether the slice is over."""
        sessions = record.provenance.sessions()
        self._store.put_state(self._spec, dataclasses.replace(state, sessions=sessions))
        self._store.put(record)
        now = time.monotonic()
        epoch, self._last = now - self._last, now
        next_ends, taken = now - self._made + epoch, now - self._began
        return next_ends > self._seconds or taken > self._slice_seconds
