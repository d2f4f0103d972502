"""How to cite: the package with version and date, and the paper, as BibTeX reads it."""

import datetime

from books import BOOK, extension
from pybtex.database import parse_string

import aconv

ROOT = BOOK.parent
citation = extension("citation")


def test_entries_are_of_this_version_and_of_the_paper():
    entries = parse_string(citation.bibtex(ROOT), "bibtex").entries
    software, paper = entries["aconv"], entries["tek2021"]
    assert software.fields["version"] == aconv.__version__
    assert software.fields["license"] == "MIT"
    assert datetime.date.fromisoformat(software.fields["date"]).year >= 2026
    assert [str(person) for person in software.persons["author"]] == [
        "{The aconv developers}"
    ]
    assert paper.fields["doi"] == "10.1016/j.jvcir.2020.103015"


def test_sources_without_a_repository_are_of_today(tmp_path):
    today = datetime.datetime.now(datetime.UTC).date()
    assert citation.source_date(tmp_path) == today.isoformat()
