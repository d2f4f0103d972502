"""Images of the data sets."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from aconv.companion.pages.figures.theme import SEQUENTIAL, sheet


def image_sheet(images: np.ndarray, labels: Sequence[str]) -> Figure:
    """A sheet of sample images with their labels."""
    axes = sheet(len(images), images.shape[1] / images.shape[2], title=0.25)
    for ax, image, label in zip(axes.flat, images, labels, strict=False):
        ax.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        short = label if len(label) <= 14 else label[:13] + "…"
        ax.set_title(short, fontsize="x-small", pad=2)
    return axes.flat[0].figure


def trimap_sheet(images: np.ndarray, trimaps: np.ndarray) -> Figure:
    """A sheet of sample images, each with its tri-map to the right of it."""
    axes = sheet(2 * len(images), images.shape[1] / images.shape[2])
    for i, (image, trimap) in enumerate(zip(images, trimaps, strict=True)):
        axes.flat[2 * i].imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        axes.flat[2 * i + 1].imshow(trimap, cmap=SEQUENTIAL, vmin=0, vmax=2)
    return axes.flat[0].figure
