"""A page is made again when a judge of its claims changes, and other pages are not."""

import ast
import sys

import pytest
from books import BOOK, extension

import aconv.companion.claims.every_judge  # noqa: F401
from aconv.companion.analysis.findings import JUDGES
from aconv.companion.paper.claims import load_claims

ROOT = BOOK.parent
live = extension("live_notebooks")
ANSWERS, PAGES = {"answer"}, {"claims_table", "counts_of"}
IDS = {"verdict_facts"}
ALL = {"judge_claims", "board", "answers"}


def pages_with_claims():
    paths = [*(ROOT / "notebooks").glob("*.ipynb"), *BOOK.glob("*.md")]
    return [path for path in sorted(paths) if "claims import" in live.code_of(path)]


def judges_of(code):
    """Files of the judges of all claims that the code of a page shows."""
    claims = [claim for claim in load_claims() if not claim.untested]
    shown = []
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", None))
        words = [n.value for n in ast.walk(call) if isinstance(n, ast.Constant)]
        if name in ANSWERS:
            shown += [claim for claim in claims if claim.answer in words]
        elif name in PAGES:
            shown += [claim for claim in claims if claim.page in words]
        elif name in IDS:
            shown += [claim for claim in claims if claim.id in words]
        elif name in ALL:
            shown += claims
    return {sys.modules[JUDGES[claim.judge].__module__].__file__ for claim in shown}


@pytest.mark.parametrize("page", pages_with_claims(), ids=lambda page: page.stem)
def test_page_depends_on_the_judges_of_its_claims(page):
    code = live.code_of(page)
    needed = judges_of(code)
    assert needed
    assert needed <= {str(path) for path in live._sources().reached(code, ROOT)}


def test_most_chapters_are_not_made_again_for_the_judges_of_another():
    pages = {path.stem: live.code_of(path) for path in pages_with_claims()}
    judge = ROOT / "aconv" / "companion" / "chapters" / "unet" / "judges.py"
    of_unet = {
        name
        for name, code in pages.items()
        if judge in live._sources().reached(code, ROOT)
    }
    assert of_unet == {"unet", "claims", "intro"}
