"""Prints the built book to one PDF, beside its pages: ``python book/print_book.py``.

Needs a built book, Playwright and an installed Chromium (the variable ``CHROMIUM``
names one that is not on the path). The chapters are joined into one page, whose links
lead inside the PDF.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from posixpath import dirname, normpath

import yaml
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html"))
PDF = "adaptive-convolution-kernels.pdf"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MARGIN = {"top": "16mm", "bottom": "18mm", "left": "16mm", "right": "16mm"}
# Where a page offers the PDF once it is there.
PLACE = re.compile(
    r'<(\w+) hidden(?:="")? data-whole-book(?:="")?>(.*?)</\1>', re.DOTALL
)
FOOTER = (
    '<div style="font-size: 8px; width: 100%; text-align: center">'
    '<span class="pageNumber"></span></div>'
)


def main() -> None:
    """Print the book, or say what is missing."""
    installed = filter(None, map(shutil.which, NAMES))
    chromium = os.environ.get("CHROMIUM") or next(installed, None)
    if not chromium:
        sys.exit("no Chromium on the path; the variable CHROMIUM can name one")
    if not (HTML / "intro.html").exists():
        sys.exit("no built book; run `make book` first")
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    parts = contents["parts"]
    pages = [contents["root"], *(c["file"] for part in parts for c in part["chapters"])]
    joined = HTML / "whole-book.html"
    joined.write_text(join(HTML, pages), encoding="utf-8")
    options = ["--no-sandbox", "--allow-file-access-from-files"]
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=options)
            print_page(browser, joined, HTML / PDF)
            browser.close()
    finally:
        joined.unlink()
    link_pdf(HTML)
    print(HTML / PDF)


def join(site: Path, pages: list[str]) -> str:
    """One page of HTML for the folder of the site, with the articles of all pages."""
    texts = {
        page: (site / f"{page}.html").read_text(encoding="utf-8") for page in pages
    }
    # The head of a page with formulas, from the folder that the joined page stands in.
    page = next(p for p in pages if "mathjax/" in texts[p])
    head = re.search(r"<head>.*?</head>", texts[page], re.DOTALL)[0]
    prefix = "../" * page.count("/")
    head = head.replace(f'"{prefix}', '"') if prefix else head
    articles = [article(texts[page], page, pages) for page in pages]
    return (
        f'<!DOCTYPE html><html lang="en" data-content_root="./" data-theme="light">'
        f'{head}<body><main class="bd-content">{"".join(articles)}</main></body></html>'
    )


def article(html: str, page: str, pages: list[str]) -> str:
    """A page's article, with names and addresses that hold in the joined page.

    Each name starts with its page's, links to joined pages lead to these names, and
    other addresses start at the folder of the site.
    """
    body = re.search(r"<article.*?</article>", html, re.DOTALL)[0]

    def key(name: str) -> str:
        return name.replace("/", "-")

    def address(match: re.Match) -> str:
        attribute, target = match.groups()
        if re.match(r"[a-z]+:|//", target):
            return match[0]
        path, _, anchor = target.partition("#")
        path = f"{dirname(page)}/{path}".lstrip("/") if path else f"{page}.html"
        path = normpath(path)
        name = path.removesuffix(".html")
        if name in pages:
            target = f"#{key(name)}" + (f"--{anchor}" if anchor else "")
        else:
            target = path + (f"#{anchor}" if anchor else "")
        return f'{attribute}="{target}"'

    body = re.sub(r'\b(href|src)="([^"]*)"', address, body)
    body = re.sub(r'\sid="([^"]*)"', rf' id="{key(page)}--\1"', body)
    return f'<div id="{key(page)}" style="break-before: page">{body}</div>'


def link_pdf(site: Path) -> None:
    """Show the link to the PDF, for which pages keep a hidden place."""
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        address = "../" * len(page.relative_to(site).parent.parts) + PDF
        linked = PLACE.sub(
            rf'<\1 data-whole-book><a href="{address}">\2</a></\1>', html
        )
        if linked != html:
            page.write_text(linked, encoding="utf-8")


def print_page(browser: Browser, source: Path, target: Path) -> None:
    """Print a file of HTML once its formulas are typeset."""
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(120_000)
    page.goto(source.as_uri())
    page.wait_for_function("!!window.MathJax?.startup?.promise")
    page.evaluate("MathJax.startup.promise.then(() => true)")
    page.pdf(
        path=target,
        format="A4",
        margin=MARGIN,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOTER,
        outline=True,
        tagged=True,
    )
    page.close()


if __name__ == "__main__":
    main()
