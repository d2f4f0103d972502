"""The book's extensions, and small books that are built as the real one is."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

BOOK = Path(__file__).parents[2] / "book"


# Where extensions find each other.
sys.path.append(str(BOOK / "_ext"))


def extension(name):
    """A module of ``book/_ext``."""
    return importlib.import_module(name)


def build_book(folder, wait=True):
    """The process, ended or not, that builds a folder's book, warnings as errors."""
    command = [
        Path(sys.executable).with_name("jupyter-book"),
        *("build", "book/", "-W", "-n", "--keep-going"),
    ]
    options = {"cwd": folder, "env": os.environ | {"NO_COLOR": "1"}}
    if not wait:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    return subprocess.run(command, capture_output=True, text=True, **options)
