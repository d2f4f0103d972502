"""Previews of links: what they hold, and of which links."""

import pytest
from books import extension

previews = extension("previews")

PLACES = """<article>
<dl class="glossary"><dt id="term-fold">fold<a class="headerlink" href="#x">#</a></dt>
<dd><p>To replace <a href="a.html">layers</a>.</p></dd></dl>
<section id="rule"><h2 id="h">The rule</h2><p>One rule.</p><p>More.</p></section>
<figure id="fig"><img src="../_images/a.svg" alt="A" style="width: 9px"/>
<figcaption>What it shows.</figcaption></figure>
<div class="math" id="equation-e">\\[x\\]</div>
<table><tr><td><a class="verdict" id="verdict-open" href="#verdict-open">open</a></td>
<td>none of these</td></tr></table>
<p id="long">LONG</p>
</article>""".replace("LONG", "word " * 200)


def made(*links):
    page = "<article>" + "".join(links) + "</article>"
    return previews.previews({"deep/places.html": PLACES, "from.html": page})


def link(fragment, classes="reference internal", page="deep/places.html"):
    return f'<a class="{classes}" href="{page}#{fragment}">to</a>'


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("term-fold", "<p>To replace layers.</p>"),
        ("rule", "<p><strong>The rule</strong></p><p>One rule.</p>"),
        ("fig", '<img alt="A" src="_images/a.svg"/><p>What it shows.</p>'),
        ("equation-e", '<div class="math">\\[x\\]</div>'),
        ("verdict-open", "<p>none of these</p>"),
    ],
)
def test_preview_is_the_beginning_of_the_place(fragment, expected):
    found = made(link(fragment))
    assert found[f"deep/places.html#{fragment}"] == expected


def test_long_text_is_cut_at_a_word():
    text = made(link("long"))["deep/places.html#long"]
    assert text.endswith("word…</p>")
    assert len(text) < previews.LONGEST + 20


@pytest.mark.parametrize(
    "html",
    [
        link("rule", classes="headerlink"),
        '<a class="reference external" href="https://a.example/b#rule">out</a>',
        link("nothing"),
        link("rule", page="elsewhere.html"),
        '<a class="reference internal" href="deep/places.html">whole page</a>',
    ],
)
def test_other_links_have_none(html):
    assert set(made(html)) <= {"deep/places.html#verdict-open"}


def test_link_upwards_finds_its_page():
    page = "<article>" + link("rule", page="../places.html")
    pages = {"places.html": PLACES, "deep/from.html": page}
    assert "places.html#rule" in previews.previews(pages)
