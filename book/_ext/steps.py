"""Steps of several extensions: on the content of pages, and on the whole site."""

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


def on_site(app: Sphinx, finish: Callable[[Sphinx], None], priority: int = 500) -> None:
    """Finish an HTML build that has succeeded, once all pages are there."""

    def step(app: Sphinx, error: Exception | None) -> None:
        if error is None and app.builder.format == "html":
            finish(app)

    app.connect("build-finished", step, priority)
