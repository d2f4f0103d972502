"""Puts results and runs beside the pages as files, anew when their sources change.

Reading the records needs Keras, which takes longer to load than a build in which
nothing has changed; so the files stay as long as what they are made from does.
"""

import importlib
from pathlib import Path

from live_notebooks import ROOT, data_fingerprint, fingerprint
from sphinx.application import Sphinx
from steps import PARALLEL, on_site

FOLDER = "_static/data"
STATE = ".data_files"
# What `write` imports.
CODE = """
from aconv.companion import runs
from aconv.companion.analysis import findings
from aconv.companion.pages import downloads
"""


def setup(app: Sphinx) -> dict:
    """Write the files beside the pages."""
    on_site(app, finish)
    return PARALLEL


def finish(app: Sphinx) -> None:
    """Write the files of the sources as they are now."""
    now = fingerprint(ROOT, CODE, data_fingerprint(ROOT))
    write(Path(app.outdir) / FOLDER, Path(app.outdir) / STATE, now)


def write(folder: Path, state: Path, now: str) -> bool:
    """Write the files if they are missing or of other sources; return whether.

    The file ``state`` keeps the fingerprint of their sources, which is ``now`` this.
    """
    if any(folder.glob("*.csv")) and state.exists() and state.read_text() == now:
        return False
    runs = importlib.import_module("aconv.companion.runs")
    findings = importlib.import_module("aconv.companion.analysis.findings")
    downloads = importlib.import_module("aconv.companion.pages.downloads")
    judged = findings.Records().by_study
    downloads.write_csv(judged, runs.RunStore().records(), folder)
    state.write_text(now)
    return True
