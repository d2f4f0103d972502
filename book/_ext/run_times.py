"""Names the chapters in the table of run times by their titles, and its signs in words.

The table of ``nb-exec-table`` has paths, and signs that some fonts lack.
"""

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from steps import PARALLEL

WORDS = {"✅": "done", "❌": "failed"}


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx."""
    app.add_post_transform(Titles)
    return PARALLEL


class Titles(SphinxPostTransform):
    """Put titles for paths, once the table is there and before links are resolved."""

    default_priority = 9

    def run(self, **kwargs: object) -> None:
        """Change the tables of this page."""
        for table in self.document.findall(nodes.table):
            put_words(table, self.env.titles)


def put_words(table: nodes.table, titles: dict[str, nodes.title]) -> None:
    """Put titles for paths and words for signs into a table."""
    for link in table.findall(pending_xref):
        path = link.astext()
        if link.get("reftype") == "doc" and path in titles:
            link.children = []
            link += nodes.inline(text=titles[path].astext())
    for text in list(table.findall(nodes.Text)):
        if text in WORDS:
            text.parent.replace(text, nodes.Text(WORDS[text]))
