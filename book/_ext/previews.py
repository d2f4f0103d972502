"""Previews of what links of this book lead to: terms, references, equations, figures.

Once the pages are written, the beginning of each place that a link names is put into
one script, so that a preview needs no network and no other page; ``previews.js`` shows
it. sphinx-tippy, the nearest package, loads two scripts from another site.
"""

import json
import re
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx
from steps import PARALLEL, on_site

FILE = "_static/previews-data.js"
LONGEST = 400


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx, once pages and their figures have their names."""
    on_site(app, finish, priority=950)
    return PARALLEL


def finish(app: Sphinx) -> None:
    """Write the previews of the links between the pages."""
    site = Path(app.outdir)
    pages = {
        f"{name}.html": (site / f"{name}.html").read_text(encoding="utf-8")
        for name in app.env.found_docs
    }
    text = json.dumps(previews(pages), ensure_ascii=False, sort_keys=True)
    (site / FILE).write_text(f"window.bookPreviews = {text};\n", encoding="utf-8")


def previews(pages: dict[str, str]) -> dict[str, str]:
    """Return the preview of each place that a link on the pages names.

    Pages are HTML by address from the top of the site, such as ``notebooks/a.html``;
    previews by address with fragment, ``notebooks/a.html#fig``, without links and names
    and with the addresses of pictures from the top, too.
    """
    articles = {
        page: BeautifulSoup(html, "html.parser").find("article")
        for page, html in pages.items()
    }
    named = {
        target
        for page, article in articles.items()
        if article is not None
        for link in article.select("a.reference.internal[href*='#'], a.verdict")
        if (target := _target(page, link["href"])) is not None
    }
    made = {}
    for page, fragment in sorted(named):
        article = articles.get(page)
        place = article and article.find(id=fragment)
        if place and (html := _preview(page, place)):
            made[f"{page}#{fragment}"] = html
    return made


def _target(page: str, href: str) -> tuple[str, str] | None:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or not parts.fragment:
        return None
    path = normpath(join(dirname(page), parts.path)) if parts.path else page
    return path, unquote(parts.fragment)


def _preview(page: str, place: Tag) -> str:
    """The beginning of a place: what a reader would look up there."""
    if place.name in ("span", "a") and "verdict" not in place.get("class", []):
        # A label stands before what it names.
        place = place.find_next(["section", "figure", "p", "div"]) or place
    if "verdict" in place.get("class", []):
        parts = [place.find_parent("tr").find_all("td")[1]]
    elif place.name == "dt":
        parts = [place.find_next_sibling("dd").find("p")]
    elif place.name == "section":
        parts = [place.find(re.compile("^h[1-6]$")), place.find("p", recursive=False)]
    elif place.name == "figure":
        parts = [place.find("img"), place.find("figcaption")]
    elif "math" in place.get("class", []):
        return str(_plain(page, place))
    else:
        parts = [place]
    return "".join(_shown(page, part) for part in parts if part is not None)


def _shown(page: str, part: Tag) -> str:
    plain = _plain(page, part)
    if part.name == "img":
        return str(plain)
    if part.name and re.match("^h[1-6]$", part.name):
        return f"<p><strong>{plain.get_text().strip()}</strong></p>"
    if len(plain.get_text()) > LONGEST and not plain.find(class_="math"):
        text = plain.get_text()[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:")
        return f"<p>{BeautifulSoup(text, 'html.parser')}…</p>"
    text = plain.decode_contents().strip()
    return text if text.startswith("<p>") else f"<p>{text}</p>"


def _plain(page: str, part: Tag) -> Tag:
    """A copy without links and names, which must not stand twice on a page."""
    copy = BeautifulSoup(str(part), "html.parser").find(True)
    for link in copy.select("a.headerlink, span.backrefs, span.label"):
        link.decompose()
    for tag in [copy, *copy.find_all(True)]:
        tag.attrs.pop("id", None)
        if tag.name == "img":
            tag["src"] = normpath(join(dirname(page), tag["src"]))
            for size in ("style", "width", "height"):
                tag.attrs.pop(size, None)
    for link in copy.find_all("a"):
        link.unwrap()
    return copy
