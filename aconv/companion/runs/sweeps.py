"""Many runs on one store, resumable at any moment."""

import dataclasses
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from pathlib import Path
from typing import Literal

from aconv.companion.runs.estimate import Estimate
from aconv.companion.runs.executors import SerialExecutor
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.spec import RunSpec
from aconv.companion.runs.store import RunStore

Outcome = Literal["done", "failed", "present", "claimed", "lost"]
Execute = Callable[[RunSpec], tuple[RunRecord, dict | None]]


@dataclasses.dataclass(frozen=True)
class SweepResult:
    """What became of the runs of a sweep.

    Attributes:
        done: Runs that went well, in this sweep.
        failed: Runs that failed in this sweep; the store has their errors.
        present: Runs that had a record already.
        claimed: Runs that another sweep was at to the end.
        lost: Runs whose worker died. They have no record.
        left: Runs that were not started: the time was up, or a process of a local pool
            died, after which such a pool takes no more.
    """

    done: tuple[RunSpec, ...] = ()
    failed: tuple[RunSpec, ...] = ()
    present: tuple[RunSpec, ...] = ()
    claimed: tuple[RunSpec, ...] = ()
    lost: tuple[RunSpec, ...] = ()
    left: tuple[RunSpec, ...] = ()


def sweep(
    specs: Sequence[RunSpec],
    store: RunStore,
    *,
    executor: Executor | None = None,
    at_once: int = 1,
    minutes: float | None = None,
    execute: Execute | None = None,
    on_outcome: Callable[[RunSpec, Outcome, float | None], None] | None = None,
) -> SweepResult:
    """Does the runs that have no record yet.

    It may be stopped at any moment, by Ctrl-C or ``kill -9``, and called again: what is
    recorded is not run again, and only runs in progress are lost. Several sweeps may
    work on one store at once, also on other machines; no run is done twice.

    Args:
        specs: The runs.
        store: Where the records are and go to.
        executor: Where the runs are done; this process if None. Its workers need the
            folder of the store.
        at_once: How many runs the executor does at once.
        minutes: Time limit. A run is not started if by past runs of its kind it would
            end later; if there are none, it is started before the limit.
        execute: What does a run, a function that can be pickled;
            ``runs.execute`` if None.
        on_outcome: Called for each run with its spec, its outcome, and the seconds
            that the remaining runs will take, or None where there is nothing to
            estimate from.

    Returns:
        What became of the runs.

    Raises:
        ValueError: If ``minutes`` or ``at_once`` is not positive.
        KeyboardInterrupt: On Ctrl-C.
    """
    if minutes is not None and not minutes > 0:
        raise ValueError(f"`minutes` must be positive or None. Received: {minutes!r}")
    if at_once < 1:
        raise ValueError(f"`at_once` must be positive. Received: {at_once!r}")
    executor = executor or SerialExecutor()
    deadline = time.monotonic() + 60 * minutes if minutes is not None else None
    results: dict[Outcome | Literal["left"], list[RunSpec]] = {
        field.name: [] for field in dataclasses.fields(SweepResult)
    }
    recorded = {record.spec: record for record in store.records()}
    estimate = Estimate(recorded.values())
    waiting = []
    for spec in dict.fromkeys(specs):
        if spec in recorded:
            results["present"].append(spec)
        else:
            waiting.append(spec)

    def note(spec: RunSpec, outcome: Outcome, remaining: Sequence[RunSpec]) -> None:
        results[outcome].append(spec)
        if on_outcome is not None:
            left = estimate.total(remaining)
            on_outcome(spec, outcome, None if left is None else left / at_once)

    # Runs that other sweeps are at come once more: those may have been killed.
    for last in (False, True):
        claimed = []
        for spec, outcome, seconds, remaining in _submit_all(
            waiting,
            at_once,
            lambda spec: executor.submit(do_run, spec, store.folder, execute),
            lambda spec: _in_time(spec, deadline, estimate),
        ):
            if outcome == "left":
                results["left"].append(spec)
                continue
            if outcome == "claimed" and not last:
                claimed.append(spec)
                continue
            if seconds is not None:
                estimate.add(spec, seconds)
            note(spec, outcome, remaining)
        waiting = claimed
        if not waiting:
            break
    return SweepResult(**{name: tuple(found) for name, found in results.items()})


def do_run(
    spec: RunSpec, folder: Path, execute: Execute | None = None
) -> tuple[Outcome, float | None]:
    """Does one run, unless it is recorded or another process is at it.

    This is what an executor's workers call.

    Args:
        spec: The run.
        folder: Folder of the store.
        execute: See ``sweep``.

    Returns:
        Its outcome, and the seconds it took if it was done.
    """
    if execute is None:
        # Here, because it loads a backend, and whoever looks at records needs none.
        from aconv.companion.runs.execution import execute
    store = RunStore(folder)
    if store.get(spec) is not None:
        return "present", None
    with store.claim(spec) as ours:
        if not ours:
            return "claimed", None
        # Again: another process may have done it just before we got the claim.
        if store.get(spec, claimed=True) is not None:
            return "present", None
        began = time.monotonic()
        record, weights = execute(spec)
        store.put(record, weights)
        return record.status, time.monotonic() - began


def _submit_all(
    specs: Sequence[RunSpec],
    at_once: int,
    submit: Callable[[RunSpec], Future],
    may_start: Callable[[RunSpec], bool],
) -> Iterator[tuple[RunSpec, Outcome | Literal["left"], float | None, list[RunSpec]]]:
    """Keeps the executor busy and yields what becomes of each run.

    No more runs are submitted than can be done at once, so that a time limit or Ctrl-C
    leaves the others untouched.
    """
    waiting = list(specs)
    running: dict[Future, RunSpec] = {}
    broken = False
    while waiting or running:
        while waiting and len(running) < at_once and not broken:
            spec = waiting.pop(0)
            if not may_start(spec):
                yield spec, "left", None, [*running.values(), *waiting]
                continue
            try:
                running[submit(spec)] = spec
            except BrokenExecutor:
                broken = True
                waiting.insert(0, spec)
        if broken and not running:
            for spec in waiting:
                yield spec, "left", None, []
            return
        if not running:
            continue
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            spec = running.pop(future)
            remaining = [*running.values(), *waiting]
            try:
                outcome, seconds = future.result()
            except OSError:
                # The store cannot be written to: later runs would be lost as well.
                raise
            except Exception as error:
                # Its worker died. ``execute`` makes a record of what it raises itself.
                broken = isinstance(error, BrokenExecutor)
                warnings.warn(f"{spec} is lost: {error!r}", stacklevel=3)
                yield spec, "lost", None, remaining
            else:
                yield spec, outcome, seconds, remaining


def _in_time(spec: RunSpec, deadline: float | None, estimate: Estimate) -> bool:
    if deadline is None:
        return True
    return time.monotonic() + (estimate.seconds(spec) or 0.0) < deadline
