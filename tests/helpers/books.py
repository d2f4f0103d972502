"""Small books, built as the real one is."""

import os
import subprocess
import sys
from pathlib import Path


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
