"""Scores of a segmentation beyond the share of pixels that are right.

The paper scores its U-Nets by pixel accuracy and says that the adaptive one has "more
accurate border regions" (Section 4.4). These scores look at the borders.
"""

import numpy as np
from scipy import ndimage

# How far from another class, in pixels, a pixel counts as near a border.
BORDER_WIDTH = 3


def class_iou(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Intersection over union of each class, over all pixels of all images.

    Args:
        truth: True class of each pixel, integers below ``classes``, any shape.
        predicted: Predicted class of each pixel, same shape.
        classes: Number of classes.

    Returns:
        Shape ``(classes,)``, in [0, 1]; NaN for a class that occurs in neither.

    Raises:
        ValueError: If the shapes differ or a class is out of range.

    Example:
        >>> class_iou(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2)
        array([0.5, 0.5])
    """
    _check(truth, predicted)
    for name, labels in (("truth", truth), ("predicted", predicted)):
        if labels.size and not (labels.min() >= 0 and labels.max() < classes):
            raise ValueError(
                f"`{name}` must hold classes from 0 to {classes - 1}. "
                f"Received: {labels.min()} to {labels.max()}"
            )
    pairs = classes * truth.astype(np.int64).ravel() + predicted.ravel()
    confusion = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    both = np.diag(confusion).astype(float)
    either = confusion.sum(axis=0) + confusion.sum(axis=1) - both
    return np.divide(both, either, out=np.full(classes, np.nan), where=either > 0)


def near_border(truth: np.ndarray, width: int = BORDER_WIDTH) -> np.ndarray:
    """Mark the pixels that are near a pixel of another true class.

    Args:
        truth: True class of each pixel, shape ``(n, height, width)``.
        width: How near, in pixels, along rows, columns and diagonals; positive.

    Returns:
        Booleans of the same shape.

    Raises:
        ValueError: If ``truth`` has another number of axes or ``width`` is not
            positive.

    Example:
        >>> near_border(np.array([[[0, 0, 0, 1, 1]]]), width=1)
        array([[[False, False,  True,  True, False]]])
    """
    if truth.ndim != 3:
        raise ValueError(
            f"`truth` must have the axes image, row, column. "
            f"Received: shape {truth.shape}"
        )
    if width < 1:
        raise ValueError(f"`width` must be positive. Received: {width!r}")
    window = (1, 2 * width + 1, 2 * width + 1)
    lowest = ndimage.minimum_filter(truth, window)
    return ndimage.maximum_filter(truth, window) != lowest


def border_accuracy(
    truth: np.ndarray, predicted: np.ndarray, width: int = BORDER_WIDTH
) -> float:
    """Share of right pixels among those near a border, see ``near_border``.

    Args:
        truth: True class of each pixel, shape ``(n, height, width)``.
        predicted: Predicted class of each pixel, same shape.
        width: How near, in pixels; positive.

    Returns:
        A number in [0, 1]; NaN if no image has a border.

    Raises:
        ValueError: If the shapes differ or an argument is not as above.
    """
    _check(truth, predicted)
    near = near_border(truth, width)
    return float(np.mean((truth == predicted)[near])) if near.any() else float("nan")


def scores(
    truth: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]
) -> dict[str, float]:
    """All scores of a segmentation by name, as run records keep them.

    Args:
        truth: True class of each pixel, shape ``(n, height, width)``.
        predicted: Predicted class of each pixel, same shape.
        classes: Names of the classes.

    Returns:
        ``mean_iou`` over the classes that occur, ``iou_NAME`` of each class that
        occurs, and ``border_accuracy``; all in [0, 1].

    Raises:
        ValueError: If the shapes differ or an argument is not as above.
    """
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


def _check(truth: np.ndarray, predicted: np.ndarray) -> None:
    if truth.shape != predicted.shape:
        raise ValueError(
            "`truth` and `predicted` must have one shape. "
            f"Received: {truth.shape} and {predicted.shape}"
        )
