"""A sweep whose runs train nothing, for tests of what sweeps do."""

import os
import time
from pathlib import Path

import numpy as np

from aconv.companion.runs import RunRecord, RunStore, make_spec, sweep
from aconv.companion.runs.provenance import Provenance
from aconv.companion.training.history import History

PARAMETERS = {"trainable": 100, "non_trainable": 10, "apertures": 4}
FOLDER, SECONDS = "ACONV_TEST_FOLDER", "ACONV_TEST_SECONDS"


def specs(count):
    return [
        make_spec("simple", "digits", "adaptive", 3, seed=seed) for seed in range(count)
    ]


def provenance():
    return Provenance(
        packages={"python": "3"},
        backend="none",
        device="cpu: none",
        threads=1,
        commit=None,
        dirty=None,
        data_sha256={},
        started="2020-01-01T00:00:00+00:00",
        ended="2020-01-01T00:00:01+00:00",
    )


def history(spec, epochs=3, seconds=0.01):
    """What a run went through, as its seed says."""
    rng = np.random.default_rng(spec.seed)
    curves = [tuple(rng.uniform(size=epochs).tolist()) for _ in range(5)]
    times = (seconds / epochs,) * epochs, (0.0,) * epochs
    apertures = rng.uniform(0.1, 0.5, (epochs + 1, 4)).astype("float32")
    return History(*curves, *times, {"conv_1": apertures}, steps=7)


def record(spec, epochs=3, seconds=0.01, scores=None):
    return RunRecord.from_history(
        spec, history(spec, epochs, seconds), PARAMETERS, provenance(), scores=scores
    )


def execute(spec, checkpointer):
    """Stands for ``runs.execute``: no training, but a trace of every call."""
    folder = Path(os.environ[FOLDER])
    with (folder / "log").open("a") as log:
        log.write(f"{spec.seed} {os.getpid()}\n")
    seconds = float(os.environ.get(SECONDS, "0.001"))
    time.sleep(seconds)
    return record(spec, seconds=seconds), {
        "conv_1/kernel": np.full(50, spec.seed, "float16")
    }


def fail_on_odd_seed(spec, checkpointer):
    if spec.seed % 2:
        return RunRecord(spec, "failed", provenance(), error="ValueError: odd"), None
    return execute(spec, checkpointer)


def log(folder):
    """Lines of the log: the seed of each run that was started, and its process."""
    path = Path(folder) / "log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [tuple(map(int, line.split())) for line in lines]


def run_sweep(folder, count, seconds, begin):
    """What a sweeping process does once all that should begin together are ready.

    Each of the ``count`` runs takes ``seconds`` and adds a line to the folder's log.
    """
    os.environ.update({FOLDER: str(folder), SECONDS: str(seconds)})
    begin.wait()
    sweep(specs(count), RunStore(folder), execute=execute)
