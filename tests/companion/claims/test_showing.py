"""Pages show the claims that the code judges, all of them and nothing else."""

import re

import pytest

from aconv.companion.claims import showing as claims
from aconv.companion.claims.judging import count_verdicts, judge_claims
from aconv.companion.paper.claims import load_claims
from aconv.companion.stats import Verdict


def rows(table):
    """The verdict of each row of a table, by its id."""
    return dict(re.findall(r'<tr id="([^"]+)" data-verdict="([^"]+)"', table))


@pytest.fixture(scope="module")
def judged():
    return judge_claims()


def test_table_has_each_claim_with_its_verdict_and_the_section_that_shows_why(judged):
    table = claims.judged_table(judged, "all").data
    assert rows(table) == {
        f"claim-{item.claim.id}": item.finding.verdict.replace(" ", "-")
        for item in judged
    }
    for item, row in zip(judged, table.split("<tr ")[1:], strict=True):
        anchor = f"#{item.claim.section}" if item.claim.section else ""
        assert f'.html{anchor}">' in row, item.claim.id


def test_counts_of_the_text_are_those_of_the_claims(judged):
    text = claims.counts_text(judged)
    for verdict, count in count_verdicts(judged).items():
        shown = re.search(rf"[:,] {verdict} (\d+)(?:,|$)", text)
        assert int(shown[1]) == count if count else shown is None
    assert text.startswith(f"{len(load_claims())} claims")


def test_numbers_of_the_authors_records_are_not_called_printed(judged):
    (tests,) = (item for item in judged if item.claim.id == "unet.tests")
    cells = claims.judged_table([tests], "one").data
    count = len(tests.claim.numbers)
    assert f">{count} recorded<" in cells and f"{count} numbers" not in cells
    assert claims.counts_text([tests]).startswith(
        f"1 claims with 0 printed numbers and {count} that its authors recorded: "
    )


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


def test_board_has_five_rows_with_verdicts():
    words = "|".join(Verdict)
    rows = re.findall(rf"\*\*(?:{words})\*\*.*\]\(/", claims.board().data)
    assert len(rows) == 5


def test_table_of_a_page_has_the_claims_that_it_tests(judged):
    for page in ("notebooks/unet", "notebooks/timing"):
        of_page = [item for item in judged if item.claim.page == page]
        table = claims.claims_table(page).data
        assert rows(table).keys() == {f"claim-{i.claim.id}" for i in of_page}
        assert claims.counts_of(page) == claims.counts_text(of_page)
