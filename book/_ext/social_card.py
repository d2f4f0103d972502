"""Draws the picture that stands beside a shared link to the book, without network."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sphinx.application import Sphinx

INCHES, DPI = (12, 6.3), 100  # 1200 by 630 pixels, as social networks show them
APERTURES = (0.15, 0.3, 0.6)
SUBTITLE = "Which numbers of the paper hold?\nAn executable companion"


def setup(app: Sphinx) -> dict:
    """Draw the card once the pages are there."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def finish(app: Sphinx, error: Exception | None) -> None:
    """Draw the card beside the pages of a successful HTML build."""
    if error is None and app.builder.format == "html":
        title = app.config.html_title or app.config.project
        draw(title, Path(app.outdir) / "_static" / "social-card.png")


def draw(title: str, path: Path) -> None:
    """Draw the book's title over three envelopes of growing aperture.

    Args:
        title: The book's title.
        path: PNG file to write.
    """
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="#14213d")
    figure.text(0.06, 0.83, title, color="white", fontsize=44, weight="bold", va="top")
    figure.text(0.06, 0.66, SUBTITLE, color="#d7deea", fontsize=26, va="top")
    grid = np.linspace(-0.5, 0.5, 9)
    squared_distance = grid[:, None] ** 2 + grid**2
    for column, aperture in enumerate(APERTURES):
        axes = figure.add_axes((0.06 + 0.21 * column, 0.08, 0.18, 0.343))
        axes.imshow(np.exp(-squared_distance / (2 * aperture**2)), vmin=0, vmax=1)
        axes.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
