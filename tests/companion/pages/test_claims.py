"""Pages show the claims that the code judges, all of them and nothing else."""

import re
from html.parser import HTMLParser

import pytest

from aconv.companion.analysis.claims import count_verdicts, judge_claims
from aconv.companion.pages import audit, claims
from aconv.companion.paper.claims import load_claims
from aconv.companion.paper.numbers import number
from aconv.companion.stats import Verdict


class Rows(HTMLParser):
    """The rows of a table: id of each, and its verdict."""

    def __init__(self, html):
        super().__init__()
        self.found = {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "tr" and "id" in attributes:
            self.found[attributes["id"]] = attributes["data-verdict"]


@pytest.fixture(scope="module")
def judged():
    return judge_claims()


def test_table_has_each_claim_with_its_verdict(judged):
    rows = Rows(claims.claims_table(judged, "all").data).found
    assert rows == {
        f"claim-{item.claim.id}": item.finding.verdict.replace(" ", "-")
        for item in judged
    }


def test_counts_of_the_text_are_those_of_the_claims(judged):
    text = claims.counts_text(judged)
    for verdict, count in count_verdicts(judged).items():
        shown = re.search(rf"[:,] {verdict} (\d+)(?:,|$)", text)
        assert int(shown[1]) == count if count else shown is None
    assert text.startswith(f"{len(load_claims())} claims")


@pytest.mark.parametrize(
    "page", sorted({claim.answer for claim in load_claims()} - {""})
)
def test_box_of_a_chapter_has_its_claims(page):
    text = claims.answer(page).data
    wanted = [claim for claim in load_claims() if claim.answer == page]
    assert text.count("\n| ") == 1 + len(wanted)
    for claim in wanted:
        assert claim.claim in text
    assert "Evidence: ." not in text
    # No hyphen stands for a minus.
    assert not re.search(r"[\s\[(]-\d", text)


def test_every_page_of_a_claim_has_a_title():
    assert {claim.page for claim in load_claims()} <= set(claims._TITLES)


def test_board_has_five_rows_with_evidence():
    rows = [line for line in claims.board().data.splitlines() if "](/" in line]
    assert len(rows) == 5
    for row in rows:
        assert any(f"**{verdict}**" in row for verdict in Verdict)


def test_audit_finds_the_maxima_that_five_runs_cannot_have():
    table = audit.maxima_table()
    impossible = table[table["possible"] == "no"]
    assert list(impossible["arm"]) == ["LFW faces, ordinary", "Fashion-MNIST, ordinary"]
    # By hand: mean and deviation at their upper ends, two deviations up.
    mean, std = (number(f"table2.lfw_faces.ordinary.{q}") for q in ("mean", "std"))
    highest = mean.rounded[1] + 2 * 100 * std.rounded[1]
    assert impossible.iloc[0]["five runs allow (%)"].endswith(f"to {highest:.2f}")


def test_audit_lists_settings_that_differ():
    table = audit.settings_table().set_index("setting")
    assert tuple(table.loc["batch", ["printed", "published code"]]) == ("64", "32")


def test_choice_of_the_size_raises_accuracies_and_no_test():
    table = audit.selection_table(500, seed=1)
    assert (table["raised by the choice"].astype(float) >= 0).all()
    rates = table["equal arms at p < 0.05"].str.rstrip("%").astype(float)
    assert (rates < 10).all()
