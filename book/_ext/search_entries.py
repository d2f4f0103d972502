"""Index entries of pages that a build does not write again, which Sphinx drops.

Sphinx reads titles and words of such pages from the index of the build before, and not
the entries of ``{index}`` and of the glossary: the search then ranks other pages first.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.search import js_index
from steps import PARALLEL


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx."""
    app.connect("env-updated", restore)
    return PARALLEL


def restore(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Read the entries of the build before; a page that is written has its own."""
    path = Path(app.outdir) / "searchindex.js"
    if not path.exists():
        return []
    before = js_index.loads(path.read_text(encoding="utf-8"))
    restored: dict[str, list[tuple[str, str, str]]] = {}
    for entry, places in before["indexentries"].items():
        for number, target, is_main in places:
            main = "main" if is_main else ""
            page = before["docnames"][number]
            restored.setdefault(page, []).append((entry, target, main))
    for page, entries in restored.items():
        if page in env.found_docs:
            env._search_index_index_entries[page] = entries
    # No page is to be read again.
    return []
