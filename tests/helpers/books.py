"""The book: its pages, built or not, its extensions, and small books built as it is."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

BOOK = Path(__file__).parents[2] / "book"
# BOOK_HTML names another copy of the built book.
HTML = Path(os.environ.get("BOOK_HTML", BOOK.parent / "_build" / "html"))
_CONTENTS = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [
    _CONTENTS["root"],
    *(chapter["file"] for part in _CONTENTS["parts"] for chapter in part["chapters"]),
]
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# The path of an installed browser, None where there is none.
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, _BROWSERS)), None
)
# Where extensions find each other.
sys.path.append(str(BOOK / "_ext"))

# In continuous integration the book is built before the tests run.
needs_built_book = pytest.mark.skipif(
    not HTML.exists() and not os.environ.get("CI"),
    reason="no built book; run `make book` first",
)


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
