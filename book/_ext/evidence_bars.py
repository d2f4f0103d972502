"""A small bar before evidence: how much of the paper's training the runs have.

It shows the share that the text says, of a range its upper end; a screen reader reads
the text alone.
"""

import re

from sphinx.application import Sphinx
from steps import PARALLEL, in_text, on_pages

# As ``aconv.companion.analysis.evidence.describe`` writes it.
_PART = (
    r"(?:short|demo|begun at full length(?:, stable)?) "
    r"\((?:[\d.]+ to )?(?P<share>[\d.]+) % of the paper(?:'|’|&#x27;|&#39;)s training\)"
)
# The word "seeds" may be a link to its definition.
_WHOLE = r"full length, (?:\d+ to )?\d+ (?:seeds?\b|$)"
_LENGTH = re.compile(f"{_PART}|{_WHOLE}")
# A tag, or what must be left as it is, up to its end.
_LEFT = re.compile(r"<(pre|code|script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx, before the head of a page is completed."""
    on_pages(app, lambda body, page, context: with_bars(body), priority=700)
    return PARALLEL


def with_bars(html: str) -> str:
    """Return a page's content with a bar before each length of runs."""
    return in_text(html, _LEFT, lambda text: _LENGTH.sub(_bar, text))


def _bar(found: re.Match) -> str:
    share = found["share"] or "100"
    style = f"--share: {share}%"
    return f'<span class="length" style="{style}" aria-hidden="true"></span>{found[0]}'
