"""Many runs on one store, resumable at any moment."""

import collections
import dataclasses
import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from pathlib import Path
from typing import Literal

import attrs

from aconv.companion.runs.checkpointer import Checkpointer
from aconv.companion.runs.estimate import Estimate
from aconv.companion.runs.executors import SerialExecutor
from aconv.companion.runs.record import OtherFormatError, RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.backends import BackendError, check_backend
from aconv.companion.training.state import StateError

Outcome = Literal["done", "failed", "partial", "present", "claimed", "lost", "left"]
Execute = Callable[[RunSpec, Checkpointer], tuple[RunRecord, dict | None]]

# Seconds after which a run that is not done lets another one go on.
TIME_SLICE = 60.0
# Seconds after which it is looked whether results can still come.
POLL_INTERVAL = 5.0


@dataclasses.dataclass(frozen=True)
class SweepResult:
    """What became of the runs of a sweep.

    ``present`` had a record, also of a failure; ``claimed`` were at another sweep to
    the end; ``lost`` had a worker that died; ``left`` were not finished in time or are
    ``unfit``: their state is of another backend or network, or their record of other
    code.
    """

    done: tuple[RunSpec, ...] = ()
    failed: tuple[RunSpec, ...] = ()
    present: tuple[RunSpec, ...] = ()
    claimed: tuple[RunSpec, ...] = ()
    lost: tuple[RunSpec, ...] = ()
    left: tuple[RunSpec, ...] = ()
    unfit: tuple[RunSpec, ...] = ()


@dataclasses.dataclass(frozen=True)
class SliceResult:
    """What became of a time slice of a run, and why it cannot go on here if so."""

    outcome: Outcome
    epochs: int = 0
    reason: str | None = None


def sweep(
    specs: Sequence[RunSpec],
    store: RunStore,
    *,
    executor: Executor | None = None,
    at_once: int = 1,
    minutes: float | None = None,
    retry_failed: bool = False,
    execute: Execute | None = None,
    on_outcome: Callable[[RunSpec, Outcome, float], None] | None = None,
) -> SweepResult:
    """Do the runs that have no record yet, and go on with those that were stopped.

    It may be killed at any moment and called again: only the epoch in progress is lost.
    Several sweeps may work on one store, also on other machines. Long runs take turns
    of about a minute, so that all are equally far whenever the sweep is stopped. No
    epoch is started that would end after ``minutes`` if it took as long as past ones.
    ``on_outcome`` is called for each run that is over, with the seconds that are left,
    or NaN. What later runs would meet as well is raised.
    """
    if minutes is not None and not minutes > 0:
        raise ValueError(f"`minutes` must be positive or None. Received: {minutes!r}")
    if execute is None:
        check_backend(spec.kind for spec in specs)
    executor = executor or SerialExecutor()
    if retry_failed:
        known = store.by_spec()
        failed = {spec for spec, past in known.items() if past.status == "failed"}
        store.archive_failed(failed.intersection(specs))
    recorded = store.by_spec()
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    queue = _Queue(store, executor, execute, Estimate(recorded.values()), deadline)
    results: dict[str, list[RunSpec]] = collections.defaultdict(list)
    for spec in dict.fromkeys(specs):
        past = recorded.get(spec)
        if _is_over(past):
            results["present"].append(spec)
        else:
            queue.add(spec, past)
    # Runs that other sweeps are at come once more: those may have been killed.
    for last in (False, True):
        claimed = []
        for spec, result in queue.work(at_once):
            if result.outcome == "claimed" and not last:
                claimed.append(spec)
                continue
            results[result.outcome].append(spec)
            if result.reason is not None:
                warnings.warn(result.reason, stacklevel=2)
                results["unfit"].append(spec)
            if on_outcome is not None and result.outcome != "left":
                on_outcome(spec, result.outcome, queue.seconds_left() / at_once)
        for spec in claimed:
            queue.add(spec, store.get(spec))
    return SweepResult(**{name: tuple(found) for name, found in results.items()})


def do_run(
    spec: RunSpec,
    folder: Path,
    execute: Execute | None = None,
    seconds: float = math.inf,
    slice_seconds: float = math.inf,
) -> SliceResult:
    """Do a slice of one run, unless it is recorded or another process is at it."""
    began = time.monotonic()
    if execute is None:
        # Here, because it loads a backend, and whoever looks at records needs none.
        from aconv.companion.runs.execution import execute
    seconds -= time.monotonic() - began
    store = RunStore(folder)
    if _is_over(store.get(spec)):
        return SliceResult("present")
    with store.claim(spec) as ours:
        if not ours:
            return SliceResult("claimed")
        try:
            # Again: another process may have done it just before we got the claim.
            if _is_over(store.get(spec, claimed=True)):
                return SliceResult("present")
            checkpointer = Checkpointer(store, spec, seconds, slice_seconds)
            record, weights = execute(spec, checkpointer)
        except StateError as error:
            # No fault of other runs, which may be of this backend.
            reason = (
                f"{store.state_path(spec)} does not fit, and its run is left ({spec}): "
                f"{error}. With that file moved elsewhere the run begins anew"
            )
            return SliceResult("left", reason=reason)
        except OtherFormatError as error:
            reason = f"{error}. With that file moved elsewhere the run is done ({spec})"
            return SliceResult("left", reason=reason)
        store.put(record, weights)
        # One that failed keeps its state until it is set aside with its record.
        if record.status == "done":
            store.put_state(spec, None)
        return SliceResult(record.status, record.epochs)


def _is_over(past: RunRecord | None) -> bool:
    return past is not None and past.status != "partial"


@attrs.define
class _Queue:
    """Runs that wait for their turn, those with the fewest epochs done first."""

    _store: RunStore
    _executor: Executor
    _execute: Execute | None
    _estimate: Estimate
    _deadline: float
    # Of the runs that are not over, in order; None for those not yet begun.
    _past: dict[RunSpec, RunRecord | None] = attrs.field(factory=dict)
    _waiting: dict[RunSpec, int] = attrs.field(factory=dict)  # epochs done
    _running: dict[Future, RunSpec] = attrs.field(factory=dict)

    def add(self, spec: RunSpec, past: RunRecord | None) -> None:
        """Add a run, with what is recorded of it if it was begun."""
        self._past[spec] = past
        self._waiting[spec] = 0 if past is None else past.epochs

    def seconds_left(self) -> float:
        """Return the seconds that all runs which are not over will take, or NaN."""
        total = 0.0
        for spec in (*self._running.values(), *self._waiting):
            past = self._past[spec]
            epochs = spec.settings.epochs - (past.epochs if past else 0)
            total += epochs * self._seconds_of_epoch(spec, self._estimate.seconds)
        return total

    def work(self, at_once: int) -> Iterator[tuple[RunSpec, SliceResult]]:
        """Keep the executor busy and yield what becomes of each run."""
        broken = False
        while self._waiting or self._running:
            # No more than can be done at once: Ctrl-C leaves the others untouched.
            while self._waiting and len(self._running) < at_once and not broken:
                spec = min(self._waiting, key=self._waiting.get)
                if not self._in_time(spec):
                    del self._waiting[spec]
                    yield spec, SliceResult("left")
                    continue
                # Where nobody else waits, there is no need to begin again and again.
                turn = TIME_SLICE if len(self._waiting) > 1 else math.inf
                call = (do_run, spec, self._store.folder, self._execute)
                try:
                    future = self._executor.submit(*call, self._time_left(), turn)
                except BrokenExecutor:
                    broken = True
                else:
                    self._running[future] = spec
                    del self._waiting[spec]
            if broken and not self._running:
                left, self._waiting = self._waiting, {}
                yield from ((spec, SliceResult("left")) for spec in left)
                return
            if not self._running:
                continue
            finished, _ = wait(
                self._running, timeout=POLL_INTERVAL, return_when=FIRST_COMPLETED
            )
            if not finished and hasattr(self._executor, "check"):
                self._executor.check()
            for future in finished:
                spec = self._running.pop(future)
                try:
                    result = future.result()
                except (OSError, MemoryError, BackendError):
                    # A fault of this machine or this call: later runs would meet it.
                    raise
                except Exception as error:
                    # Its worker died. ``execute`` makes a record of what it raises.
                    broken = isinstance(error, BrokenExecutor)
                    reason = f"{type(error).__name__}: {error}"
                    warnings.warn(f"{spec} is lost: {reason}", stacklevel=3)
                    result = SliceResult("lost")
                if result.outcome in ("done", "failed", "partial"):
                    record = self._arrived(spec, result)
                    if result.outcome == "partial":
                        self.add(spec, record)
                        continue
                    if result.outcome == "done":
                        self._estimate.add(spec, record.seconds)
                yield spec, result

    def _arrived(self, spec: RunSpec, result: SliceResult) -> RunRecord:
        """Return the record of a slice, which must not be on a worker's disk."""
        record = self._store.get(spec)
        if record is None or record.epochs < result.epochs:
            raise OSError(
                f"{spec} is {result.outcome}, and its record is not in "
                f"{self._store.folder}: workers must write to the same folder"
            )
        return record

    def _time_left(self) -> float:
        return self._deadline - time.monotonic()

    def _in_time(self, spec: RunSpec) -> bool:
        left = self._time_left()
        # NaN, of a run of which nothing is known, is not too long.
        too_long = self._seconds_of_epoch(spec, self._estimate.by_equals) >= left
        return left > 0 and not too_long

    def _seconds_of_epoch(
        self, spec: RunSpec, estimate: Callable[[RunSpec], float]
    ) -> float:
        """By the past epochs of a run, or by an estimate of the whole run."""
        past = self._past[spec]
        if past is not None and past.epochs:
            return past.seconds / past.epochs
        return estimate(spec) / spec.settings.epochs
