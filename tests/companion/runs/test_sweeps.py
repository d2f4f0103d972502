import contextlib
import dataclasses
import json
import math
import multiprocessing
import multiprocessing.forkserver
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pool
import pytest
import sweeps
from marks import slow_where

from aconv.companion.runs import RunStore, execution, grid, make_spec, sweep
from aconv.companion.runs.checkpointer import Checkpointer
from aconv.companion.runs.executors import SerialExecutor, open_executor
from aconv.companion.runs.sweeps import TIME_SLICE
from aconv.companion.training.state import TrainingState

HELPERS = Path(sweeps.__file__).parent
# The sweeping process trains nothing: the backend that loads fastest will do.
ENVIRONMENT = {
    **os.environ,
    "KERAS_BACKEND": "numpy",
    "PYTHONPATH": os.pathsep.join([str(HELPERS.parents[1]), str(HELPERS)]),
}


def swept(store, specs, **options):
    """What a sweep gives whose runs train nothing, of specs or of so many."""
    specs = sweeps.specs(specs) if isinstance(specs, int) else specs
    return sweep(specs, store, **{"execute": sweeps.execute} | options)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv(sweeps.FOLDER, str(tmp_path))
    return RunStore(tmp_path)


@pytest.fixture
def for_processes(monkeypatch):
    """An environment in which new processes find what the tests share."""
    for name in ("KERAS_BACKEND", "PYTHONPATH"):
        monkeypatch.setenv(name, ENVIRONMENT[name])


@pytest.fixture(scope="module")
def forked():
    """Processes that need no imports: forks of one that has them behind it.

    That one is a program of its own, because TensorFlow does not survive a fork.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sweeps"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        multiprocessing.forkserver.ensure_running()
    return context


def start(context, folder, *arguments, processes=1):
    """Starts sweeps that begin together."""
    begin = context.Barrier(processes + 1)
    arguments = (folder, *arguments, begin)
    started = [
        context.Process(target=sweeps.run_sweep, args=arguments, daemon=True)
        for _ in range(processes)
    ]
    for process in started:
        process.start()
    begin.wait()
    return started


def check_complete(store, count, kills=0):
    records = store.records()  # a damaged one would be a warning, and missing
    assert {record.spec for record in records} == set(sweeps.specs(count))
    assert len(records) == count
    for record in records:
        assert record.status == "done"
        kernel = store.weights(record)["conv_1/kernel"]
        assert (kernel == record.spec.seed).all()
    # A process that was killed after it had recorded leaves the file of its claim.
    assert len(list((store.folder / "claims").iterdir())) <= kills
    hidden = {path.name for path in store.folder.iterdir() if path.name[0] == "."}
    assert not hidden  # no file was left half written


def test_sweep_does_what_is_missing_and_nothing_else(store):
    specs = sweeps.specs(5)
    first = swept(store, specs[:2] * 2)
    assert (first.done, first.present) == (tuple(specs[:2]), ())
    second = swept(store, specs)
    assert (second.done, second.present) == (tuple(specs[2:]), tuple(specs[:2]))
    assert [seed for seed, _ in sweeps.log(store.folder)] == [0, 1, 2, 3, 4]
    check_complete(store, 5)
    store.path(specs[1]).write_text("{")
    with pytest.warns(UserWarning, match="no sound record"):
        assert swept(store, specs).done == (specs[1],)
    check_complete(store, 5)


def test_time_left_is_estimated_from_past_runs(store, monkeypatch):
    monkeypatch.setenv(sweeps.SECONDS, "0.1")
    look = Mock()
    swept(store, 4, on_outcome=look)
    # Of a run that is begun what is left of its four epochs.
    begun, new = sweeps.specs(6)[4:]
    store.put(sweeps.record(begun, seconds=300).first(1))  # 100 seconds an epoch
    swept(store, [begun, new], on_outcome=look)
    seen = [call.args[2] for call in look.call_args_list]
    assert seen[:3] == pytest.approx([0.3, 0.2, 0.1], rel=0.5)
    assert (seen[3], seen[4]) == (0, pytest.approx(300))


def test_runs_take_turns_epoch_by_epoch_over_arms_and_seeds(store):
    specs = grid("simple", datasets=["digits"], kernel_sizes=[3], seeds=[0, 1])
    done = dict.fromkeys(specs, 0)
    order = []
    store.put(sweeps.record(specs[0]).first(1))
    done[specs[0]] = 1

    def one_epoch(spec, checkpointer):
        order.append((spec, checkpointer._slice_seconds))
        done[spec] += 1
        record = sweeps.record(spec)
        return (record if done[spec] == 3 else record.first(done[spec])), None

    assert swept(store, specs, execute=one_epoch).done == tuple(specs)
    # The one that is ahead waits.
    assert [spec for spec, _ in order] == specs[1:] + specs * 2
    # The last one waits for nobody.
    assert {seconds for _, seconds in order[:-2]} == {TIME_SLICE}
    assert order[-1][1] == math.inf


def paired(dataset="digits", kernel_size=3):
    """A run, and one that differs from it in its kind only."""
    kinds = ("adaptive", "ordinary")
    return [make_spec("simple", dataset, kind, kernel_size, 0) for kind in kinds]


def test_limit_goes_by_the_past_epochs_of_a_run_itself(store):
    slow, other = paired()
    fast, like_slow = paired(kernel_size=5)
    store.put(sweeps.record(slow, seconds=300).first(1))  # 100 seconds an epoch
    store.put(sweeps.record(fast, seconds=0.3).first(1))
    store.put(sweeps.record(like_slow, seconds=10_000))
    result = swept(store, [slow, fast], minutes=1)
    assert (result.done, result.left) == ((fast,), (slow,))
    # Without epochs of its own, by a run that is equal but for kind and seed.
    for spec in paired("photo_patches"):
        store.put(sweeps.record(spec, seconds=10_000))
    store.put(sweeps.record(slow, seconds=300))
    assert swept(store, [other], minutes=1).left == (other,)
    assert swept(store, [other], minutes=2).done == (other,)


def test_run_that_went_on_counts_with_all_its_epochs(store):
    begun, new = paired()
    store.put(sweeps.record(begun, seconds=30).first(2))
    options = {
        # 75 seconds an epoch
        "execute": lambda spec, _: (sweeps.record(spec, seconds=300), None),
        "minutes": 1,
    }
    with contextlib.ExitStack() as another:
        # So that it comes to its turn after the run that was begun.
        another.enter_context(store.claim(new))
        result = swept(
            store, [begun, new], on_outcome=lambda *_: another.close(), **options
        )
    assert (result.done, result.left) == ((begun,), (new,))


@pytest.mark.parametrize(
    ("limits", "ends"), [({"slice_seconds": 0.3}, False), ({"seconds": 0.3}, True)]
)
def test_turn_does_not_begin_while_its_process_does_another_run(
    monkeypatch, limits, ends
):
    nothing = Mock(**{"state.return_value": None})
    (spec,) = sweeps.specs(1)
    no_arrays = np.empty(0, "uint8")
    state = TrainingState((), {}, {}, (), (), no_arrays, {}, "tensorflow")
    monkeypatch.setattr(
        execution,
        "_execute",
        lambda spec, checkpointer: checkpointer.keep(state, sweeps.record(spec)),
    )
    with ThreadPoolExecutor() as threads:
        with execution._ONE_AT_A_TIME:
            checkpointer = Checkpointer(nothing, spec, **limits)
            kept = threads.submit(execution.execute, spec, checkpointer)
            time.sleep(0.5)
        assert kept.result() is ends


def test_run_that_another_sweep_is_at_is_left_to_it(store):
    specs = sweeps.specs(3)
    with RunStore(store.folder).claim(specs[1]):
        result = swept(store, specs)
    assert result.claimed == (specs[1],)
    assert result.done == (specs[0], specs[2])


class ElsewhereExecutor(SerialExecutor):
    """A worker whose folder of records is on another disk."""

    def submit(self, function, spec, folder, *options):
        return super().submit(function, spec, folder / "elsewhere", *options)


@pytest.mark.parametrize("begun", [False, True])
def test_worker_on_another_disk_is_noticed_after_its_first_turn(store, begun):
    turns = []
    (spec,) = sweeps.specs(1)
    if begun:
        store.put(sweeps.record(spec).first(1))

    def one_turn(spec, checkpointer):
        turns.append(spec)
        status = "partial" if len(turns) < 3 else "done"
        return dataclasses.replace(sweeps.record(spec).first(2), status=status), None

    with pytest.raises(OSError, match=r"is partial.*workers must write to the same"):
        swept(store, [spec], executor=ElsewhereExecutor(), execute=one_turn)
    assert turns == [spec]


@pytest.mark.parametrize(
    ("kills", "count"), [(3, 25), pytest.param(20, 150, marks=pytest.mark.slow)]
)
def test_killed_sweeps_end_with_exactly_the_grid(store, forked, kills, count):
    chance = random.Random(kills)
    for _ in range(kills):
        (process,) = start(forked, store.folder, count, 0.03)
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.join()
    assert kills < 20 or len(store.records()) >= 20
    assert swept(store, count).claimed == ()
    check_complete(store, count, kills)
    # A run was started again only if its process was killed in it.
    assert len(sweeps.log(store.folder)) <= count + kills


def test_two_sweeps_at_once_never_do_a_run_twice(store, forked):
    processes = start(forked, store.folder, 30, 0.05, processes=2)
    for process in processes:
        process.join(timeout=60)
    assert [process.exitcode for process in processes] == [0, 0]
    seeds = [seed for seed, _ in sweeps.log(store.folder)]
    assert sorted(seeds) == list(range(30))
    assert len({process for _, process in sweeps.log(store.folder)}) == 2
    check_complete(store, 30)


def test_processes_share_the_runs(store, for_processes, monkeypatch):
    monkeypatch.setenv(sweeps.SECONDS, "0.3")
    with open_executor("processes", workers=2) as (executor, at_once):
        swept(store, 12, executor=executor, at_once=at_once)
    workers = {process for _, process in sweeps.log(store.folder)}
    assert len(workers - {os.getpid()}) == 2
    check_complete(store, 12)


def test_interrupt_ends_processes_at_once(store, for_processes, monkeypatch):
    monkeypatch.setenv(sweeps.SECONDS, "600")

    began = time.monotonic()
    with (
        pytest.raises(KeyboardInterrupt),
        open_executor("processes", workers=1) as (executor, _),
    ):
        executor.submit(sweeps.execute, sweeps.specs(1)[0], None)
        while not sweeps.log(store.folder):
            time.sleep(0.05)
        raise KeyboardInterrupt
    assert time.monotonic() - began < 120
    assert not multiprocessing.active_children()


def test_environment_is_as_before_after_processes(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    with open_executor("processes", workers=1):
        assert os.environ["TF_NUM_INTRAOP_THREADS"] == os.environ["OMP_NUM_THREADS"]
        assert os.environ["OMP_NUM_THREADS"] != "7"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "TF_NUM_INTRAOP_THREADS" not in os.environ


def test_dead_process_of_a_pool_loses_its_run_only(store, for_processes):
    specs = sweeps.specs(3)
    with (
        open_executor("processes", workers=1) as (executor, _),
        pytest.warns(UserWarning, match="is lost"),
    ):
        result = swept(store, specs, executor=executor, execute=exit_on_seed_one)
    assert (result.done, result.lost, result.left) == ((specs[0],), *zip(specs[1:]))
    assert len(swept(store, specs).done) == 2
    check_complete(store, 3)


def exit_on_seed_one(spec, checkpointer):
    if spec.seed == 1:
        os._exit(1)
    return sweeps.execute(spec, checkpointer)


@pytest.fixture
def cluster(store):
    """A Dask cluster of two workers: its scheduler, its workers and its address."""
    pytest.importorskip("distributed")
    environment = {**ENVIRONMENT, sweeps.FOLDER: str(store.folder), sweeps.SECONDS: "1"}
    processes = []

    def launch(role, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *arguments]
        silent = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)
        processes.append(subprocess.Popen(command, env=environment, **silent))

    file = store.folder / "scheduler"
    scheduler = ["--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(file)]
    worker = ["--scheduler-file", str(file), "--nthreads", "1", "--no-nanny"]
    try:
        launch("scheduler", *scheduler, "--no-dashboard")
        for number in range(2):
            scratch = str(store.folder / f"scratch-{number}")
            name = ["--name", f"worker-{number}", "--local-directory", scratch]
            launch("worker", *worker, "--no-dashboard", *name)
        address = wait_for_cluster(file, workers=2)
        yield processes[0], processes[1:], address
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_dask_cluster_does_the_runs_of_a_killed_worker(store, cluster):
    _, workers, address = cluster
    with open_executor("dask", scheduler=address) as (executor, at_once):
        assert at_once == 2
        killed = []

        def kill_one(spec, outcome, left):
            if not killed:
                killed.append(workers[0].pid)
                workers[0].kill()

        options = {"executor": executor, "at_once": at_once}
        result = swept(store, 8, on_outcome=kill_one, **options)
    # A run whose worker died after it wrote the record is found when it is done again.
    assert len(result.done) + len(result.present) == 8
    assert len(result.present) <= 1
    used = {process for _, process in sweeps.log(store.folder)}
    assert used == {worker.pid for worker in workers}
    check_complete(store, 8)


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["scheduler", "workers"])
def test_cluster_that_goes_away_ends_the_sweep(gone, store, cluster, monkeypatch):
    scheduler, workers, address = cluster
    monkeypatch.setattr("aconv.companion.runs.executors.PATIENCE", 15.0)
    monkeypatch.setattr("aconv.companion.runs.sweeps.POLL_INTERVAL", 1.0)
    leaving = [scheduler] if gone == "scheduler" else workers
    began = None

    def leave(spec, outcome, left):
        nonlocal began
        if began is None:
            began = time.monotonic()
            for process in leaving:
                process.kill()

    with (
        pytest.raises(OSError, match=r"Dask|comm|closed|gone"),
        open_executor("dask", scheduler=address) as (executor, at_once),
    ):
        options = {"executor": executor, "at_once": at_once}
        result = swept(store, 8, on_outcome=leave, **options)
        # Results that cannot come may also be told as lost.
        assert result.lost
        raise OSError("the cluster is gone")
    assert began is not None
    assert time.monotonic() - began < 90


class DyingCluster(contextlib.nullcontext):
    """A cluster whose worker dies when it imports a backend."""

    def __enter__(self):
        return self

    def nthreads(self):
        return {"tcp://old:1": 1}

    def run(self, *call):
        raise OSError("in <TCP (closed) Scheduler Broadcast local=...>: Stream closed")


def test_workers_that_die_of_their_import_are_told_with_what_to_do(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "Client", DyingCluster)
    with (
        pytest.raises(OSError, match=r"died while .*`dask worker --memory-limit`"),
        open_executor("dask", scheduler="tcp://x:1"),
    ):
        pass


def wait_for_cluster(address_file, workers):
    from distributed import Client

    until = time.monotonic() + 120
    while not (address_file.exists() and address_file.read_text().endswith("}")):
        assert time.monotonic() < until
        time.sleep(0.1)
    address = json.loads(address_file.read_text())["address"]
    with Client(address, timeout=60) as client:
        client.wait_for_workers(workers, timeout=120)
    return address


@pytest.mark.parametrize(
    "signal_name",
    slow_where(["SIGKILL", "SIGTERM", "SIGHUP"], ["SIGTERM", "SIGHUP"]),
)
def test_workers_end_with_their_parent(signal_name, tmp_path):
    path = tmp_path / "worker"
    parent = subprocess.Popen(
        [sys.executable, pool.__file__, path],
        env=ENVIRONMENT,
        # Under nohup the tests, and what they start, would ignore a hang-up.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    while not (path.exists() and path.read_text()):
        assert parent.poll() is None
        time.sleep(0.1)
    worker = Path("/proc") / path.read_text()
    assert worker.exists()
    parent.send_signal(getattr(signal, signal_name))
    parent.wait()
    deadline = time.monotonic() + 20
    while worker.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not worker.exists()
