"""What a page says of itself to search engines, to networks and to readers.

Adds a description, the tags of a social card and, where the book's address is known, a
canonical link; there, links of the page for missing addresses start from it, too.
Leaves out what a page loads without need: the live kernels of ``sphinx-thebe``, whose
script is added twice and fails, and MathJax on pages without a formula. Mends roles
that assistive technology would read wrongly.
"""

import os
import re
from html import escape, unescape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from steps import PARALLEL

ADDRESS = "BOOK_URL"
LONGEST_DESCRIPTION = 200
CARD = "_static/social-card.png"
MISSING = "404"


def setup(app: Sphinx) -> dict:
    """Connect the steps to Sphinx."""
    app.connect("config-inited", set_address)
    app.connect("html-page-context", complete, priority=900)
    return PARALLEL


def set_address(app: Sphinx, config: Config) -> None:
    """Take the book's address from the environment variable ``BOOK_URL``, if set."""
    if os.environ.get(ADDRESS):
        config.html_baseurl = os.environ[ADDRESS].rstrip("/") + "/"


def complete(
    app: Sphinx, page: str, template: str, context: dict, document: nodes.document
) -> None:
    """Complete a page's head and mend its body before it is written."""
    name = app.config.html_title or app.config.project
    title = unescape(re.sub("<[^>]*>", "", context.get("title", name)))
    body = context.get("body", "")
    needless = ["thebe"]
    if not formulas(body):
        needless += ["mathjax", "window.MathJax"]
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if not any(word in describe(file) for word in needless)
        ]
    context["body"] = mend_roles(body)
    if page == MISSING and app.config.html_baseurl:
        # A server answers with this page below any folder.
        base = f'<base href="{escape(app.config.html_baseurl)}" />'
        context["metatags"] = base + context.get("metatags", "")
    if document is not None:
        text = description(document) or name
        tags = head_tags(name, title, text, page, app.config.html_baseurl)
        context["metatags"] = context.get("metatags", "") + tags


def describe(file: object) -> str:
    """Name and content of a script or style sheet as Sphinx keeps it."""
    return f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', '')}"


def formulas(body: str) -> bool:
    """Whether a page's HTML holds anything for MathJax to typeset."""
    return 'class="math' in body or r"\(" in body or r"\[" in body


def description(document: nodes.document) -> str:
    """First paragraph without a formula, cut at a word; empty if there is none."""
    for paragraph in document.findall(nodes.paragraph):
        plain = isinstance(paragraph.parent, nodes.section | nodes.document)
        if not plain or next(paragraph.findall(nodes.math), None):
            continue
        text = " ".join(paragraph.astext().split())
        if len(text) > LONGEST_DESCRIPTION:
            text = text[: LONGEST_DESCRIPTION - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
        return text
    return ""


def head_tags(name: str, title: str, text: str, page: str, address: str | None) -> str:
    """The tags of a page's head, a line each: titles of book and page, description.

    The address is where the book is published, with a slash at its end, or none. Only
    with it are the addresses in the tags whole, as social networks want them.
    """
    card = f"{address or '../' * page.count('/')}{CARD}"
    properties = {
        "og:type": "article",
        "og:site_name": name,
        "og:title": title,
        "og:description": text,
        "og:image": card,
        "og:image:alt": f"{name}: three envelopes of growing aperture",
        "og:image:width": "1200",
        "og:image:height": "630",
    }
    if address:
        properties["og:url"] = f"{address}{page}.html"
    named = {"description": text, "twitter:card": "summary_large_image"}
    tags = [f'<meta name="{k}" content="{escape(v)}" />' for k, v in named.items()]
    tags += [
        f'<meta property="{key}" content="{escape(value)}" />'
        for key, value in properties.items()
    ]
    return "\n".join(["", *tags, ""])


def mend_roles(body: str) -> str:
    """Give lists of references and empty corners of tables the roles that they have.

    Each entry of such a list becomes an item of it, and a cell that heads no row or
    column is no header.
    """
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    return re.sub(r"<th((?:\s[^>]*)?)>((?:&nbsp;|\s)*)</th>", r"<td\1>\2</td>", body)
