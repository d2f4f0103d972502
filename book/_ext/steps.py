"""Steps of several extensions: on the content of pages, and on the whole site."""

import re
from collections.abc import Callable

from docutils import nodes
from sphinx.application import Sphinx

PARALLEL = {"parallel_read_safe": True, "parallel_write_safe": True}


def on_pages(
    app: Sphinx, change: Callable[[str, str, dict], str], priority: int
) -> None:
    """Change the content of each page before it is written.

    The change gets the content as HTML, the page's name and its template's context.
    """

    def step(
        app: Sphinx, page: str, template: str, context: dict, document: nodes.document
    ) -> None:
        if "body" in context:
            context["body"] = change(context["body"], page, context)

    app.connect("html-page-context", step, priority)


def in_text(html: str, left: re.Pattern, change: Callable[[str], str]) -> str:
    """Change the text of a page between what is left as it is, tags among it."""
    made, end = [], 0
    for found in left.finditer(html):
        made += [change(html[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*made, change(html[end:])])


def on_site(app: Sphinx, finish: Callable[[Sphinx], None], priority: int = 500) -> None:
    """Finish an HTML build that has succeeded, once all pages are there."""

    def step(app: Sphinx, error: Exception | None) -> None:
        if error is None and app.builder.format == "html":
            finish(app)

    app.connect("build-finished", step, priority)
