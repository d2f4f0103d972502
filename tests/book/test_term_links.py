"""Links to Notation: the first use of a term in text, as a whole word."""

from types import SimpleNamespace

import pytest
from books import extension
from docutils import frontend, nodes, utils
from docutils.parsers.rst import Parser
from hypothesis import given
from hypothesis import strategies as st

term_links = extension("term_links")

TERMS = ["aperture", "effective size", "seed", "filter"]


# As much of Sphinx as the step asks for.
OBJECTS = {("term", term): ("notation", f"term-{term}") for term in TERMS}
APP = SimpleNamespace(
    env=SimpleNamespace(domains={"std": SimpleNamespace(objects=OBJECTS)}),
    builder=SimpleNamespace(get_relative_uri=lambda page, target: f"../{target}.html"),
)


def linked(text, page="notebooks/a"):
    settings = frontend.get_default_settings(Parser)
    document = utils.new_document("page", settings)
    Parser().parse(text, document)
    term_links.link_terms(APP, document, page)
    assert document.astext().replace("\n\n", "\n").strip()
    return [
        (link.astext(), link["refuri"])
        for link in document.findall(nodes.reference)
        if "term" in link["classes"]
    ]


def test_first_use_is_linked_with_its_plural():
    text = "Two apertures, one aperture, an effective size.\n\nFive seeds."
    assert linked(text) == [
        ("apertures", "../notation.html#term-aperture"),
        ("effective size", "../notation.html#term-effective size"),
        ("seeds", "../notation.html#term-seed"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Aperture\n========\n",
        "``aperture`` only",
        "`aperture <https://a.example>`__",
        "proceeded, seedless, aperture-rate",
        "::\n\n    aperture = 1",
        "a bilinear filter, and all filters",
    ],
)
def test_headings_code_links_and_other_words_are_left_alone(text):
    assert linked(text) == []


@pytest.mark.parametrize("page", ["bibliography", "notation"])
def test_titles_of_works_and_notation_itself_are_left_alone(page):
    assert linked("Adaptive apertures.", page) == []


@given(st.lists(st.sampled_from([*TERMS, "other", "kernel"]), max_size=12))
def test_no_term_is_linked_twice_and_no_text_is_lost(words):
    text = "Words " + " and ".join(words) + "."
    found = [word for word, _ in linked(text)]
    of_this_book = set(TERMS) - term_links.EVERYDAY
    assert sorted(found) == sorted({word for word in words if word in of_this_book})
