"""The table of claims sorts and filters, and chapters begin with their answer."""

import pytest

from aconv.companion.paper.claims import load_claims

# Chapters that have a box, and the audit, which begins with a table.
CHAPTERS = [
    *sorted({claim.answer for claim in load_claims()} - {""}),
    "notebooks/audit",
]
FIRST_SCREEN = 900  # pixels
VERDICTS = "table.claims tbody tr:not([hidden]) td:nth-child(5)"


@pytest.fixture
def page(open_page):
    return open_page("notebooks/claims", fresh=True).page


def test_claims_are_filtered_by_verdict_and_words(page):
    everything = page.locator(VERDICTS).all_inner_texts()
    page.select_option(".claims-filter select", label="misprint")
    shown = page.locator(VERDICTS).all_inner_texts()
    assert shown == ["misprint"] * everything.count("misprint")
    page.fill(".claims-filter input", "TABLE 1 parameters")
    fewer = page.locator(VERDICTS).all_inner_texts()
    assert 0 < len(fewer) < len(shown)
    count = page.locator(".claims-filter output").inner_text()
    assert count == f"{len(fewer)} of {len(everything)} claims"
    page.fill(".claims-filter input", "")
    page.select_option(".claims-filter select", "")
    assert page.locator(VERDICTS).all_inner_texts() == everything


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_claims_are_sorted_by_keyboard_in_both_directions(page, key):
    head = page.locator("table.claims th", has_text="verdict")
    head.locator("button").focus()
    for order, reverse in (("ascending", False), ("descending", True)):
        page.keyboard.press(key)
        found = page.locator(VERDICTS).all_inner_texts()
        assert found == sorted(found, reverse=reverse)
        assert head.get_attribute("aria-sort") == order


def test_claims_are_a_plain_table_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((site / "notebooks" / "claims.html").as_uri())
    assert page.locator(VERDICTS).count() > 50
    assert page.locator("table.claims button, .claims-filter").count() == 0
    context.close()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_answer_stands_on_the_first_screen(open_page, chapter):
    page = open_page(chapter).page
    answer = page.locator(".admonition.answer, table.claims").first
    top = answer.evaluate("e => e.getBoundingClientRect().top + scrollY")
    height = page.evaluate("document.querySelector('article').scrollHeight")
    print(f"{chapter}: {top:.0f} px, {top / height:.1%} of the page above the answer")
    assert top < FIRST_SCREEN


def test_first_page_has_a_verdict_on_its_first_screen(open_page):
    page = open_page("intro").page
    board = page.locator("table", has_text="verdict").first
    assert board.evaluate("e => e.getBoundingClientRect().top + scrollY") < FIRST_SCREEN
