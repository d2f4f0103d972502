"""Downloaded notebooks hold the results that the pages show."""

import nbformat
from books import extension
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

downloads = extension("notebook_downloads")

PROSE = "{glue:text}`word`, {glue:text}`number:.1f`, {glue:text}`unknown`, {eq}`a`"


def glued(name, text, prefix=""):
    return new_output(
        "display_data",
        data={f"{prefix}text/plain": text},
        metadata={"scrapbook": {"name": name}},
    )


def executed():
    outputs = [
        glued("word", "'seven'"),
        glued("number", "2.25", prefix="application/papermill.record/"),
    ]
    code = new_code_cell("glue()", outputs=outputs, execution_count=1)
    return new_notebook(cells=[new_markdown_cell(PROSE), code])


def test_values_stand_in_the_prose_and_other_roles_stay():
    notebook = executed()
    downloads.put_values(notebook)
    assert notebook.cells[0].source == ("seven, 2.2, {glue:text}`unknown`, {eq}`a`")


def test_downloads_are_filled_from_the_cache_and_others_are_left(tmp_path):
    sources, copies = tmp_path / "sources", tmp_path / "copies"
    cache = get_cache(tmp_path / "cache")
    for folder in (sources, copies):
        folder.mkdir()
        for name in ("run", "not_run"):
            notebook = executed()
            notebook.cells[1].source = f"{name}()"
            notebook.cells[1].outputs, notebook.cells[1].execution_count = [], None
            nbformat.write(notebook, folder / f"{name}.ipynb")
    notebook = executed()
    notebook.cells[1].source = "run()"
    path = tmp_path / "run.ipynb"
    nbformat.write(notebook, path)
    cache.cache_notebook_file(path, uri=str(sources / "run.ipynb"))
    before = (copies / "not_run.ipynb").read_bytes()

    downloads.fill(cache, sources, copies)

    filled = nbformat.read(copies / "run.ipynb", as_version=4)
    assert len(filled.cells[1].outputs) == 2
    assert filled.cells[0].source.startswith("seven")
    assert (copies / "not_run.ipynb").read_bytes() == before
