"""How to cite: the package with version and date, and the paper, as BibTeX reads it."""

import datetime
import sys
from pathlib import Path

import pytest
from pybtex.database import parse_string

import aconv

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "book" / "_ext"


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    import citation

    yield citation
    sys.modules.pop("citation")


def test_entries_are_of_this_version_and_of_the_paper(extension):
    entries = parse_string(extension.bibtex(ROOT), "bibtex").entries
    software, paper = entries["aconv"], entries["tek2021"]
    assert software.fields["version"] == aconv.__version__
    assert software.fields["license"] == "MIT"
    assert datetime.date.fromisoformat(software.fields["date"]).year >= 2026
    assert [str(person) for person in software.persons["author"]] == [
        "{The aconv developers}"
    ]
    assert paper.fields["doi"] == "10.1016/j.jvcir.2020.103015"


def test_sources_without_a_repository_are_of_today(extension, tmp_path):
    today = datetime.datetime.now(datetime.UTC).date()
    assert extension.source_date(tmp_path) == today.isoformat()
