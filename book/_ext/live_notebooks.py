"""Puts the notebooks where Sphinx can read them, never with stale results or pages.

The notebooks live in ``notebooks/`` beside ``book/``, and a table of contents cannot
point outside ``book/``, so they are copied into ``book/notebooks/`` (git-ignored)
before Sphinx reads it. The cache of executed notebooks sees changes of a page only.
When the code that a page imports, directly or not, or the data have changed, its result
is removed from the cache, and Sphinx reads the page again. When the table of contents
has changed, all pages are made anew, so that none stays that is no longer in it.
"""

import atexit
import functools
import hashlib
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

import yaml
from filelock import FileLock, Timeout
from jupyter_cache import get_cache
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
# What results depend on besides code and records.
DATA = ("data/*.yaml", "data/results/*", "data/samples/*")
# What decides which pages there are.
CONTENTS = ("_config.yml", "book/_toc.yml")
CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?:---\n.*?^---\n)?(.*?)^```", re.DOTALL | re.MULTILINE
)
# Of a notebook a magic, of a cell in a page of text its options.
NO_PYTHON = re.compile(r"^(?:[%!].*|:\w.*)$", re.MULTILINE)


def setup(app: Sphinx) -> dict:
    """Prepare the notebooks; runs before Sphinx looks for sources."""
    output, trees = Path(app.outdir).parent, Path(app.doctreedir)
    wait_for_other_builds(output / ".lock")
    if _keep(output / ".contents", digest(ROOT, CONTENTS)):
        # Sphinx removes no page itself. It has read nothing yet.
        for folder in (Path(app.outdir), trees):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
    mirror(ROOT / "notebooks", ROOT / "book" / "notebooks")
    changed = changed_pages(output / ".pages.json", fingerprints(ROOT))
    if changed:
        forget(changed, ROOT / "book", output / ".jupyter_cache", trees)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def wait_for_other_builds(file: Path) -> None:
    """Hold a lock until this process ends, and say so if it has to wait for it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, is_singleton=True)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(f"another build of this book is at work ({file}); waiting", flush=True)
        lock.acquire()
    # Which also keeps it from being collected, and released, before.
    atexit.register(lock.release)


def mirror(notebooks: Path, copies: Path) -> None:
    """Make the notebooks in ``copies`` those of ``notebooks``."""
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


def changed_pages(state: Path, now: Mapping[str, str]) -> set[str]:
    """Keep fingerprints in a file and return the pages that had others before."""
    before = json.loads(state.read_text()) if state.exists() else {}
    _keep(state, json.dumps(now, indent=1))
    return {name for name in now if before.get(name) != now[name]}


def forget(pages: Iterable[str], book: Path, cache: Path, trees: Path) -> None:
    """Remove what was computed and read of pages, so that both is done again.

    Folders are those of the pages, of the executed notebooks and of what Sphinx has
    read.
    """
    if cache.exists():
        executed = get_cache(cache)
        uris = {str(book / page) for page in pages}
        for record in executed.list_cache_records():
            if record.uri in uris:
                executed.remove_cache(record.pk)
    # The table of run times is of all pages.
    times = [
        path.name for path in book.glob("*.md") if "{nb-exec-table}" in path.read_text()
    ]
    for page in (*pages, *times):
        (trees / page).with_suffix(".doctree").unlink(missing_ok=True)


def fingerprints(root: Path) -> dict[str, str]:
    """Digests, by page with code, of all but its text that its results depend on."""
    config = yaml.safe_load((root / "_config.yml").read_text())
    options = (config.get("sphinx") or {}).get("config") or {}
    light = options.get("without_training", ())
    data = data_fingerprint(root)
    found = {}
    paths = [*(root / "notebooks").glob("*.ipynb"), *(root / "book").glob("*.md")]
    for path in sorted(paths):
        code = code_of(path)
        if code:
            page = path.relative_to(root / "book" if path.suffix == ".md" else root)
            backend = "light" if page.with_suffix("").as_posix() in light else ""
            found[page.as_posix()] = f"{fingerprint(root, code, data)}{backend}"
    return found


def fingerprint(root: Path, code: str, data: str) -> str:
    """Digest of all that code's results depend on besides itself.

    The digest of the data counts where the companion is imported.
    """
    sources = _sources()
    parts = [digest(root, ["requirements.lock"]), os.environ.get("KERAS_BACKEND", "")]
    results = root / "data" / "results.yaml"
    made_by = yaml.safe_load(results.read_text()) if results.exists() else {}
    files = sources.reached(code, root, made_by)
    if any("companion" in path.relative_to(root).parts for path in files):
        parts.append(data)
        files |= sources.reached(_loaders(root), root, made_by)
    for path in sorted(files):
        notebook = path.suffix == ".ipynb"
        text = code_of(path) if notebook else path.read_text(encoding="utf-8")
        parts.append(f"{path.relative_to(root)} {sources.code_digest([text])}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def data_fingerprint(root: Path) -> str:
    """Digest of the data and of the records that ``ACONV_RECORDS_DIR`` names."""
    records = os.environ.get("ACONV_RECORDS_DIR") or root / "data" / "records"
    return f"{digest(root, DATA)} {digest(Path(records).expanduser(), ['*'])}"


def _loaders(root: Path) -> str:
    """Imports of the modules whose functions the data name, as "module:function"."""
    texts = [path.read_text(encoding="utf-8") for path in root.glob("data/*.yaml")]
    names = re.findall(r"\b(aconv(?:\.\w+)+):\w", "\n".join(texts))
    return "\n".join(f"import {name}" for name in sorted(set(names)))


def code_of(page: Path) -> str:
    """Python code of a page, which is empty where the page has none."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = json.loads(text).get("cells", ())
        cells = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    else:
        cells = CELL.findall(text)
    return NO_PYTHON.sub("", "\n".join(cells))


def digest(folder: Path, patterns: Iterable[str]) -> str:
    """Digest of names and contents of the files in a folder that match patterns."""
    digest = hashlib.sha256()
    files = {p for pattern in patterns for p in folder.glob(pattern) if p.is_file()}
    for path in sorted(files):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@functools.cache
def _sources() -> ModuleType:
    # By its file: importing the package would load a backend. Once, since it keeps what
    # it has parsed.
    path = Path(__file__).parents[2] / "aconv" / "companion" / "sources.py"
    spec = importlib.util.spec_from_file_location("sources", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _keep(state: Path, value: str) -> bool:
    """Keep a value in a file and tell whether it was another one before."""
    before = state.read_text() if state.exists() else None
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(value)
    return value != before
