"""The book's extensions, and small books that are built as the real one is."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

BOOK = Path(__file__).parents[2] / "book"


def extension(name):
    """A module of ``book/_ext``, by itself."""
    path = BOOK / "_ext" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build_book(folder, wait=True):
    """Builds the book in ``folder / "book"``, warnings as errors.

    Args:
        folder: Holds ``_config.yml`` and ``book/``.
        wait: Whether the process is finished when it is returned.

    Returns:
        The process, the output of a finished one as text.
    """
    command = [
        Path(sys.executable).with_name("jupyter-book"),
        *("build", "book/", "-W", "-n", "--keep-going"),
    ]
    options = {"cwd": folder, "env": os.environ | {"NO_COLOR": "1"}}
    if not wait:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    return subprocess.run(command, capture_output=True, text=True, **options)
