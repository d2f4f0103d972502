"""Files beside the pages: made once, and anew when their sources change; run times."""

import sys
from pathlib import Path

import pytest
from docutils import nodes
from sphinx.addnodes import pending_xref

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    names = {path.stem for path in EXTENSIONS.glob("*.py")}

    def load(name):
        return __import__(name)

    yield load
    for name in names:
        sys.modules.pop(name, None)


def test_files_are_written_anew_when_their_sources_change(
    extension, tmp_path, monkeypatch
):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path / "records"))
    (tmp_path / "records").mkdir()
    data_files = extension("data_files")
    folder, state = tmp_path / "data", tmp_path / "state"
    assert data_files.write(folder, state, "one")
    names = {path.name for path in folder.iterdir()}
    assert names == {"results.csv", "runs.csv", "curves.csv"}
    assert not data_files.write(folder, state, "one")
    assert data_files.write(folder, state, "two")
    for path in folder.iterdir():
        path.unlink()
    assert data_files.write(folder, state, "two")


def test_run_times_have_titles_and_words(extension):
    link = pending_xref("", nodes.inline(text="notebooks/x"), reftype="doc")
    other = pending_xref("", nodes.inline(text="notebooks/y"), reftype="doc")
    cells = [link, other, nodes.Text("✅"), nodes.Text("1.5")]
    table = nodes.table("", *(nodes.paragraph("", "", cell) for cell in cells))
    titles = {"notebooks/x": nodes.title(text="A chapter")}
    extension("run_times").put_words(table, titles)
    texts = [paragraph.astext() for paragraph in table.findall(nodes.paragraph)]
    assert texts == ["A chapter", "notebooks/y", "done", "1.5"]
