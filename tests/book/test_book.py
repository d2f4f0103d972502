"""The built book, page by page: pages, figures, numbers and nothing from outside."""

import re
from html.parser import HTMLParser

import nbformat
import pytest
from books import BOOK, HTML, PAGES, needs_built_book

from aconv.companion.claims.judging import judge_claims
from aconv.companion.claims.showing import counts_text
from aconv.companion.paper.claims import load_claims

CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]
pytestmark = needs_built_book

LOADS = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src")}


class Page(HTMLParser):
    """What a page shows and what it loads."""

    def __init__(self, page):
        super().__init__()
        self.path = HTML / f"{page}.html"
        self.loads, self.links = [], []
        self.html = self.path.read_text(encoding="utf-8")
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        for name, value in attributes.items():
            if (tag, name) in LOADS and attributes.get("rel") != "canonical":
                self.loads.append(value)
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])

    @property
    def article(self):
        return re.search(r"<article.*?</article>", self.html, re.DOTALL)[0]


def captioned(page):
    """Names of the figures that a chapter's notebook declares."""
    notebook = nbformat.read(BOOK.parent / f"{page}.ipynb", as_version=4)
    figures = [c.metadata.get("mystnb", {}).get("figure") for c in notebook.cells]
    return [figure["name"] for figure in figures if figure]


@pytest.mark.parametrize("page", PAGES)
def test_page_loads_nothing_from_outside(page):
    for address in Page(page).loads:
        assert not re.match(r"(https?:)?//", address), address
        target = Page(page).path.parent / re.split("[?#]", address)[0]
        assert address.startswith("data:") or target.exists(), address


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_book_lead_somewhere(page):
    source = Page(page)
    for address in source.links:
        if re.match(r"[a-z]+:", address) or address.startswith("//"):
            continue
        file, _, anchor = address.partition("#")
        target = (source.path.parent / file).resolve() if file else source.path
        assert target.exists(), address
        if anchor and target.suffix == ".html":
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), address


@pytest.mark.parametrize("page", CHAPTERS)
def test_chapter_shows_every_figure_that_its_notebook_declares(page):
    article = Page(page).article
    names = captioned(page)
    assert names
    for name in names:
        figure = re.search(rf'<figure[^>]*id="{name}".*?</figure>', article, re.DOTALL)
        assert figure, name
        assert re.search(r'<img[^>]*src="[^"]+\.(?:webp|svg)"', figure[0]), name
        caption = re.search(r"<figcaption>.*</figcaption>", figure[0], re.DOTALL)[0]
        assert "Fig. " in caption, name


@pytest.mark.parametrize("page", PAGES)
def test_pictures_are_described_in_words(page):
    for tag in re.findall(r"<img[^>]*>", Page(page).article):
        alternative = re.search(r'\salt="([^"]*)"', tag)
        assert alternative, tag
        assert len(alternative[1].split()) > 5, tag
        assert "_images" not in alternative[1], tag


@pytest.mark.parametrize("page", PAGES)
def test_page_shows_no_traceback_and_no_unresolved_role(page):
    # Inline code stays: a role between two backticks too many ends up there.
    article = re.sub(r"<pre.*?</pre>", "", Page(page).article, flags=re.DOTALL)
    for sign in ("Traceback (most recent call last)", "{glue:", "{eq}`", "{numref}`"):
        assert sign not in article


@pytest.mark.parametrize("page", PAGES)
def test_mathematics_is_typeset_by_a_copy_that_the_book_carries(page):
    if 'class="math' in Page(page).article:
        assert any("mathjax" in address.lower() for address in Page(page).loads)


# Chapters whose evidence is training, most of it below the paper's scale.
TRAINED = [
    *("results", "filter_learning", "simple_network", "resnet"),
    *("heatmaps", "unet", "timing"),
]
# What is decided at any scale: formulas, settings, printed numbers, the theorem.
EXACT = {"kernel", "settings", "parameters", "variance", "gradient_variance"}
ROW = re.compile(r'<tr id="claim-([\w.]+)" data-verdict="([\w-]+)">.*?</tr>', re.DOTALL)


@pytest.mark.parametrize("page", [f"notebooks/{name}" for name in TRAINED])
def test_verdicts_below_the_papers_scale_only_point(page):
    article = re.sub(r"<pre.*?</pre>", "", Page(page).article, flags=re.DOTALL)
    judges = {claim.id: claim.judge for claim in load_claims()}

    def without_exact(row):
        decided = row[2] in ("holds", "does-not-hold")
        return "" if decided and judges[row[1]] in EXACT else row[0]

    text = re.sub(r"<[^>]+>", " ", ROW.sub(without_exact, article))
    text = re.sub(r"\s+", " ", text)
    assert not re.search(r"\bcontradict", text)
    for word in re.finditer(r"\b(?:holds|does not hold)\b", text):
        # What the verdict rests on follows: all of the paper's training, or enough.
        evidence = text[word.end() : word.end() + 200]
        assert re.search(
            r"at the paper['’]s scale:|full length, (?:stable|[1-9])",
            evidence,
        ), text[word.start() - 40 : word.end() + 60]
    # Runs that say nothing leave all claims of the page's box untested.
    in_box = sum(claim.answer == page for claim in load_claims())
    assert re.search(r"\bpoints? the", text) or text.count("not tested") >= in_box > 0


def test_status_page_gives_a_run_time_for_every_chapter():
    article = Page("status").article
    for page in CHAPTERS:
        row = re.search(rf'href="{page}.html".*?</tr>', article, re.DOTALL)
        assert row, page
        assert re.search(r">\s*\d+\.\d+\s*<", row[0]), page
        assert ">done<" in re.sub(r"\s", "", row[0]), page
        # Chapters are called by their titles.
        assert f">{page}<" not in row[0]


def test_claims_page_has_every_claim_and_the_counts_of_the_command():
    judged = judge_claims()
    article = Page("notebooks/claims").article
    rows = re.findall(r'<tr id="claim-([^"]+)" data-verdict="([^"]+)"', article)
    assert dict(rows) == {
        item.claim.id: item.finding.verdict.replace(" ", "-") for item in judged
    }
    assert counts_text(judged) in re.sub(r"<[^>]+>", "", article)
