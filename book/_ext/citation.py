"""Shows on a page how to cite the package and the paper, with version and date."""

import datetime
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from live_notebooks import ROOT
from pybtex.database import BibliographyData, Entry, Person, parse_file
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from steps import PARALLEL

PAPER = "tek2021"


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("how-to-cite", HowToCite)
    return PARALLEL


class HowToCite(SphinxDirective):
    """Both entries as a block of BibTeX, with its copy button."""

    def run(self) -> list[nodes.Node]:
        """Return the block."""
        return [nodes.literal_block("", bibtex(ROOT), language="bibtex")]


def bibtex(root: Path) -> str:
    """Return the entries of the package and of the paper."""
    paper = parse_file(root / "book" / "references.bib").entries[PAPER]
    cff = citation(root)
    fields = {
        "title": "{" + cff["title"] + "}",
        "version": cff["version"],
        "date": source_date(root),
        "license": cff["license"],
    }
    authors = [Person(last="{" + author["name"] + "}") for author in cff["authors"]]
    software = Entry("software", fields, {"author": authors})
    entries = BibliographyData({"aconv": software, PAPER: paper})
    return entries.to_string("bibtex").strip()


def citation(root: Path) -> Mapping[str, Any]:
    """Return what ``CITATION.cff`` says."""
    return yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))


def source_date(root: Path) -> str:
    """Return the date of the sources: of their commit, else today's, ISO 8601."""
    command = ["git", "log", "-1", "--format=%cs"]
    try:
        found = subprocess.run(command, cwd=root, capture_output=True, text=True)
    except OSError:
        found = None
    if found is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", found.stdout.strip()):
        return datetime.datetime.now(datetime.UTC).date().isoformat()
    return found.stdout.strip()
