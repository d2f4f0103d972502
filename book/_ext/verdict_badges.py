"""Badges for verdicts: the same colour, icon and word in text and tables.

A verdict alone in a table's cell, or in bold type in a sentence, becomes a link to the
rule that it was given by. Colours and icons are in ``book.css``; a screen reader reads
the word.
"""

import re

from sphinx.application import Sphinx
from steps import PARALLEL, on_pages

from aconv.companion.stats import Verdict

RULES = "how_we_judge"
_WORD = "|".join(sorted(map(re.escape, Verdict), key=len, reverse=True))
_GLUED = rf'(?:<span class="pasted-text">)?({_WORD})(?:</span>)?'
# A cell may hold a paragraph, the paragraph bold type, and this a pasted value.
_IN_CELL = re.compile(
    rf"(<td\b[^>]*>)\s*(?:<p>)?(?:<strong>)?{_GLUED}(?:</strong>)?(?:</p>)?\s*(?=</td>)"
)
_IN_TEXT = re.compile(rf"()<strong>{_GLUED}</strong>")


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx, before the head of a page is completed."""
    on_pages(app, set_badges, priority=700)
    return PARALLEL


def set_badges(body: str, page: str, context: dict) -> str:
    """Return a page's content with badges that link to the page of rules."""
    rules = "" if page == RULES else context["pathto"](RULES)
    return with_badges(body, rules, targets=page == RULES)


def with_badges(html: str, rules: str, *, targets: bool = False) -> str:
    """Return a page's content with badges that link to the address of the rules.

    With ``targets`` the first badge of each verdict is what the others link to.
    """
    placed = set()

    def badge(match: re.Match) -> str:
        before, word = match.groups()
        anchor = "verdict-" + word.replace(" ", "-")
        name = f' id="{anchor}"' if targets and word not in placed else ""
        placed.add(word)
        return (
            f'{before}<a class="sd-sphinx-override sd-badge verdict {anchor}"{name} '
            f'href="{rules}#{anchor}">{word}</a>'
        )

    return _IN_TEXT.sub(badge, _IN_CELL.sub(badge, html))
