"""What the tests share: a seeded start, and a release that is built once."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings
from unpacking import unpack

ROOT = Path(__file__).parents[1]
# The machine may be busy, and compilers take their time for a first example.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same random state."""
    keras.utils.set_random_seed(31)


@pytest.fixture
def rng():
    return np.random.default_rng(31)


@pytest.fixture
def results(tmp_path, monkeypatch):
    """An empty folder of kept results."""
    monkeypatch.setenv("ACONV_RESULTS_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def dist(tmp_path_factory, worker_id):
    """Folder of the source archive and of the wheel that is built from it alone."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":  # one of several processes
        shared = shared.parent
    folder = shared / "dist"
    with FileLock(shared / "dist.lock"):
        if not list(folder.glob("*.whl")):
            build(ROOT, "sdist", folder)
            (source,) = folder.glob("*.tar.gz")
            unpack(source.read_bytes(), shared / "source")
            (unpacked,) = (shared / "source").iterdir()
            build(unpacked, "wheel", folder)
    return folder


def build(project, target, folder):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=project,
        check=True,
        capture_output=True,
    )
