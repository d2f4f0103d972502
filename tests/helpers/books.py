"""Small books, built as the real one is."""

import os
import subprocess
import sys
from pathlib import Path


def build_book(folder):
    """Builds the book in ``folder / "book"``, warnings as errors.

    Args:
        folder: Holds ``_config.yml`` and ``book/``.

    Returns:
        The finished process, its output as text.
    """
    return subprocess.run(
        [
            Path(sys.executable).with_name("jupyter-book"),
            *("build", "book/", "-W", "-n", "--keep-going"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
    )
