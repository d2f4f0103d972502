"""A line under each figure of a chapter: how to make it again, its data, its run.

The command runs the chapter, whose parameters make the figure another one. Figures of
recorded runs have tables of values; for the others, the chapter's notebook has them.
"""

import re
import time
from html import escape

from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from steps import PARALLEL, on_pages

FOLDER = "notebooks/"
# Tables that data_files.py writes, by the chapters whose figures draw them.
TABLES = {
    "notebooks/results": ("results.csv", "runs.csv"),
    "notebooks/simple_network": ("runs.csv", "curves.csv"),
    "notebooks/resnet": ("runs.csv", "curves.csv"),
    "notebooks/unet": ("runs.csv", "curves.csv"),
}
_FIGURE = re.compile(r'(<figure class="align-default"[^>]*>.*?)(</figure>)', re.DOTALL)


def setup(app: Sphinx) -> dict:
    """Add the line to the figures of chapters."""

    def add_tools(body: str, page: str, context: dict) -> str:
        if not page.startswith(FOLDER):
            return body
        run = NbMetadataCollector.get_exec_data(app.env, page) or {}
        return with_tools(body, tools(page, run))

    on_pages(app, add_tools, priority=500)
    return PARALLEL


def with_tools(html: str, line: str) -> str:
    """Return a page's content with the line at the end of each figure."""
    return _FIGURE.sub(lambda found: found[1] + line + found[2], html)


def tools(page: str, run: dict) -> str:
    """Return the line of a chapter's figures.

    Of its execution MyST-NB keeps ``mtime`` and ``runtime``, in seconds, if it was run.
    """
    parts = [_command(page), f"data: {_data(page)}"]
    if run.get("mtime") and run.get("runtime"):
        day = time.strftime("%d %B %Y", time.gmtime(run["mtime"])).lstrip("0")
        parts.append(f"run on {day} in {run['runtime']:.0f} s")
    items = "".join(f"<li>{part}</li>" for part in parts)
    return f'<ul class="figure-tools">{items}</ul>'


def command(page: str) -> str:
    """Return what runs a chapter again."""
    return f"papermill {escape(page)}.ipynb out.ipynb"


def _command(page: str) -> str:
    # The classes are those that Sphinx's copy button looks for.
    return (
        "<details><summary>reproduce</summary>"
        '<div class="highlight-none notranslate"><div class="highlight">'
        f"<pre>{command(page)}\n</pre></div></div></details>"
    )


def _data(page: str) -> str:
    files = [(f"../_static/data/{name}", name) for name in TABLES.get(page, ())]
    name = page.removeprefix(FOLDER)
    notebook = f"../_sources/{page}.ipynb"
    files = files or [(notebook, f"{name}.ipynb with its results")]
    return ", ".join(
        f'<a href="{escape(address)}" download>{escape(name)}</a>'
        for address, name in files
    )
