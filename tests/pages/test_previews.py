"""Previews of links: by mouse, keyboard and touch, with what is at their end."""

import pytest

TERM = "article a.term"
VERDICT = "article a.verdict"
CITATION = "article a.reference.internal[href*='bibliography.html#']"
FIGURE = "article a.reference.internal[href^='#fig-']"


def first(tab, selector):
    link = tab.page.locator(selector).first
    link.scroll_into_view_if_needed()
    return link


@pytest.mark.parametrize(
    ("name", "selector", "word"),
    [
        ("notebooks/simple_network", TERM, ""),
        ("notebooks/simple_network", VERDICT, "interval"),
        ("notebooks/adaptive_kernel", CITATION, "20"),
    ],
)
def test_pointing_at_a_link_shows_what_it_leads_to(open_page, name, selector, word):
    tab = open_page(name, fresh=True)
    link = first(tab, selector)
    link.hover()
    box = tab.page.locator(".preview")
    box.wait_for()
    assert len(box.inner_text()) > 20
    assert word in box.inner_text()
    assert link.get_attribute("aria-describedby") == "preview"
    tab.page.mouse.move(1, 1)
    box.wait_for(state="detached")
    assert link.get_attribute("aria-describedby") is None
    assert not tab.messages


def test_figure_is_shown_with_its_picture(open_page):
    tab = open_page("notebooks/simple_network", fresh=True)
    first(tab, FIGURE).hover()
    image = tab.page.locator(".preview img")
    image.wait_for()
    tab.settle()
    assert image.evaluate("e => e.naturalWidth") > 50


def test_focus_shows_and_escape_closes(open_page):
    tab = open_page("notebooks/simple_network", fresh=True)
    link = first(tab, TERM)
    tab.page.keyboard.press("Tab")  # the reader uses the keyboard
    link.focus()
    assert tab.page.locator(".preview").is_visible()
    tab.page.keyboard.press("Escape")
    assert tab.page.locator(".preview").count() == 0


def test_a_first_tap_shows_and_a_second_follows(browser, site):
    context = browser.new_context(
        viewport={"width": 390, "height": 900}, has_touch=True, offline=True
    )
    page = context.new_page()
    address = f"{(site / 'notebooks/simple_network').as_uri()}.html"
    page.goto(address)
    link = page.locator(TERM).first
    link.tap()
    box = page.locator(".preview")
    box.wait_for()
    assert page.url == address
    edges = box.bounding_box()
    assert edges["x"] >= 0
    assert edges["x"] + edges["width"] <= 390
    link.tap()
    page.wait_for_url("**/notation.html#*")
    context.close()
