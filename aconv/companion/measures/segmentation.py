"""Scores of a segmentation beyond the share of pixels that are right.

The paper scores its U-Nets by pixel accuracy and says that the adaptive one has "more
accurate border regions" (Section 4.4). These scores look at the borders.
"""

import numpy as np
from scipy import ndimage

# How far from another class, in pixels, a pixel counts as near a border.
BORDER_WIDTH = 3


def class_iou(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Intersection over union of each class, NaN for one that occurs in neither."""
    pairs = classes * truth.astype(np.int64).ravel() + predicted.ravel()
    confusion = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    both = np.diag(confusion).astype(float)
    either = confusion.sum(axis=0) + confusion.sum(axis=1) - both
    return np.divide(both, either, out=np.full(classes, np.nan), where=either > 0)


def near_border(truth: np.ndarray, width: int = BORDER_WIDTH) -> np.ndarray:
    """Mark the pixels of (n, height, width) that are near one of another true class."""
    window = (1, 2 * width + 1, 2 * width + 1)
    lowest = ndimage.minimum_filter(truth, window)
    return ndimage.maximum_filter(truth, window) != lowest


def border_accuracy(
    truth: np.ndarray, predicted: np.ndarray, width: int = BORDER_WIDTH
) -> float:
    """Share of right pixels among those near a border, NaN if no image has one."""
    near = near_border(truth, width)
    return float(np.mean((truth == predicted)[near])) if near.any() else float("nan")


def scores(
    truth: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]
) -> dict[str, float]:
    """All scores of a segmentation by name, over the classes that occur."""
    iou = class_iou(truth, predicted, len(classes))
    of_class = {
        f"iou_{name}": float(value)
        for name, value in zip(classes, iou, strict=True)
        if not np.isnan(value)
    }
    return {
        "mean_iou": float(np.nanmean(iou)),
        **of_class,
        "border_accuracy": border_accuracy(truth, predicted),
    }
