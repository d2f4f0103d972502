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


DECIDED = {"holds", "holds in part", "does not hold", "misprint"}


def test_claims_open_with_what_is_decided_and_the_rest_is_one_choice_away(page):
    decided = page.locator(VERDICTS).all_inner_texts()
    assert set(decided) <= DECIDED
    page.select_option(".claims-filter select", label="all verdicts")
    everything = page.locator(VERDICTS).all_inner_texts()
    assert len(decided) == sum(word in DECIDED for word in everything)
    assert len(everything) > len(decided)


def test_link_to_a_claim_that_is_not_decided_shows_it(page):
    row = page.locator("table.claims tr[data-verdict=open]").first
    assert not row.is_visible()
    name = row.get_attribute("id")
    page.evaluate("name => { location.hash = name; }", name)
    page.wait_for_timeout(100)
    assert row.is_visible()
    page.reload()
    assert page.locator(f'[id="{name}"]').is_visible()


def test_claims_are_filtered_by_verdict_and_words(page):
    page.select_option(".claims-filter select", label="all verdicts")
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


TOP = "e => e.getBoundingClientRect().top + scrollY"


def test_first_page_answers_on_its_first_screen(open_page):
    page = open_page("intro").page
    answers = page.locator(".answers li")
    assert answers.count() == 5
    assert answers.first.evaluate(TOP) < FIRST_SCREEN
    assert page.locator(".answers li a.verdict").count() == 5
    # The sliders stand within two screens of a desk.
    sliders = page.locator(".explorer, .explorer-live").first
    assert sliders.evaluate(TOP) < 2 * FIRST_SCREEN


def test_strip_says_more_on_hover_and_on_focus(open_page, width):
    page = open_page("intro", width).page
    cells = page.locator("ul.strip a.verdict")
    assert cells.count() == 12
    for place in range(12):
        text = page.locator("ul.strip [role=tooltip]").nth(place)
        assert not text.is_visible()
        cells.nth(place).focus()
        assert text.is_visible()
        assert "paper" in text.inner_text()
        box = text.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        cells.nth(place).blur()
    cells.first.hover()
    assert page.locator("ul.strip [role=tooltip]").first.is_visible()
    page.mouse.move(0, 0)


def test_picture_of_the_first_page_is_whole_on_a_phone(open_page):
    page = open_page("intro", 390).page
    picture = page.locator("figure#fig-steps img").bounding_box()
    assert picture["x"] >= 0
    assert picture["x"] + picture["width"] <= 390
    # At this width the labels, 10 points of a figure of 5 inches, keep 9 pixels.
    assert picture["width"] >= 330
