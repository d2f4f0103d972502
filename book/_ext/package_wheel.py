"""Puts the package's wheel beside the pages, and on a page the line that installs it.

The same sources give the same bytes: hatchling dates and sorts what it packs by itself.
"""

import shutil
from pathlib import Path

from docutils import nodes
from hatchling.builders.wheel import WheelBuilder
from live_notebooks import ROOT
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from steps import PARALLEL

FOLDER = "_static/wheel"


def setup(app: Sphinx) -> dict:
    """Build the wheel before pages are read, which name it."""
    app.connect(
        "builder-inited", lambda app: build_wheel(ROOT, Path(app.outdir) / FOLDER)
    )
    app.add_directive("install-wheel", InstallWheel)
    return PARALLEL


def build_wheel(root: Path, folder: Path) -> Path:
    """Build the wheel of the package in ``root``, the only one in its folder."""
    shutil.rmtree(folder, ignore_errors=True)
    builder = WheelBuilder(str(root))
    (path,) = builder.build(directory=str(folder), versions=["standard"])
    return Path(path)


class InstallWheel(SphinxDirective):
    """The link to the wheel, and the line for a terminal, with its copy button."""

    def run(self) -> list[nodes.Node]:
        """Return the paragraph with the link, and the line."""
        (wheel,) = (Path(self.env.app.outdir) / FOLDER).glob("*.whl")
        return install_nodes(wheel, self.env.docname, self.config.html_baseurl)


def install_nodes(wheel: Path, page: str, address: str) -> list[nodes.Node]:
    """Return a link to download a wheel, and the line that installs it.

    It installs from the address where the book is published, with a slash at its end,
    or where that is empty what was downloaded.
    """
    link = nodes.raw(
        "",
        f'<a href="{"../" * page.count("/")}{FOLDER}/{wheel.name}" download>'
        f"{wheel.name}</a>",
        format="html",
    )
    size = f" ({wheel.stat().st_size / 1e6:.1f} MB)"
    place = ", or install it from this site:" if address else ", and in its folder:"
    paragraph = nodes.paragraph(
        "", "", nodes.Text("Download "), link, nodes.Text(size + place)
    )
    whole = f"{address}{FOLDER}/{wheel.name}" if address else f"./{wheel.name}"
    line = nodes.literal_block("", f"pip install {whole}", language="text")
    return [paragraph, line]
