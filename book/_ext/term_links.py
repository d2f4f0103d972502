"""Links to *Notation* where a page uses one of its terms first.

They are what ``{term}`` makes, in the text of the book and of its notebooks alike; no
heading, link, caption of a table, code or formula gets one. Words that have an everyday
sense as well are linked only where the text says ``{term}``.
"""

import re
from collections.abc import Iterable

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from steps import PARALLEL

LEFT_ALONE = (
    nodes.reference,
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.rubric,
    nodes.thead,
    addnodes.pending_xref,
    addnodes.desc,
    addnodes.glossary,
)
EVERYDAY = {"filter", "fold", "peak", "record", "version"}
# Titles of works, in which words are not this book's.
TITLES_OF_WORKS = "bibliography"


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx, when the links of a page are known."""
    app.connect("doctree-resolved", link_terms)
    return PARALLEL


def link_terms(app: Sphinx, document: nodes.document, page: str) -> None:
    """Link the first use of each term in the paragraphs of a page."""
    if page == TITLES_OF_WORKS:
        return
    terms = {
        name: (target, anchor)
        for (kind, name), (target, anchor) in app.env.domains["std"].objects.items()
        if kind == "term" and target != page and name not in EVERYDAY
    }
    pattern = term_pattern(terms)
    if pattern is None:
        return
    linked: set[str] = set()
    for text in list(paragraph_texts(document)):
        parts: list[nodes.Node] = []
        end = 0
        for match in pattern.finditer(str(text)):
            term = next(t for t in terms if match[1].lower() == t.lower())
            if term in linked:
                continue
            linked.add(term)
            target, anchor = terms[term]
            address = app.builder.get_relative_uri(page, target)
            parts += [
                nodes.Text(text[end : match.start()]),
                nodes.reference(
                    "",
                    match[0],
                    internal=True,
                    refuri=f"{address}#{anchor}",
                    classes=["term"],
                ),
            ]
            end = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def term_pattern(terms: Iterable[str]) -> re.Pattern | None:
    """Return what finds any of the terms as a whole word, alone or in the plural."""
    words = "|".join(sorted(map(re.escape, terms), key=len, reverse=True))
    if not words:
        return None
    return re.compile(rf"(?<![\w-])({words})(?:s|es)?(?![\w-])", re.IGNORECASE)


def paragraph_texts(document: nodes.document) -> Iterable[nodes.Text]:
    """Texts of paragraphs that may get a link, in order."""
    for text in document.findall(nodes.Text):
        parents = []
        node = text.parent
        while node is not None:
            parents.append(node)
            node = node.parent
        if any(isinstance(parent, LEFT_ALONE) for parent in parents):
            continue
        if any(isinstance(parent, nodes.paragraph) for parent in parents):
            yield text
