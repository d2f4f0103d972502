"""Puts the notebooks where Sphinx can read them, never with stale results or pages.

The notebooks live in ``notebooks/`` beside ``book/``, and a table of contents cannot
point outside ``book/``, so they are copied into ``book/notebooks/`` (git-ignored)
before Sphinx reads it. The cache of executed notebooks sees changes of a notebook only.
When what the notebooks import or read has changed, the cache is removed and the copies
are made anew, so that every notebook is run again. All pages are made anew then, and
when the table of contents has changed, so that none stays that is no longer in it.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
# What a notebook's results depend on besides itself and the records.
DEPENDENCIES = (
    "aconv/**/*.py",
    "data/*.yaml",
    "data/results/*",
    "data/experiments/*",
    "data/samples/*",
    "requirements.lock",
)
# What decides which pages there are.
CONTENTS = ("_config.yml", "book/_toc.yml")


def setup(app: Sphinx) -> dict:
    """Prepares the notebooks; runs before Sphinx looks for sources."""
    output = Path(app.outdir).parent
    sources = fingerprint(ROOT)
    # Pages with code that are no notebooks must be read again as well: Sphinx sees only
    # changes of their text.
    if _changed(output / ".contents", f"{digest(ROOT, CONTENTS)} {sources}"):
        # Sphinx removes no page itself. It has read nothing yet.
        for folder in (app.outdir, app.doctreedir):
            shutil.rmtree(folder, ignore_errors=True)
            Path(folder).mkdir(parents=True)
    prepare(
        notebooks=ROOT / "notebooks",
        copies=ROOT / "book" / "notebooks",
        cache=output / ".jupyter_cache",
        state=output / ".dependencies",
        fingerprint=sources,
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def prepare(
    notebooks: Path, copies: Path, cache: Path, state: Path, fingerprint: str
) -> None:
    """Mirrors ``notebooks`` into ``copies`` and drops results of an older library.

    Args:
        notebooks: Folder of the notebooks.
        copies: Folder to fill; files that are no longer in ``notebooks`` go.
        cache: Folder of the cached executions.
        state: File that keeps the fingerprint of the last build.
        fingerprint: Digest of what the results depend on now.
    """
    if _changed(state, fingerprint):
        shutil.rmtree(cache, ignore_errors=True)
        shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for path in notebooks.glob("*.ipynb")}
    for copy in copies.glob("*.ipynb"):
        if copy.name not in wanted:
            copy.unlink()
    for name, path in wanted.items():
        copy = copies / name
        # An untouched copy keeps its time, so Sphinx does not read the page again.
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)


def fingerprint(root: Path) -> str:
    """Digest of all that the notebooks' results depend on.

    Args:
        root: The repository.

    Returns:
        A hexadecimal SHA-256 over names and contents of files, the records in the
        folder that ``ACONV_RECORDS_DIR`` names among them, and over Keras's backend.
    """
    records = os.environ.get("ACONV_RECORDS_DIR") or root / "data" / "records"
    parts = (
        digest(root, DEPENDENCIES),
        digest(Path(records).expanduser(), ("*",)),
        os.environ.get("KERAS_BACKEND", ""),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def digest(folder: Path, patterns: Iterable[str]) -> str:
    """Digest of files.

    Args:
        folder: Where they are.
        patterns: Patterns of their paths inside the folder.

    Returns:
        A hexadecimal SHA-256 over names and contents.
    """
    digest = hashlib.sha256()
    files = {p for pattern in patterns for p in folder.glob(pattern) if p.is_file()}
    for path in sorted(files):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _changed(state: Path, value: str) -> bool:
    """Keeps a value in a file and tells whether it was another one before."""
    before = state.read_text() if state.exists() else None
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(value)
    return value != before
