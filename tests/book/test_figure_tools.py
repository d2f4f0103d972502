"""The line under each figure: a command that runs, data that are there, the run."""

import pytest
from books import BOOK, extension

ROOT = BOOK.parent
figure_tools = extension("figure_tools")

RUN = {"mtime": 1795954763.0, "runtime": 34.4}
CHAPTERS = [f"notebooks/{path.stem}" for path in (ROOT / "notebooks").glob("*.ipynb")]


@pytest.mark.parametrize("page", CHAPTERS)
def test_command_runs_the_chapter_of_the_figure(page):
    words = figure_tools.command(page).split()
    assert words[0] == "papermill"
    assert (ROOT / words[1]).is_file()
    assert words[2:] == ["out.ipynb"]


def test_each_figure_gets_the_line_after_its_caption_once():
    figure = '<figure class="align-default" id="a"><img/><figcaption>c</figcaption>'
    html = f"<p>x</p>{figure}</figure><p>y</p>{figure}</figure>"
    found = figure_tools.with_tools(html, "<ul>line</ul>")
    assert found.count("</figcaption><ul>line</ul></figure>") == 2
    assert figure_tools.with_tools("<figure><img/></figure>", "line").count("line") == 0


def test_line_has_tables_of_records_or_the_notebook_and_says_when_it_ran():
    assert set(figure_tools.TABLES) <= set(CHAPTERS)
    assert "../_static/data/curves.csv" in figure_tools.tools("notebooks/unet", RUN)
    line = figure_tools.tools("notebooks/timing", RUN)
    assert 'href="../_sources/notebooks/timing.ipynb" download' in line
    assert ".csv" not in line
    assert "run on 29 November 2026 in 34 s" in line
    assert "run on" not in figure_tools.tools("notebooks/timing", {})
