"""Draws what stands for the sliders on paper and without JavaScript, and a social card.

With NumPy only, so that a build that changes nothing need not load a backend.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from steps import PARALLEL, on_site

SIZE = 9  # the kernel's grid, pixels
APERTURES = (0.12, 0.25, 0.6)  # kernel widths
# The same bytes at every build.
STEADY = {"svg.hashsalt": "aconv", "svg.fonttype": "none"}
INCHES, DPI = (12, 6.3), 100  # 1200 by 630 pixels, as social networks show them
SUBTITLE = "Which numbers of the paper hold?\nAn executable companion"


def setup(app: Sphinx) -> dict:
    """Draw both pictures beside the pages."""
    on_site(app, finish)
    return PARALLEL


def finish(app: Sphinx) -> None:
    """Draw the apertures, and the card with the book's title."""
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    draw_apertures(folder / "aperture.svg")
    draw_card(app.config.html_title or app.config.project, folder / "social-card.png")


def envelope(aperture: float, size: int = SIZE) -> np.ndarray:
    """The normalised Gaussian envelope, Eqs. (11) and (21), on a square grid."""
    axis = np.linspace(-0.5, 0.5, size) ** 2
    u = np.exp(-(axis[:, None] + axis) / (2 * aperture**2))
    return u * size / np.sqrt(np.sum(u**2))


def effective_size(u: np.ndarray) -> float:
    """Side, in pixels, of the square kernel that an envelope amounts to."""
    return float(np.sum(u**2) / np.sqrt(np.sum(u**4)))


def draw_apertures(path: Path) -> None:
    """Draw three envelopes and the curve of effective sizes into an SVG file."""
    with mpl.rc_context(STEADY):
        figure = Figure(figsize=(8, 2.6), layout="constrained")
        *panels, curve = figure.subplots(1, len(APERTURES) + 1)
        for axes, aperture in zip(panels, APERTURES, strict=True):
            u = envelope(aperture)
            axes.imshow(u, vmin=0)
            axes.set_title(f"aperture {aperture:g}\n{effective_size(u):.1f} pixels")
            axes.set(xticks=[], yticks=[])
        apertures = np.geomspace(0.05, 5, 100)
        sizes = [effective_size(envelope(aperture)) for aperture in apertures]
        curve.plot(apertures, sizes, color="black")
        for aperture in APERTURES:
            curve.plot(aperture, effective_size(envelope(aperture)), "o", color="black")
        curve.set(xscale="log", xlabel="aperture", ylim=(0, SIZE + 0.5))
        curve.set_title(f"effective size\n({SIZE}×{SIZE} grid, pixels)")
        figure.savefig(path, metadata={"Date": None}, facecolor="white")


def draw_card(title: str, path: Path) -> None:
    """Draw a title over three envelopes of growing aperture into a PNG file."""
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="#14213d")
    figure.text(0.06, 0.83, title, color="white", fontsize=44, weight="bold", va="top")
    figure.text(0.06, 0.66, SUBTITLE, color="#d7deea", fontsize=26, va="top")
    for column, aperture in enumerate((0.15, 0.3, 0.6)):
        axes = figure.add_axes((0.06 + 0.21 * column, 0.08, 0.18, 0.343))
        axes.imshow(envelope(aperture), vmin=0)
        axes.set_axis_off()
    figure.savefig(path)
