"""Sets minus signs as minus signs on all pages, in tables and text.

Code formats numbers with a hyphen. It stays in code, in addresses, and in formulas,
which MathJax sets.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

MINUS = "−"
# A hyphen before a number, and not inside a word, a date, a range or an option.
NEGATIVE = re.compile(r"(?<![\w.,:/−–-])-(?=\.?\d)")
# A tag, or what must be left as it is, up to its end.
LEFT = re.compile(
    r"<(pre|code|script|style|svg)\b.*?</\1>"
    r'|<(span|div) class="math[^>]*>.*?</\2>'
    r"|<!--.*?-->|<[^>]*>",
    re.DOTALL,
)


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx, before the head of a page is completed."""
    app.connect("html-page-context", set_minus, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def set_minus(
    app: Sphinx, page: str, template: str, context: dict, document: nodes.document
) -> None:
    """Set the minus signs of a page before it is written."""
    if "body" in context:
        context["body"] = with_minus(context["body"])


def with_minus(html: str) -> str:
    """Put minus signs for hyphens before numbers.

    Args:
        html: HTML of a page's content.

    Returns:
        The same with other signs in its text; tags, code and formulas are unchanged.
    """
    made, end = [], 0
    for left in LEFT.finditer(html):
        made += [NEGATIVE.sub(MINUS, html[end : left.start()]), left[0]]
        end = left.end()
    return "".join([*made, NEGATIVE.sub(MINUS, html[end:])])
