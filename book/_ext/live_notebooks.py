"""Puts the notebooks where Sphinx can read them, never with stale results.

The notebooks live in ``notebooks/`` beside ``book/``, and a table of contents cannot
point outside ``book/``, so they are copied into ``book/notebooks/`` (git-ignored)
before Sphinx reads it. The cache of executed notebooks sees changes of a notebook only.
When what the notebooks import or read has changed, the cache is removed and the copies
are made anew, so that every notebook is run again.
"""

import hashlib
import shutil
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
# What a notebook's results depend on besides itself.
DEPENDENCIES = (
    "aconv/**/*.py",
    "data/*.yaml",
    "data/records/*",
    "data/samples/*",
    "uv.lock",
)


def setup(app: Sphinx) -> dict:
    """Prepares the notebooks; runs before Sphinx looks for sources."""
    output = Path(app.outdir).parent
    prepare(
        notebooks=ROOT / "notebooks",
        copies=ROOT / "book" / "notebooks",
        cache=output / ".jupyter_cache",
        state=output / ".dependencies",
        fingerprint=fingerprint(ROOT),
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
    stale = not state.exists() or state.read_text() != fingerprint
    if stale:
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
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(fingerprint)


def fingerprint(root: Path) -> str:
    """Digest of all files that the notebooks' results depend on.

    Args:
        root: The repository.

    Returns:
        A hexadecimal SHA-256 over names and contents.
    """
    digest = hashlib.sha256()
    files = {p for pattern in DEPENDENCIES for p in root.glob(pattern) if p.is_file()}
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
