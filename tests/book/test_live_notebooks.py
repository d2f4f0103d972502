"""A build shows no results and no pages of an earlier one."""

import importlib.util
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from books import build_book

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "book" / "_ext" / "live_notebooks.py"


@pytest.fixture(scope="module")
def live():
    spec = importlib.util.spec_from_file_location("live_notebooks", EXTENSION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository of few files, with what its results depend on."""
    for name in ("ACONV_RECORDS_DIR", "KERAS_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "repository"
    for name in (
        "aconv/layers/base.py",
        "data/paper.yaml",
        "data/experiments/a.json",
        "data/records/a.json",
        "data/results/timing.json",
        "data/samples/digits.npz",
        "requirements.lock",
        "book/_toc.yml",
        "README.md",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


@pytest.mark.parametrize(
    "name",
    [
        "aconv/layers/base.py",
        "data/paper.yaml",
        "data/experiments/a.json",
        "data/records/a.json",
        "data/records/b.json",
        "data/samples/digits.npz",
        "requirements.lock",
    ],
)
def test_results_depend_on_code_data_and_lock(name, root, live):
    before = live.fingerprint(root)
    assert live.fingerprint(root) == before
    (root / name).write_text("changed")
    assert live.fingerprint(root) != before


@pytest.mark.parametrize("name", ["README.md", "book/_toc.yml"])
def test_results_do_not_depend_on_pages(name, root, live):
    before = live.fingerprint(root)
    (root / name).write_text("changed")
    assert live.fingerprint(root) == before


def test_results_depend_on_the_folder_of_records_that_is_chosen(
    root, live, tmp_path, monkeypatch
):
    before = live.fingerprint(root)
    other = tmp_path / "records"
    other.mkdir()
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(other))
    empty = live.fingerprint(root)
    assert empty != before
    (other / "c.json").write_text("c")
    assert live.fingerprint(root) != empty
    # The same records elsewhere give the same book.
    shutil.copytree(root / "data" / "records", tmp_path / "copy")
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path / "copy"))
    assert live.fingerprint(root) == before


def test_results_depend_on_the_backend(root, live, monkeypatch):
    prints = set()
    for backend in ("tensorflow", "jax", "torch"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        prints.add(live.fingerprint(root))
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("name", "read_again"),
    [
        ("aconv/layers/base.py", True),
        ("data/records/a.json", True),
        ("book/_toc.yml", True),
        ("README.md", False),
    ],
)
def test_all_pages_are_read_again_when_sources_of_results_change(
    name, read_again, root, live, tmp_path, monkeypatch
):
    monkeypatch.setattr(live, "ROOT", root)
    app = SimpleNamespace(
        outdir=tmp_path / "_build" / "html", doctreedir=tmp_path / "_build" / "trees"
    )
    live.setup(app)
    kept = [Path(folder) / "page" for folder in (app.outdir, app.doctreedir)]
    for path in kept:
        path.write_text("read")
    live.setup(app)
    assert all(path.exists() for path in kept)
    (root / name).write_text("changed")
    live.setup(app)
    assert [path.exists() for path in kept] == [not read_again] * 2


def test_cache_goes_with_another_fingerprint_only(live, tmp_path):
    notebooks, copies, cache = (tmp_path / n for n in ("notebooks", "copies", "cache"))
    notebooks.mkdir()
    (notebooks / "a.ipynb").write_text("{}")

    def build(fingerprint):
        live.prepare(notebooks, copies, cache, tmp_path / "state", fingerprint)
        kept = cache.exists()
        cache.mkdir(exist_ok=True)
        return kept

    assert not build("one")
    assert build("one")
    assert not build("two")
    assert (copies / "a.ipynb").read_text() == "{}"


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
