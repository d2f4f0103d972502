"""Images of the data sets, and what filters make of them."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from aconv.companion.pages.figures.theme import DIVERGING, SEQUENTIAL, WIDTH, sheet


def single_image(image: np.ndarray) -> Figure:
    """One grey image, small (Figure 4a)."""
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.imshow(image, cmap="gray")
    ax.set(xticks=[], yticks=[])
    return fig


def image_rows(
    rows: Mapping[str, np.ndarray],
    titles: Sequence[str],
    cmaps: Mapping[str, str],
) -> Figure:
    """Rows of small images, one column per filter (Figures 4d to 4i)."""
    columns = len(titles)
    fig, axes = plt.subplots(
        len(rows), columns, figsize=(WIDTH, 1.05 * len(rows) + 0.5), squeeze=False
    )
    for panels, (label, images) in zip(axes, rows.items(), strict=True):
        for column, ax in enumerate(panels):
            image = images[..., column]
            low, high = image.min(), image.max()
            if cmaps[label] == DIVERGING:
                high = np.abs(image).max()
                low = -high
            ax.imshow(image, cmap=cmaps[label], vmin=low, vmax=high)
            ax.set(xticks=[], yticks=[])
        panels[0].set_ylabel(label, fontsize="small")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title.replace(", ", ",\n"), fontsize="x-small")
    return fig


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
