"""A second build keeps the search entries of pages that it does not write again."""

import sys
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.search import js_index

MENU = ".. toctree::\n\n   two\n   four\n   three\n"
PAGES = {
    "index": f"One\n===\n\n.. index:: aperture\n\n{MENU}",
    "two": "Two\n===\n\n.. index:: envelope\n",
    "four": "Four\n====\n\n.. index:: sigma\n",
    "three": "Three\n=====\n\n.. index:: grid\n",
}


def build(folder: Path) -> dict[str, set[str]]:
    """Build the pages of a folder; return the pages of every index entry."""
    app = Sphinx(
        folder,
        None,
        folder / "out",
        folder / "doctrees",
        "html",
        confoverrides={"extensions": ["search_entries"]},
        status=None,
        warning=sys.stderr,
    )
    app.build()
    index = js_index.loads((folder / "out" / "searchindex.js").read_text())
    return {
        entry: {index["docnames"][number] for number, *_ in places}
        for entry, places in index["indexentries"].items()
    }


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "book" / "_ext")
    for name, text in PAGES.items():
        (tmp_path / f"{name}.rst").write_text(text)
    return tmp_path


def test_pages_that_are_not_written_keep_their_entries(book):
    kept = {"aperture": {"index"}, "sigma": {"four"}}
    assert build(book) == kept | {"envelope": {"two"}, "grid": {"three"}}
    (book / "two.rst").write_text("Two\n===\n\n.. index:: kernel\n")
    (book / "three.rst").unlink()
    (book / "index.rst").write_text(PAGES["index"].replace("   three\n", ""))
    for _ in range(2):
        assert build(book) == kept | {"kernel": {"two"}}
