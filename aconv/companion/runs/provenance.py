"""What is needed to believe a record: code, packages, device."""

import dataclasses
import functools
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any, Self

import keras

import aconv
from aconv.companion.files import PROJECT

# A change elsewhere, as a new record or a chapter, does not change what a run does.
_CODE = ("aconv", "pyproject.toml", "uv.lock")


@dataclasses.dataclass(frozen=True)
class Provenance:
    """Where a result came from.

    Attributes:
        packages: Version of each package that decides on results, Python's too.
        backend: Keras backend.
        device: Kind of device, as ``"cpu: AMD EPYC"`` or ``"gpu: NVIDIA H200"``.
        threads: Processors that the process may use on a CPU, or the number that it was
            limited to.
        commit: Git commit of the code, or None outside of a repository.
        dirty: Whether the code differed from the commit; None without a commit.
        data_sha256: sha256 of the arrays that the network saw, before preprocessing.
        started: Date and time, ISO 8601, UTC.
        ended: The same.
    """

    packages: dict[str, str]
    backend: str
    device: str
    threads: int
    commit: str | None
    dirty: bool | None
    data_sha256: dict[str, str]
    started: str
    ended: str

    @classmethod
    def collect(cls, data_sha256: dict[str, str], started: str, ended: str) -> Self:
        """Completes what a run knows of itself by what its process knows."""
        backend = keras.backend.backend()
        packages = {
            "python": platform.python_version(),
            # Not from the metadata, which a checkout on the path does not have.
            "aconv": aconv.__version__,
            **{
                name: importlib.metadata.version(name)
                for name in ("keras", "numpy", backend)
            },
        }
        commit, dirty = code_state()
        return cls(
            packages=packages,
            backend=backend,
            device=device(),
            threads=int(os.environ.get("OMP_NUM_THREADS") or processors()),
            commit=commit,
            dirty=dirty,
            data_sha256=data_sha256,
            started=started,
            ended=ended,
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the provenance as a dictionary of JSON's types."""
        return dataclasses.asdict(self)


@functools.cache
def code_state() -> tuple[str | None, bool | None]:
    """Returns the commit of the code and whether the code differs from it.

    Asked once a process, at the first run: a later commit does not change the code that
    the process has in memory.
    """
    try:
        commit = _git("rev-parse", "HEAD")
        changes = _git("status", "--porcelain", "--", *_CODE)
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit, bool(changes)


def processors() -> int:
    """Returns how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def device() -> str:
    """Returns the kind of the device that Keras computes on."""
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
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return (names[0] if names else platform.processor() or platform.machine()).strip()


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
