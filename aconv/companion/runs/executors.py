"""Executors of ``concurrent.futures`` that do the runs of a sweep."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any, Literal, get_args

from aconv.companion.choices import one_of
from aconv.companion.runs.provenance import processors

ExecutorName = Literal["serial", "processes", "dask"]
EXECUTORS: tuple[ExecutorName, ...] = get_args(ExecutorName)

# All that limit threads in one of the backends or in what they call.
_THREADS = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)

# Seconds that a cluster may be without workers, or its scheduler without a word.
PATIENCE = 30.0


class SerialExecutor(Executor):
    """Do each call in the calling thread, before ``submit`` returns."""

    def submit(
        self, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future:
        """Return the result of ``function``, or what it raised, as a ``Future``."""
        future: Future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class ClusterExecutor(Executor):
    """The workers of a Dask cluster, which may go away."""

    def __init__(self, client: Any) -> None:
        self._client = client
        # Not pure: a call is made again, even if it was made before.
        self._executor = client.get_executor(pure=False)
        self._alone_since: float | None = None

    def submit(
        self, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future:
        """Have a worker call ``function``."""
        return self._executor.submit(function, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Give up what is in progress."""
        self._executor.shutdown(wait=wait)

    def check(self) -> None:
        """Raise an ``OSError`` if no results can come any more."""
        try:
            workers = self._client.sync(
                self._client.scheduler.ncores, callback_timeout=PATIENCE
            )
        except Exception as error:  # what is raised depends on how it went away
            raise OSError(f"The Dask scheduler is gone: {error!r}") from error
        if workers:
            self._alone_since = None
            return
        self._alone_since = self._alone_since or time.monotonic()
        if time.monotonic() - self._alone_since > PATIENCE:
            raise OSError(
                f"The Dask cluster has had no workers for {PATIENCE:.0f} seconds. What "
                "is recorded stays; the same command goes on"
            )


def open_executor(
    name: ExecutorName = "serial",
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> contextlib.AbstractContextManager[tuple[Executor, int]]:
    """Open an executor by name, for a context, and say how many runs it does at once.

    By default each process has one thread: two of them did 1.08 runs per minute where
    one of two threads did 0.96.
    """
    one_of("executor", name, EXECUTORS)
    if workers is not None and (name != "processes" or workers < 1):
        raise ValueError(
            '`workers` must be a positive integer, with `executor="processes"`. '
            f"Received: {workers!r} with {name!r}"
        )
    if (scheduler is not None) != (name == "dask"):
        raise ValueError(
            '`scheduler` must be an address with `executor="dask"`, else None. '
            f"Received: {scheduler!r} with {name!r}"
        )
    if name == "serial":
        return contextlib.nullcontext((SerialExecutor(), 1))
    return _dask(scheduler) if name == "dask" else _processes(workers or processors())


@contextlib.contextmanager
def _processes(workers: int) -> Iterator[tuple[Executor, int]]:
    # "spawn": TensorFlow does not survive a fork.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with _threads(max(1, processors() // workers)):
        pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_begin_worker
        )
        try:
            yield pool, workers
        except BaseException:
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _dask(scheduler: str) -> Iterator[tuple[Executor, int]]:
    from distributed import Client

    try:
        client = Client(scheduler)
    except ValueError as error:
        raise ValueError(
            "`scheduler` must be the address of a Dask scheduler, as "
            f"tcp://host:8786. Received: {scheduler!r} ({error})"
        ) from error
    with client:
        # A worker does one run at a time, however many threads it has.
        at_once = len(client.nthreads())
        if at_once == 0:
            raise OSError(f"The Dask cluster at {scheduler} has no workers")
        try:
            client.run(importlib.import_module, "aconv.companion.runs.execution")
        except ImportError as error:
            raise OSError(
                f"A worker of the Dask cluster at {scheduler} cannot import aconv: "
                f"{error}"
            ) from error
        except OSError as error:  # the connection closed
            raise OSError(
                f"Workers of the Dask cluster at {scheduler} died while they imported "
                f"aconv ({error}). Their logs say why; a backend needs 1 to 3 GiB, for "
                "which `dask worker --memory-limit` may be too low"
            ) from error
        executor = ClusterExecutor(client)
        try:
            yield executor, at_once
        finally:
            executor.shutdown(wait=False)


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """Limit the threads of processes that are started in the context."""
    before = {name: os.environ[name] for name in _THREADS if name in os.environ}
    os.environ.update(dict.fromkeys(_THREADS, str(count)))
    try:
        yield
    finally:
        for name in _THREADS:
            del os.environ[name]
        os.environ.update(before)


def _begin_worker() -> None:
    # Ctrl-C reaches all processes of a terminal. The parent ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent has ended, also if that was killed."""
    multiprocessing.parent_process().join()
    os._exit(1)
