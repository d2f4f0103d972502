"""What a page's head says and what it leaves out."""

from books import extension
from docutils import nodes
from docutils.core import publish_doctree
from hypothesis import given
from hypothesis import strategies as st

page_head = extension("page_head")


def document(*paragraphs):
    return publish_doctree("\n\n".join(paragraphs))


def test_description_is_the_first_paragraph_without_a_formula():
    source = document(
        "Title\n=====", "An aperture :math:`\\sigma`.", "One kernel.", "Two."
    )
    assert page_head.description(source) == "One kernel."


def test_page_without_a_paragraph_has_no_description():
    assert page_head.description(document("* item")) == ""


@given(st.lists(st.from_regex("[a-z]{1,30}", fullmatch=True), min_size=1))
def test_long_descriptions_are_cut_at_a_word(words):
    paragraph = nodes.document(None, None)
    paragraph += nodes.paragraph("", " ".join(words))
    text = page_head.description(paragraph)
    assert 0 < len(text) <= page_head.LONGEST_DESCRIPTION
    kept = text.removesuffix("…").split()
    assert kept == words[: len(kept)]
    assert text.endswith("…") == (len(kept) < len(words))


def test_addresses_are_whole_or_found_from_any_folder_where_none_is_known():
    tags = page_head.head_tags("Book", "Page", 'a "b"', "notebooks/x", "https://b.org/")
    assert 'content="https://b.org/_static/social-card.png"' in tags
    assert 'content="https://b.org/notebooks/x.html"' in tags
    assert "a &quot;b&quot;" in tags
    assert 'content="_static/' in page_head.head_tags("B", "P", "t", "intro", None)
    assert 'content="../_static/' in page_head.head_tags("B", "P", "t", "a/b", "")


def test_references_are_items_and_empty_corners_are_no_headers():
    body = '<div role="doc-biblioentry">x</div><th class="blank">&nbsp;</th><th>a</th>'
    assert page_head.mend_roles(body) == (
        '<div role="listitem">x</div><td class="blank">&nbsp;</td><th>a</th>'
    )
