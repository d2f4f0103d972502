"""A build shows no results and no pages of an earlier one."""

import ast
import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from books import BOOK, build_book, extension
from jupyter_cache import get_cache

ROOT = BOOK.parent
EXTENSION = BOOK / "_ext" / "live_notebooks.py"
live = extension("live_notebooks")


SOURCES = {
    "aconv/__init__.py": "from aconv.layers.base import f",
    "aconv/layers/base.py": "def f():\n    return 1",
    "aconv/companion/__init__.py": "",
    "aconv/companion/judging.py": "from aconv.layers import base\nCODE = 'aconv.made'",
    "aconv/companion/pages/unet.py": "from aconv.companion import judging",
    "aconv/companion/pages/timing.py": "import aconv.companion.judging\nload('times')",
    "aconv/companion/pages/kept.py": "from aconv.companion.runs.results_cache "
    "import MADE_BY",
    "aconv/companion/runs/results_cache.py": "MADE_BY = {}",
    "aconv/companion/clock.py": "x = 1",
    "aconv/companion/relevance.py": "x = 1",
    "data/results.yaml": "times: [aconv.companion.clock, notebooks/timing.ipynb]\n"
    "heatmaps: [aconv.companion.relevance]",
    "aconv/companion/unused.py": "",
    "aconv/companion/loaders.py": "def load(): pass",
    "aconv/made.py": "x = 1",
    "data/paper.yaml": "loader: aconv.companion.loaders:load",
    "data/records/a.json": "1",
    "data/results/timing.json": "1",
    "data/samples/digits.npz": "1",
    "requirements.lock": "lock",
    "_config.yml": "title: Small",
    "book/_toc.yml": "toc",
    "book/words.md": "# Words",
    "book/layer.md": "```{code-cell} ipython3\n---\ntags: [a]\n---\nimport aconv\n```",
    "book/status.md": "```{nb-exec-table}\n```",
    "README.md": "words",
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository of few files, with what its results depend on."""
    for name in ("ACONV_RECORDS_DIR", "KERAS_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "repository"
    for name, text in SOURCES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "notebooks").mkdir()
    for name in ("unet", "timing", "kept"):
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_markdown_cell("# Title"),
                nbformat.v4.new_code_cell(
                    f"%matplotlib inline\nfrom aconv.companion.pages import {name}"
                ),
            ]
        )
        nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")
    return root


UNET, TIMING, LAYER = "notebooks/unet.ipynb", "notebooks/timing.ipynb", "layer.md"
KEPT = "notebooks/kept.ipynb"
COMPANION = {UNET, TIMING, KEPT}


def changed_by(root, change):
    before = live.fingerprints(root)
    assert live.fingerprints(root) == before
    change()
    after = live.fingerprints(root)
    assert set(after) == set(before) == {UNET, TIMING, KEPT, LAYER}
    return {page for page in after if after[page] != before[page]}


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("aconv/companion/pages/unet.py", {UNET}),
        ("aconv/companion/pages/timing.py", {TIMING}),
        ("aconv/companion/judging.py", {UNET, TIMING}),
        ("aconv/companion/unused.py", set()),
        # What makes a result that a page names, and a page that lists all results.
        ("aconv/companion/clock.py", {TIMING, KEPT}),
        ("aconv/companion/relevance.py", {KEPT}),
        # Named in a string of a module, and in the data.
        ("aconv/made.py", {UNET, TIMING}),
        ("aconv/companion/loaders.py", COMPANION),
        ("aconv/layers/base.py", {UNET, TIMING, LAYER}),
        ("data/records/a.json", COMPANION),
        ("data/records/b.json", COMPANION),
        ("data/results/timing.json", COMPANION),
        ("data/samples/digits.npz", COMPANION),
        ("requirements.lock", {*COMPANION, LAYER}),
        ("README.md", set()),
        ("book/_toc.yml", set()),
    ],
)
def test_change_is_seen_by_the_pages_that_reach_it(name, pages, root):
    old = SOURCES.get(name, "")
    text = f"{old}\nchanged = 1"
    assert changed_by(root, lambda: (root / name).write_text(text)) == pages


@pytest.mark.parametrize("name", [n for n in SOURCES if n.endswith(".py")])
def test_words_in_code_change_nothing(name, root):
    text = f'"""Words."""\n{SOURCES[name]}  # more'
    assert not changed_by(root, lambda: (root / name).write_text(text))


@pytest.mark.parametrize(
    ("cell", "pages"), [("x = 1", {TIMING, KEPT}), ("# Words", set())]
)
def test_notebook_that_makes_a_result_counts_by_its_code(cell, pages, root):
    def add():
        notebook = nbformat.read(root / TIMING, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(cell))
        nbformat.write(notebook, root / TIMING)

    assert changed_by(root, add) == pages


def test_results_depend_on_the_folder_of_records_that_is_chosen(
    root, tmp_path, monkeypatch
):
    before = live.data_fingerprint(root)
    other = tmp_path / "records"
    other.mkdir()
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(other))
    empty = live.data_fingerprint(root)
    assert empty != before
    (other / "c.json").write_text("c")
    assert live.data_fingerprint(root) != empty
    # The same records elsewhere give the same book.
    shutil.copytree(root / "data" / "records", tmp_path / "copy")
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path / "copy"))
    assert live.data_fingerprint(root) == before


def test_results_depend_on_the_backend(root, monkeypatch):
    prints = set()
    for backend in ("tensorflow", "jax", "torch"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        prints.add(live.fingerprints(root)[UNET])
    assert len(prints) == 3
    monkeypatch.delenv("KERAS_BACKEND")

    def without_training():
        text = "sphinx: {config: {without_training: [notebooks/unet]}}"
        (root / "_config.yml").write_text(text)

    assert changed_by(root, without_training) == {UNET}


def test_every_module_that_a_page_loads_is_reached():
    source = live.code_of(ROOT / "notebooks" / "data_sets.ipynb")
    reached = live._sources().reached
    files = reached(source, ROOT) | reached(live._loaders(ROOT), ROOT)
    names = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in files
    }
    imports = [n for n in ast.parse(source).body if type(n).__name__.startswith("Imp")]
    code = "\n".join(
        [
            *map(ast.unparse, imports),
            "import sys",
            "for name in datasets.names():",
            "    if datasets.is_cached(name): datasets.load(name)",
            "print()",
            "for name, module in sys.modules.items():",
            "    if not hasattr(module, '__path__'): print(name)",
        ]
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    ours = {name for name in loaded if name.startswith("aconv.companion.")}
    assert "aconv.companion.datasets.embedded" in ours
    # The package's own names lead to all layers, on which not every page depends.
    assert ours <= names


@pytest.mark.parametrize(
    ("name", "read_again"),
    [
        ("aconv/companion/pages/unet.py", {"notebooks/unet", "status"}),
        ("aconv/layers/base.py", {"notebooks/unet", "layer", "status"}),
        ("book/_toc.yml", {"notebooks/unet", "layer", "status", "words"}),
        ("README.md", set()),
    ],
)
def test_pages_are_read_again_when_sources_of_their_results_change(
    name, read_again, root, tmp_path, monkeypatch
):
    monkeypatch.setattr(live, "ROOT", root)
    trees = tmp_path / "_build" / "trees"
    app = SimpleNamespace(outdir=tmp_path / "_build" / "html", doctreedir=trees)
    live.setup(app)
    pages = {"notebooks/unet", "layer", "status", "words"}
    for page in pages:
        (trees / page).parent.mkdir(exist_ok=True)
        (trees / f"{page}.doctree").write_text("read")
    live.setup(app)
    assert all((trees / f"{page}.doctree").exists() for page in pages)
    (root / name).write_text(f"{SOURCES[name]}\nchanged = 1")
    live.setup(app)
    left = {page for page in pages if (trees / f"{page}.doctree").exists()}
    assert left == pages - read_again


def test_only_results_of_changed_pages_leave_the_cache(root, tmp_path):
    book = root / "book"
    live.mirror(root / "notebooks", book / "notebooks")
    cache = get_cache(tmp_path / "cache")
    for name in (UNET, TIMING):
        path = book / name
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[1].execution_count = 1
        nbformat.write(notebook, tmp_path / path.name)
        cache.cache_notebook_file(tmp_path / path.name, uri=str(path))
    live.forget({UNET}, book, tmp_path / "cache", tmp_path)
    assert [r.uri for r in cache.list_cache_records()] == [str(book / TIMING)]


def test_copies_are_those_of_the_notebooks(root):
    copies = root / "book" / "notebooks"
    live.mirror(root / "notebooks", copies)
    before = (copies / "unet.ipynb").stat().st_mtime_ns
    (root / "notebooks" / "timing.ipynb").unlink()
    live.mirror(root / "notebooks", copies)
    assert {path.name for path in copies.iterdir()} == {"kept.ipynb", "unet.ipynb"}
    assert (copies / "unet.ipynb").stat().st_mtime_ns == before


def test_second_build_waits_for_the_first_and_says_so(tmp_path):
    code = (
        "import sys, pathlib\n"
        f"sys.path.insert(0, {str(EXTENSION.parent)!r})\n"
        "import live_notebooks\n"
        f"live_notebooks.wait_for_other_builds(pathlib.Path({str(tmp_path)!r}) / 'l')\n"
        "print('begins', flush=True)\n"
        "sys.stdin.read()\n"
    )

    def build():
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-c", code], **pipes)

    first, second = build(), None
    try:
        assert first.stdout.readline() == "begins\n"
        second = build()
        said = second.stdout.readline()
        assert "another build of this book is at work" in said and str(tmp_path) in said
        first.kill()
        assert second.stdout.readline() == "begins\n"
    finally:
        for process in filter(None, (first, second)):
            process.kill()
            process.communicate()


@pytest.fixture
def book(tmp_path):
    """A book of three pages, with this repository's extension."""
    (tmp_path / "notebooks").mkdir()
    source = tmp_path / "book"
    (source / "_ext").mkdir(parents=True)
    shutil.copy(EXTENSION, source / "_ext")
    (tmp_path / "_config.yml").write_text(
        "title: Small\nonly_build_toc_files: true\n"
        "execute: {execute_notebooks: 'off'}\n"
        "sphinx: {local_extensions: {live_notebooks: book/_ext/}}\n"
    )
    for name in ("intro", "kept", "dropped"):
        (source / f"{name}.md").write_text(f"# Title {name}\n\nText of {name}.\n")

    def build(*pages):
        entries = "".join(f"  - file: {page}\n" for page in pages)
        (source / "_toc.yml").write_text(
            f"format: jb-book\nroot: intro\nchapters:\n{entries}"
        )
        built = build_book(tmp_path)
        assert built.returncode == 0, built.stderr
        return tmp_path / "_build" / "html"

    return build


def test_page_that_leaves_the_contents_vanishes(book):
    html = book("kept", "dropped")
    assert (html / "dropped.html").exists()
    html = book("kept")
    assert (html / "kept.html").exists()
    left = {str(path.relative_to(html)) for path in html.rglob("*dropped*")}
    assert left == set()
    assert "dropped" not in (html / "searchindex.js").read_text()
    for page in ("intro", "kept"):
        assert "dropped" not in (html / f"{page}.html").read_text()
