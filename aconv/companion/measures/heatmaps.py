"""How smooth, how sparse and how faithful heatmaps are (Figure 6 f)."""

from collections.abc import Sequence

import keras
import numpy as np

from aconv.companion.measures.checks import checked_classes, finite_numbers


def roughness(heatmaps: np.ndarray) -> np.ndarray:
    """Total variation of heatmaps, relative to their size: what "smooth" is not.

    Sum of the absolute differences of neighbours over the sum of absolute values,
    ``(sum |R[i+1,j] - R[i,j]| + sum |R[i,j+1] - R[i,j]|) / sum |R|``, the heatmap
    continued by zeros. Total variation is the usual measure of roughness of an image
    (Rudin, Osher, Fatemi 1992); the division makes it independent of the scale.

    Args:
        heatmaps: Shape ``(n, height, width)``.

    Returns:
        Shape ``(n,)``: 0 to 4; 4 for isolated pixels, ``4 / s`` for a flat square of
        side ``s``. NaN where a heatmap is zero everywhere.

    Raises:
        ValueError: If there are not three axes, or values that are not finite.

    Example:
        >>> roughness(np.ones((1, 8, 8)))
        array([0.5])
    """
    heatmaps = finite_numbers("heatmaps", heatmaps, 3)
    framed = np.pad(heatmaps, ((0, 0), (1, 1), (1, 1)))
    variation = sum(
        np.abs(np.diff(framed, axis=axis)).sum(axis=(1, 2)) for axis in (1, 2)
    )
    return _ratio(variation, np.abs(heatmaps).sum(axis=(1, 2)))


def gini(heatmaps: np.ndarray) -> np.ndarray:
    """Gini index of absolute relevance: on how few pixels a heatmap concentrates.

    The measure of sparsity of which Hurley and Rickard (2009) show that it alone of
    those in use has all properties one wants: it depends neither on the scale nor on
    the number of pixels. It says nothing of where the pixels are.

    Args:
        heatmaps: Shape ``(n, height, width)``.

    Returns:
        Shape ``(n,)``: 0 if all pixels are alike, ``1 - 1 / pixels`` if all relevance
        is in one. NaN where a heatmap is zero everywhere.

    Raises:
        ValueError: If there are not three axes, or values that are not finite.

    Example:
        >>> gini(np.ones((1, 8, 8))).round(6)
        array([0.])
    """
    heatmaps = finite_numbers("heatmaps", heatmaps, 3)
    ordered = np.sort(np.abs(heatmaps).reshape(len(heatmaps), -1), axis=1)
    pixels = ordered.shape[1]
    weights = (2 * np.arange(1, pixels + 1) - pixels - 1) / pixels
    return _ratio(ordered @ weights, ordered.sum(axis=1))


def flip_pixels(
    model: keras.Model,
    images: np.ndarray,
    order: np.ndarray,
    classes: np.ndarray,
    shares: Sequence[float],
    fill: float = 0.0,
) -> np.ndarray:
    """Probability of a class while more and more pixels are taken away.

    Pixel flipping (Bach et al. 2015, Samek et al. 2017): if a heatmap is faithful, the
    probability of the class falls faster when its most relevant pixels go first than
    when pixels go in random order.

    Args:
        model: A classifier of images.
        images: Its inputs, shape ``(n, height, width, channels)``.
        order: What decides which pixels go first, the highest: heatmaps, or random
            numbers; shape ``(n, height, width)``.
        classes: Index of a class for each image, shape ``(n,)``.
        shares: Shares of the pixels to take away, in [0, 1].
        fill: What is put in their place in all channels, such as the data's mean.

    Returns:
        Probabilities, shape ``(n, len(shares))``.

    Raises:
        ValueError: If a shape does not fit or a share is not in [0, 1].
    """
    images = finite_numbers("images", images, 4).astype("float32")
    order = finite_numbers("order", order, 3)
    if order.shape != images.shape[:3]:
        raise ValueError(
            f"`order` must have shape {images.shape[:3]}. Received: {order.shape}"
        )
    if len(shares) == 0 or not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"`shares` must be from 0 to 1. Received: {shares!r}")
    pixels = order[0].size
    # Pixels of one heatmap that are equally relevant go in the order of the rows.
    first = np.argsort(-order.reshape(len(order), -1), axis=1, kind="stable")
    rank = np.empty_like(first)
    np.put_along_axis(rank, first, np.arange(pixels)[np.newaxis], axis=1)
    rank = rank.reshape(*order.shape, 1)
    flipped = np.concatenate(
        [
            np.where(rank < round(share * pixels), np.float32(fill), images)
            for share in shares
        ]
    )
    found = model.predict(flipped, batch_size=256, verbose=0)
    classes = checked_classes(classes, found[: len(images)])
    chosen = found.reshape(len(shares), len(images), -1)[
        :, np.arange(len(images)), classes
    ]
    return chosen.T


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return numerator / denominator
