"""What is needed to believe a record: code, packages, device."""

import contextlib
import dataclasses
import datetime
import functools
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import aconv
from aconv.companion.files import PROJECT, in_checkout

# A change elsewhere, as a new record or a chapter, does not change what a run does.
_CODE = ("aconv", "pyproject.toml", "requirements.lock")


@dataclasses.dataclass(frozen=True)
class Provenance:
    """Where a result came from."""

    packages: dict[str, str]
    backend: str
    device: str  # as "cpu: AMD EPYC" or "gpu: NVIDIA H200"
    threads: int  # that the process may use on a CPU
    commit: str | None  # None outside of a repository, as ``dirty`` is
    dirty: bool | None
    data_sha256: dict[str, str]  # of the arrays, before preprocessing
    started: str
    ended: str
    earlier: tuple[dict[str, Any], ...] = ()  # of each part before, see ``sessions``

    @classmethod
    def collect(cls) -> Self:
        """Return what a process knows of itself, before its run begins."""
        import keras  # here, because who reads records does without it
        import numpy as np

        backend = keras.backend.backend()
        # Not from metadata: packages are installed under several names, and a checkout
        # on the path has none.
        modules = {"aconv": aconv, "keras": keras, "numpy": np}
        modules[backend] = sys.modules.get(backend)
        versions = {
            name: getattr(module, "__version__", "unknown")
            for name, module in modules.items()
        }
        commit, dirty = code_state()
        return cls(
            packages={"python": platform.python_version(), **versions},
            backend=backend,
            device=device(),
            threads=threads(),
            commit=commit,
            dirty=dirty,
            data_sha256={},
            started=now(),
            ended="",
        )

    def completed(
        self, data_sha256: Mapping[str, str], earlier: tuple[dict[str, Any], ...] = ()
    ) -> Self:
        """Return the provenance of a run that ends now, gone on from ``earlier``."""
        return dataclasses.replace(
            self, data_sha256=dict(data_sha256), ended=now(), earlier=earlier
        )

    def sessions(self) -> tuple[dict[str, Any], ...]:
        """Return what may differ between the parts of a run that went on, of each."""
        names = ("packages", "device", "threads", "commit", "dirty", "started", "ended")
        return (*self.earlier, {name: getattr(self, name) for name in names})

    def to_dict(self) -> dict[str, Any]:
        """Return the provenance in JSON's types."""
        values = dataclasses.asdict(self)
        if not self.earlier:  # as in the records of runs that never stopped
            del values["earlier"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the provenance that ``to_dict`` came from."""
        return cls(**{**values, "earlier": tuple(values.get("earlier", ()))})


@functools.cache
def code_state() -> tuple[str | None, bool | None]:
    """Return the commit of the code, None outside of a checkout, and if it differs.

    Asked once a process: a later commit does not change the code that is in memory.
    """
    try:
        # The way from the root of the repository to here.
        if not in_checkout() or _git("rev-parse", "--show-prefix"):
            return None, None
        commit = _git("rev-parse", "HEAD")
        changes = _git("status", "--porcelain", "--", *_CODE)
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit, bool(changes)


def now() -> str:
    """Return date and time, ISO 8601, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def threads() -> int:
    """Return how many threads this process may compute with on a CPU."""
    # The variable may hold a list, of which the first number counts.
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else processors()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def device() -> str:
    """Return the kind of the device that Keras computes on."""
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        found = jax.devices()[0]
        if found.platform != "cpu":
            return f"{found.platform}: {found.device_kind}"
    elif backend == "torch":
        import torch

        if torch.cuda.is_available():
            return f"gpu: {torch.cuda.get_device_name()}"
    elif backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            details = tf.config.experimental.get_device_details(gpus[0])
            return f"gpu: {details.get('device_name', 'unknown')}"
    return f"cpu: {_processor()}"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],
        cwd=PROJECT,
        # They name another repository, as in a hook of git's.
        env={k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
