"""Every page, at three widths, light and dark: quiet, whole, legible, light."""

import importlib.resources
import json
import re

import pytest

# A page with everything it loads, and the whole site, uncompressed.
PAGE_BYTES, SITE_BYTES = 2_500_000, 30_000_000

# What an element's frame hides and nothing can scroll into sight. Frames may scroll; a
# page may not.
CUT = """() => {
  const shown = (e) => e.checkVisibility() && e.getClientRects().length > 0;
  const scrolls = (e) => {
    for (let p = e; p && p.tagName !== "MAIN"; p = p.parentElement) {
      const flow = getComputedStyle(p).overflowX;
      if ((flow === "auto" || flow === "scroll") && p.scrollWidth > p.clientWidth) {
        return true;
      }
    }
    return false;
  };
  const hidden = [...document.querySelectorAll("article *")].filter((e) => {
    // What is hidden from sight on purpose, for screen readers only.
    if (e.closest("mjx-assistive-mml, .visually-hidden, svg")) return false;
    return shown(e) && e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e);
  });
  return hidden.map((e) => e.outerHTML.slice(0, 120));
}"""
FRAMES = """() =>
  [...document.querySelectorAll("article *")]
    .filter((e) => e.checkVisibility() && !e.closest("mjx-assistive-mml"))
    .filter((e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX))
    .filter((e) => e.scrollWidth > e.clientWidth + 1)
    .map((e) => ({
      html: e.outerHTML.slice(0, 120),
      reached: e.tabIndex === 0,
      named: !!e.getAttribute("aria-label"),
      hinted: getComputedStyle(e).maskImage !== "none",
    }))
"""
IMPACTS = ("critical", "serious")


def test_page_overflows_nowhere_and_cuts_nothing(open_page, page_name, scheme, width):
    page = open_page(page_name, width, scheme).page
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0
    assert page.evaluate(CUT) == []


def test_frames_that_scroll_are_named_marked_and_reached_by_keyboard(
    open_page, page_name, width
):
    for frame in open_page(page_name, width).page.evaluate(FRAMES):
        assert frame["reached"] and frame["named"] and frame["hinted"], frame["html"]


def test_page_is_quiet_and_loads_only_what_is_there(open_page, page_name, scheme):
    tab = open_page(page_name, scheme=scheme)
    assert tab.messages == []
    assert [path for path, size in tab.loaded.items() if size is None] == []


def test_page_has_no_serious_fault_of_accessibility(open_page, page_name, scheme):
    pytest.importorskip("axe_playwright_python")
    rules = importlib.resources.files("axe_playwright_python") / "axe.min.js"
    # Frames scroll on phones, menus stand on screens: one of each, axe takes seconds.
    page = open_page(page_name, {"light": 390, "dark": 1400}[scheme], scheme).page
    page.evaluate(rules.read_text(encoding="utf-8"))
    # With `preload`, axe-core would ask again for style sheets, at wrong addresses.
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], preload: false})"
    )
    faults = [
        (fault["id"], node["html"][:120], node["failureSummary"][:200])
        for fault in found["violations"]
        if fault["impact"] in IMPACTS
        for node in fault["nodes"]
    ]
    assert faults == []


def test_page_is_light(open_page, page_name):
    sizes = open_page(page_name).loaded
    total = sum(size or 0 for size in sizes.values())
    heaviest = sorted(sizes.items(), key=lambda item: -(item[1] or 0))[:8]
    assert total <= PAGE_BYTES, heaviest


def test_no_cell_shows_a_warning(open_page, page_name):
    printed = open_page(page_name).page.locator(".cell_output .output.stream")
    assert not [text for text in printed.all_inner_texts() if "WARNING" in text]


def test_site_is_light(site):
    total = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert total <= SITE_BYTES


def test_icons_are_drawn(open_page, page_name):
    """Each icon takes room and comes from the font that the site carries."""
    page = open_page(page_name).page
    icons = page.evaluate(
        """() => [...document.querySelectorAll("i[class*=fa-]")]
          .filter((e) => e.checkVisibility() && e.getClientRects().length)
          .map((e) => [e.className, getComputedStyle(e, "::before").content,
                       e.getBoundingClientRect().width])"""
    )
    assert icons
    for name, content, width in icons:
        assert re.fullmatch('".+"', content) and width > 5, name
    faces = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    assert any("Font Awesome" in face for face in faces)


def test_head_says_what_the_page_is(open_page, page_name):
    page = open_page(page_name).page
    head = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("meta")].map((m) =>
          [m.getAttribute("property") || m.name, m.content]))"""
    )
    assert 20 <= len(head["description"]) <= 200
    assert "\\" not in head["description"]
    assert head["og:description"] == head["description"]
    assert head["og:title"] and head["og:image:alt"]
    icon = page.locator("link[rel=icon]").get_attribute("href")
    for address in (head["og:image"], icon):
        found = page.evaluate("a => new URL(a, location).href", address)
        size = page.evaluate(
            """a => new Promise((done) => {
              const image = new Image();
              image.onload = () => done([image.naturalWidth, image.naturalHeight]);
              image.onerror = () => done(null);
              image.src = a;
            })""",
            found,
        )
        assert size, address
        if address == head["og:image"]:
            assert size == [1200, 630]
    words = page.title().split(" — ")
    assert len(words) == len(set(words)), json.dumps(words)
