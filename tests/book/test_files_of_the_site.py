"""Files beside the pages: made once, and anew when their sources change; run times."""

from types import SimpleNamespace

import pytest
from books import extension
from docutils import nodes
from sphinx.addnodes import pending_xref

data_files = extension("data_files")
run_times = extension("run_times")
steps = extension("steps")


def test_files_are_written_anew_when_their_sources_change(tmp_path, monkeypatch):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path / "records"))
    (tmp_path / "records").mkdir()
    folder, state = tmp_path / "data", tmp_path / "state"
    assert data_files.write(folder, state, "one")
    names = {path.name for path in folder.iterdir()}
    assert names == {"results.csv", "runs.csv", "curves.csv"}
    assert not data_files.write(folder, state, "one")
    assert data_files.write(folder, state, "two")
    for path in folder.iterdir():
        path.unlink()
    assert data_files.write(folder, state, "two")


def test_run_times_have_titles_and_words():
    link = pending_xref("", nodes.inline(text="notebooks/x"), reftype="doc")
    other = pending_xref("", nodes.inline(text="notebooks/y"), reftype="doc")
    cells = [link, other, nodes.Text("✅"), nodes.Text("1.5")]
    table = nodes.table("", *(nodes.paragraph("", "", cell) for cell in cells))
    titles = {"notebooks/x": nodes.title(text="A chapter")}
    run_times.put_words(table, titles)
    texts = [paragraph.astext() for paragraph in table.findall(nodes.paragraph)]
    assert texts == ["A chapter", "notebooks/y", "done", "1.5"]


@pytest.mark.parametrize(
    ("form", "error", "finished"),
    [("html", None, True), ("html", ValueError(), False), ("latex", None, False)],
)
def test_site_is_finished_where_its_pages_were_written(form, error, finished):
    connected, done = [], []
    app = SimpleNamespace(
        builder=SimpleNamespace(format=form),
        connect=lambda event, step, priority: connected.append(step),
    )
    steps.on_site(app, done.append)
    connected[0](app, error)
    assert done == [app] * finished
