"""Bars before evidence: as long as the share that the evidence says."""

import re

import pytest
from books import extension

from aconv.companion.analysis.evidence import describe_evidence
from aconv.companion.stats import Evidence

evidence_bars = extension("evidence_bars")
SHORT = Evidence("paper", "of a version", "short", 0.027, 5, "short")
FULL = Evidence("paper", "matched", "full", 1.0, 10, "complete")
BEGUN = Evidence("paper", "of a version", "full", 0.03, 5, "stable")


def shares(html):
    return re.findall(r'--share: ([\d.]+)%" aria-hidden="true"></span>', html)


@pytest.mark.parametrize("apostrophe", ["'", "’", "&#x27;"])
@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([SHORT], ["2.7"]),
        ([FULL], ["100"]),
        ([BEGUN], ["3"]),
        ([SHORT, FULL, BEGUN], ["100", "3", "2.7"]),
    ],
)
def test_each_length_has_a_bar_of_its_share(evidence, expected, apostrophe):
    text = describe_evidence(evidence).replace("'", apostrophe)
    made = evidence_bars.with_bars(f"<td>{text}</td>")
    assert shares(made) == expected
    assert re.sub(r"<span[^>]*></span>", "", made) == f"<td>{text}</td>"


def test_a_link_in_the_evidence_leaves_its_bar():
    made = evidence_bars.with_bars("full length, 2 <a>seeds</a>; version paper")
    assert shares(made) == ["100"]


@pytest.mark.parametrize(
    "html",
    [
        "<p>short runs, and those of full length, which alone decide</p>",
        "<code>short (2 % of the paper's training)</code>",
        '<img alt="full length, 5 seeds">',
    ],
)
def test_words_code_and_tags_have_no_bar(html):
    assert evidence_bars.with_bars(html) == html
