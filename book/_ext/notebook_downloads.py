"""Gives the notebooks that readers download the results that the pages show.

Sphinx offers each notebook as it is kept, without outputs, and with the names of values
where its page shows the values.
"""

import re
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import JupyterCacheAbstract
from nbformat import NotebookNode
from sphinx.application import Sphinx

# A value in prose, where myst-nb puts it: {glue:text}`name` or {glue:text}`name:.2f`.
VALUE = re.compile(r"\{glue:text\}`([^`:]+)(?::([^`]+))?`")


def setup(app: Sphinx) -> dict:
    """Fills the notebooks once the pages are there."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def finish(app: Sphinx, error: Exception | None) -> None:
    """Fills the notebooks of a successful HTML build."""
    cache = Path(app.outdir).parent / ".jupyter_cache"
    if error is None and app.builder.format == "html" and cache.exists():
        sources = Path(app.srcdir) / "notebooks"
        fill(get_cache(cache), sources, Path(app.outdir) / "_sources" / "notebooks")


def fill(cache: JupyterCacheAbstract, sources: Path, downloads: Path) -> None:
    """Write each download anew with the outputs that the cache holds for its source.

    Args:
        cache: The executed notebooks.
        sources: Folder of the notebooks without outputs.
        downloads: Folder of the copies that pages offer.
    """
    for path in downloads.glob("*.ipynb"):
        try:
            _, notebook = cache.merge_match_into_file(sources / path.name)
        except KeyError:  # a build that runs nothing
            continue
        put_values(notebook)
        nbformat.write(notebook, path)


def put_values(notebook: NotebookNode) -> None:
    """Put the values that cells have named into the prose of ``notebook``.

    Args:
        notebook: An executed notebook; its cells of prose are changed.
    """
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            for kind, text in output.get("data", {}).items():
                # What is named without being shown has a prefix to its type.
                if name and kind.endswith("text/plain"):
                    values[name] = text

    def value(match: re.Match) -> str:
        name, style = match.groups()
        if name not in values:
            return match[0]
        text = values[name]
        return format(float(text), style) if style else text.strip("'\"")

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = VALUE.sub(value, cell.source)
