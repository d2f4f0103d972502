"""Sets minus signs as minus signs on all pages, in tables and text.

Code formats numbers with a hyphen. It stays in code, in addresses, and in formulas,
which MathJax sets.
"""

import re

from sphinx.application import Sphinx
from steps import PARALLEL, in_text, on_pages

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
    on_pages(app, lambda body, *_: with_minus(body), priority=800)
    return PARALLEL


def with_minus(html: str) -> str:
    """Put minus signs for hyphens before numbers, but in tags, code and formulas."""
    return in_text(html, LEFT, lambda text: NEGATIVE.sub(MINUS, text))
