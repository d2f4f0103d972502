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
from steps import PARALLEL, on_site

# A value in prose, where myst-nb puts it: {glue:text}`name` or {glue:text}`name:.2f`.
VALUE = re.compile(r"\{glue:text\}`([^`:]+)(?::([^`]+))?`")


def setup(app: Sphinx) -> dict:
    """Fill the notebooks beside the pages."""
    on_site(app, finish)
    return PARALLEL


def finish(app: Sphinx) -> None:
    """Fill the notebooks from the cache, if this build has one."""
    cache = Path(app.outdir).parent / ".jupyter_cache"
    if cache.exists():
        sources = Path(app.srcdir) / "notebooks"
        fill(get_cache(cache), sources, Path(app.outdir) / "_sources" / "notebooks")


def fill(cache: JupyterCacheAbstract, sources: Path, downloads: Path) -> None:
    """Write each download anew with the outputs that the cache holds for its source."""
    for path in downloads.glob("*.ipynb"):
        try:
            _, notebook = cache.merge_match_into_file(sources / path.name)
        except KeyError:  # a build that runs nothing
            continue
        put_values(notebook)
        nbformat.write(notebook, path)


def put_values(notebook: NotebookNode) -> None:
    """Put the values that cells of an executed notebook have named into its prose."""
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
