"""The claims of the paper: complete, each number in one of them."""

import pytest
import yaml

from aconv.companion.files import PROJECT
from aconv.companion.paper.claims import load_claims


def test_claims_come_from_all_parts_of_the_paper():
    places = {claim.place.split(",")[0].split()[0] for claim in load_claims()}
    assert places == {"Abstract", "Section", "Table", "Figure", "Appendix"}
    sections = {claim.place[:9] for claim in load_claims()}
    assert {f"Section {n}" for n in range(1, 7)} <= sections


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.append(e[0] | {"numbers": []}), "ids must be unique"),
        (lambda e: e[0].update(numbers=["no.such.number"]), "must name numbers"),
        (
            lambda e: e[1].update(numbers=e[0]["numbers"]),
            "must belong to one claim.* and .*",
        ),
        (
            lambda e: e[0].pop("numbers"),
            "must belong to one claim. Received: .* in none",
        ),
        (lambda e: e[0].update(judge="settings"), "either `judge` or `untested`"),
        (lambda e: e[0].pop("untested"), "either `judge` or `untested`"),
        (lambda e: e[0].pop("place"), "missing 1 .* 'place'. Received: {"),
        (lambda e: e[0].update(verdict="holds"), "unexpected keyword .* 'verdict'"),
    ],
)
def test_incomplete_file_is_refused(change, message, tmp_path):
    entries = yaml.safe_load((PROJECT / "data" / "claims.yaml").read_text("utf-8"))
    change(entries)
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    with pytest.raises(ValueError, match=message):
        load_claims(path)
