"""The book joined for print: every name once, every link inside leads to one."""

import importlib
import re

import pytest
from books import BOOK, PAGES


@pytest.fixture(scope="module")
def printer():
    pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BOOK)
        return importlib.import_module("print_book")


def test_links_between_joined_pages_lead_to_names_in_the_book(printer, site):
    html = printer.join(site, PAGES)
    names = re.findall(r'\sid="([^"]*)"', html)
    links = set(re.findall(r'href="#([^"]*)"', html))
    assert links <= set(names)
    assert len(links) > 50
    for file in re.findall(r'src="([^":]*)"', html):
        assert (site / file.split("?")[0]).exists(), file


def test_article_keeps_links_that_lead_outside(printer):
    html = """<article><h1 id="a"><a href="#a">a</a><a href="../intro.html#b">b</a>
    <a href="https://x.org/#c">c</a><img src="../_images/d.webp"></h1></article>"""
    article = printer.article(html, "notebooks/x", ["intro", "notebooks/x"])
    assert re.findall('(?:href|src)="([^"]*)"', article) == [
        "#notebooks-x--a",
        "#intro--b",
        "https://x.org/#c",
        "_images/d.webp",
    ]


def test_page_is_printed(printer, browser, tmp_path):
    source, target = tmp_path / "page.html", tmp_path / "page.pdf"
    source.write_text(
        "<script>MathJax = {startup: {promise: Promise.resolve()}}</script><h1>A</h1>"
    )
    printer.print_page(browser, source, target)
    assert target.read_bytes().startswith(b"%PDF")


def test_pages_offer_the_pdf_once_it_is_there(printer, tmp_path):
    (tmp_path / "notebooks").mkdir()
    place = "<li hidden data-whole-book>The book</li>"
    for name in ("status", "notebooks/x"):
        (tmp_path / f"{name}.html").write_text(f"<ul><li>a</li>{place}</ul>")
    for _ in range(2):  # a second print changes nothing
        printer.link_pdf(tmp_path)
        for name, folder in (("status", ""), ("notebooks/x", "../")):
            html = (tmp_path / f"{name}.html").read_text()
            assert html == (
                "<ul><li>a</li><li data-whole-book>"
                f'<a href="{folder}{printer.PDF}">The book</a></li></ul>'
            )


def test_printed_page_has_its_title(open_page):
    tab = open_page("notebooks/results", fresh=True)
    tab.page.emulate_media(media="print")
    assert tab.page.locator("article h1").first.is_visible()


def test_missing_page_offers_the_menu_and_the_search(open_page):
    tab = open_page("404", fresh=True)
    assert tab.page.locator("article h1, main h1").first.is_visible()
    field = tab.page.locator("main form.bd-search input")
    field.fill("aperture")
    field.press("Enter")
    tab.page.wait_for_url("**/search.html?q=aperture")
