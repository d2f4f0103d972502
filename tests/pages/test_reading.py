"""What a reader does: menus, theme, folded code, search, print."""

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

# Words that readers type, and part of the title of a page that must answer.
FOUND = {
    "aperture": "The adaptive kernel",
    "heatmap": "heatmaps",
    "MNIST": "data sets",
    "envelope": "The adaptive kernel",
    "variance": "variance theorem",
    "U-Net": "U-Net",
    "ResNet": "ResNet",
    "fold": "Time",
    "overfit": "Can a convolution kernel",
    "papermill": "Can a convolution kernel",
    "CIFAR-10": "data sets",
    "inference": "Time",
    "install": "Use the layer",
    "pip": "Use the layer",
    "deploy": "Use the layer",
    "export": "Use the layer",
    "with_aperture_rate": "Use the layer",
    "aperture_regularizer": "API reference",
    "unfold": "API reference",
    "participation": "Notation",
}
# Words for which one page is the answer, and must be the first.
FIRST = {
    "receptive field": "Notation",
    "p-value": "How we judge",
    "GPU": "Use the layer",
    "PyTorch": "Use the layer",
    "licence": "Use the layer",
    "docker": "How this was made",
}


def in_sight(page, selector):
    """Whether an element of ``selector`` stands within the window, on top."""
    return page.evaluate(
        """s => [...document.querySelectorAll(s)].some((e) => {
          const box = e.getBoundingClientRect();
          const x = box.left + box.width / 2;
          const y = box.top + Math.min(box.height, 40) / 2;
          if (!box.width || x < 0 || y < 0 || x > innerWidth) return false;
          const top = document.elementFromPoint(x, y);
          return e.checkVisibility() && !!top && (e.contains(top) || top.contains(e));
        })""",
        selector,
    )


def buttons(page, kind):
    """The buttons of a menu that a reader can see."""
    return [b for b in page.locator(f".{kind}-toggle").all() if b.is_visible()]


@pytest.mark.parametrize(
    ("kind", "menu"),
    [("primary", "nav.bd-links"), ("secondary", "nav.page-toc")],
)
def test_menu_opens_and_closes_by_every_button_in_sight(open_page, width, kind, menu):
    number = len(buttons(open_page("notebooks/results", width, fresh=True).page, kind))
    standing = width == 1400  # where the menus stand beside the text
    assert number or (standing and kind == "secondary")
    for which in range(number):
        tab = open_page("notebooks/results", width, fresh=True)
        page = tab.page
        assert in_sight(page, menu) == standing
        buttons(page, kind)[which].click()
        tab.settle()
        assert in_sight(page, menu) != standing
        if standing:
            buttons(page, kind)[which].click()
        else:
            page.keyboard.press("Escape")
        tab.settle()
        assert in_sight(page, menu) == standing


@pytest.mark.parametrize("narrow", [390, 800])
def test_menu_on_a_narrow_window_leads_to_another_page(open_page, narrow):
    tab = open_page("notebooks/results", narrow, fresh=True)
    buttons(tab.page, "primary")[0].click()
    tab.settle()
    tab.page.locator("dialog nav.bd-links a:visible", has_text="Time").click()
    tab.page.wait_for_url("**/timing.html")


def test_theme_switch_goes_through_light_and_dark(open_page):
    tab = open_page("intro", fresh=True)
    themes = {tab.page.evaluate("document.documentElement.dataset.theme")}
    for _ in range(2):
        tab.page.locator("button.theme-switch-button:visible").first.click()
        themes.add(tab.page.evaluate("document.documentElement.dataset.theme"))
    assert themes == {"light", "dark"}


def test_folded_code_opens(open_page):
    tab = open_page("status", fresh=True)
    cell = tab.page.locator("details.hide").first
    code = cell.locator("pre").first
    assert not code.is_visible()
    cell.locator("summary").click()
    assert code.is_visible()


def address(page):
    return Path(urlparse(page.url).path).name


def test_arrow_keys_lead_to_the_next_page_and_back(open_page):
    page = open_page("notebooks/results", fresh=True).page
    following = page.get_attribute('link[rel="next"]', "href")
    with page.expect_navigation():
        page.keyboard.press("ArrowRight")
    assert address(page) == following
    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")
    assert address(page) == "results.html"


def test_arrow_keys_stay_while_words_are_typed_and_frames_scroll(open_page):
    tab = open_page("notebooks/results", 390, fresh=True)
    tab.page.keyboard.press("Control+k")
    tab.page.keyboard.type("fold")
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("Escape")
    tab.page.locator("article figure.scrolls").first.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.settle()
    assert address(tab.page) == "results.html"
    assert tab.page.evaluate("document.activeElement.scrollLeft") > 0


def results_of(tab, word):
    """Titles of the pages that the book's search gives for a word."""
    page = tab.page
    address = page.url.split("?")[0] + f"?q={word}"
    page.goto(address)
    page.wait_for_function(
        """() => /found|did not match/.test(
          document.querySelector("#search-results").innerText)"""
    )
    tab.settle()
    return page.locator("#search-results ul.search li > a").all_inner_texts()


def test_search_finds_what_readers_type(open_page):
    tab = open_page("search", fresh=True)
    for word, title in FOUND.items():
        titles = results_of(tab, word)
        assert any(title in found for found in titles), (word, titles)


@pytest.mark.parametrize("word", FIRST)
def test_search_shows_the_page_that_answers_first(open_page, word):
    assert results_of(open_page("search", fresh=True), word)[0] == FIRST[word]


def test_magnifier_stands_before_the_words_that_are_searched(open_page, width):
    page = open_page("search", width, fresh=True).page
    icon, text = page.evaluate(
        """() => {
          const form = document.querySelector(".bd-search-container form.bd-search");
          const field = form.querySelector("input");
          const icon = form.querySelector(".fa-magnifying-glass");
          const start = parseFloat(getComputedStyle(field).paddingLeft);
          const left = field.getBoundingClientRect().left;
          return [icon.getBoundingClientRect().right, left + start];
        }"""
    )
    assert icon <= text


def test_printed_page_has_no_frames_that_scroll_and_no_controls(open_page, page_name):
    tab = open_page(page_name, 800, fresh=True)
    tab.page.emulate_media(media="print")
    tab.settle()
    scrolling = tab.page.evaluate(
        """() => [...document.querySelectorAll("article *")]
          .filter((e) => e.checkVisibility() && e.getClientRects().length)
          .filter((e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
                         && e.scrollWidth > e.clientWidth + 1)
          .map((e) => e.outerHTML.slice(0, 100))"""
    )
    assert scrolling == []
    for control in ("button.copybtn", "a.headerlink", "details.hide:not([open])"):
        assert not any(e.is_visible() for e in tab.page.locator(control).all())
    # A box without words or pictures is what stays of folded code.
    boxes = tab.page.locator("article div.cell").all()
    empty = [
        box
        for box in boxes
        if box.is_visible()
        and not re.sub(r"\s", "", box.inner_text())
        and not box.locator("img").count()
    ]
    assert empty == []


def file_of(link):
    return Path(unquote(urlparse(link.evaluate("a => a.href")).path))


def test_figures_of_chapters_have_a_command_data_and_their_run(open_page, page_name):
    if not page_name.startswith("notebooks/"):
        pytest.skip("only chapters have such figures")
    page = open_page(page_name).page
    figures = page.locator("article figure.align-default")
    lines = page.locator("article figure.align-default > ul.figure-tools")
    assert lines.count() == figures.count()
    for line in lines.all():
        command = f"papermill {page_name}.ipynb out.ipynb"
        assert command in line.locator("pre").text_content()
        assert line.locator("button.copybtn").count() == 1
        assert re.search(r"run on .* in \d+ s", line.inner_text())
        for link in line.locator("a[download]").all():
            assert file_of(link).is_file()


def test_line_that_installs_the_wheel_can_be_copied_and_the_wheel_is_there(open_page):
    page = open_page("use_the_layer").page
    link = page.locator("article a[download][href$='.whl']")
    wheel = file_of(link)
    assert wheel.is_file()
    line = page.locator("div.highlight", has_text=f"pip install ./{wheel.name}")
    assert line.locator("button.copybtn").count() == 1
