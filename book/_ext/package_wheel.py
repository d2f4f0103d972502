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

FOLDER = "_static/wheel"


def setup(app: Sphinx) -> dict:
    """Build the wheel before pages are read, which name it."""
    app.connect("builder-inited", build)
    app.add_directive("install-wheel", InstallWheel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def build(app: Sphinx) -> None:
    """Build the wheel of the version at hand beside the pages."""
    build_wheel(ROOT, Path(app.outdir) / FOLDER)


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

    Args:
        wheel: The file in its folder.
        page: Name of the page.
        address: Where the book is published, with a slash at its end; else empty. The
            line then installs from there, and otherwise what was downloaded.
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
