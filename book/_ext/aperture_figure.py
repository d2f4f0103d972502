"""Draws what stands for the sliders of an envelope on paper and without JavaScript.

With NumPy only, so that a build that changes nothing need not load a backend.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sphinx.application import Sphinx

FILE = "aperture.svg"
SIZE = 9  # the kernel's grid, pixels
APERTURES = (0.12, 0.25, 0.6)  # kernel widths
# The same bytes at every build.
STEADY = {"svg.hashsalt": "aconv", "svg.fonttype": "none"}


def setup(app: Sphinx) -> dict:
    """Draw the figure once the pages are there."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def finish(app: Sphinx, error: Exception | None) -> None:
    """Draw the figure beside the pages of a successful HTML build."""
    if error is None and app.builder.format == "html":
        draw(Path(app.outdir) / "_static" / FILE)


def envelope(aperture: float, size: int = SIZE) -> np.ndarray:
    """The normalised Gaussian envelope, Eqs. (11) and (21).

    Args:
        aperture: In kernel widths, positive.
        size: Side of the grid, odd, 3 or more.

    Returns:
        An array of shape ``(size, size)``.
    """
    axis = np.linspace(-0.5, 0.5, size) ** 2
    u = np.exp(-(axis[:, None] + axis) / (2 * aperture**2))
    return u * size / np.sqrt(np.sum(u**2))


def effective_size(u: np.ndarray) -> float:
    """Side, in pixels, of the square kernel that an envelope amounts to.

    Args:
        u: Envelope, any positive scale.

    Returns:
        From 1 to the side of ``u``.
    """
    return float(np.sum(u**2) / np.sqrt(np.sum(u**4)))


def draw(path: Path) -> None:
    """Draw three envelopes and the curve of effective sizes.

    Args:
        path: SVG file to write.
    """
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
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None}, facecolor="white")
