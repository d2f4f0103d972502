"""Badges of verdicts: in cells and in bold type, nowhere else."""

import re

import pytest
from books import BOOK, extension

from aconv.companion.pages.figures.claims import VERDICT_STYLES
from aconv.companion.stats import Verdict

verdict_badges = extension("verdict_badges")


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<td data-label="verdict">', "</td>"),
        ("<td><p><strong>", "</strong></p></td>"),
        ("this <strong>", "</strong>."),
        ('<strong><span class="pasted-text">', "</span></strong>"),
    ],
)
def test_verdict_becomes_a_link_to_its_rule(verdict, before, after):
    made = verdict_badges.with_badges(before + verdict + after, "../how_we_judge.html")
    (classes, address, word) = re.search(
        r'<a class="([^"]*)" href="([^"]*)">([^<]*)</a>', made
    ).groups()
    assert word == verdict
    name = "verdict-" + verdict.replace(" ", "-")
    assert {"sd-badge", "verdict", name} <= set(classes.split())
    assert address == f"../how_we_judge.html#{name}"


@pytest.mark.parametrize(
    "html",
    [
        "<p>what holds it</p>",
        "<td>holds in part of them</td>",
        "<strong>holds what it says</strong>",
        "<th>open</th>",
        "<option>open</option>",
        '<tr data-verdict="open">',
    ],
)
def test_other_words_stay(html):
    assert verdict_badges.with_badges(html, "r.html") == html


def test_first_badge_of_the_rules_is_what_others_link_to():
    made = verdict_badges.with_badges("<td>open</td><td>open</td>", "", targets=True)
    assert made.count('id="verdict-open"') == 1
    assert made.count('href="#verdict-open"') == 2


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_the_colour_of_figures_and_an_icon_that_is_not_read(verdict):
    css = (BOOK / "_static" / "book.css").read_text(encoding="utf-8")
    name = "verdict-" + verdict.replace(" ", "-")
    rule = re.search(rf"article a\.verdict\.{name} {{(.*?)}}", css, re.DOTALL)
    assert "background-color" in rule[1]
    assert f" {VERDICT_STYLES[verdict]['color']}" in rule[1]
    assert re.search(rf'a\.{name}::before {{\s*content: "[^"]+" / "";', css)
