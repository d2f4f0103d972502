"""Augmentation of training images on the device, the same on every backend.

What is drawn depends on a seed, the epoch and the batch alone, not on the backend nor
on what else draws; a run that goes on at an epoch sees what it would have seen.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import keras
import numpy as np
from keras import ops


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How far training images are varied.

    Attributes:
        shift: Largest shift along either axis, as a fraction of its extent in [0, 1).
        flip: Whether half the images are mirrored left to right.
        brightness: Largest change of the images that are mirrored, as a fraction of
            ``value_range``: in the authors' code one coin decides on both.
        once: Whether an image is varied once, before the first epoch, or anew in each.
    """

    shift: float = 0.0
    flip: bool = False
    brightness: float = 0.0
    value_range: tuple[float, float] = (0.0, 1.0)
    once: bool = False


AUGMENTATIONS: Mapping[str, Augmentation] = {
    "none": Augmentation(),
    "shift-0.1-flip": Augmentation(shift=0.1, flip=True),
    "shift-0.2-flip": Augmentation(shift=0.2, flip=True),
    # The authors' code drew once for all epochs.
    "flip-brightness-once": Augmentation(
        flip=True, brightness=0.2, value_range=(-2.0, 2.0), once=True
    ),
}
"""How training images are varied, by ``Settings.augmentation``."""


class AugmentationSample(NamedTuple):
    """What is drawn for one batch, shape ``(n,)`` each; shifts are in pixels."""

    down: np.ndarray
    right: np.ndarray
    flipped: np.ndarray
    brightness_delta: np.ndarray


def draw(
    augmentation: Augmentation,
    shape: tuple[int, ...],
    *,
    seed: int,
    epoch: int,
    batch: int,
) -> AugmentationSample:
    """Draw for one batch of images, as a function of the arguments only."""
    count, height, width, _ = shape
    # The order of the draws is part of what a seed means.
    random = np.random.default_rng([seed, epoch, batch])
    down = random.uniform(-1, 1, count) * augmentation.shift * height
    right = random.uniform(-1, 1, count) * augmentation.shift * width
    flipped = (random.uniform(size=count) < 0.5) & augmentation.flip
    low, high = augmentation.value_range
    delta = random.uniform(-1, 1, count) * augmentation.brightness * (high - low)
    delta = np.where(flipped, delta, 0)
    return AugmentationSample(
        np.float32(down), np.float32(right), flipped, np.float32(delta)
    )


def shift(images: keras.KerasTensor, down: np.ndarray, right: np.ndarray) -> object:
    """Shift each image by pixels and fractions of them, repeating its edge."""
    for axis, by in ((1, down), (2, right)):
        extent = images.shape[axis]
        position = np.arange(extent, dtype=np.float32) - np.float32(by)[:, None]
        position = position.clip(0, extent - 1)
        lower = np.floor(position).astype(np.int32)
        upper = np.minimum(lower + 1, extent - 1)
        along = [len(by), 1, 1, 1]
        along[axis] = extent
        low, high, weight = (
            ops.convert_to_tensor(values.reshape(along))
            for values in (lower, upper, np.float32(position - lower))
        )
        low = ops.take_along_axis(images, low, axis)
        images = low + weight * (ops.take_along_axis(images, high, axis) - low)
    return images


def mirror(images: keras.KerasTensor, flipped: np.ndarray) -> object:
    """Mirror some images or tri-maps left to right."""
    which = flipped.reshape(-1, *[1] * (len(images.shape) - 1))
    return ops.where(ops.convert_to_tensor(which), ops.flip(images, axis=2), images)


def brighten(
    images: keras.KerasTensor,
    brightness_delta: np.ndarray,
    value_range: tuple[float, float],
) -> object:
    """Add a number to all pixels of each image and clip."""
    added = ops.convert_to_tensor(np.float32(brightness_delta).reshape(-1, 1, 1, 1))
    # Not ``ops.add``: on TensorFlow it takes what was drawn for as many images as there
    # are channels or rows for one number per channel or row.
    return ops.clip(ops.convert_to_tensor(images) + added, *value_range)


def augment(
    augmentation: Augmentation,
    sample: AugmentationSample,
    images: keras.KerasTensor,
    labels: keras.KerasTensor,
) -> tuple[object, object]:
    """Vary a batch; tri-maps, shape ``(n, height, width)``, with their images."""
    per_pixel = len(labels.shape) == 3
    images = ops.convert_to_tensor(images)
    if augmentation.shift:
        if per_pixel:
            raise ValueError(
                "`augmentation.shift` must be 0 for tri-maps: half a pixel has no "
                f"class. Received: {augmentation.shift}"
            )
        images = shift(images, sample.down, sample.right)
    if augmentation.flip:
        images = mirror(images, sample.flipped)
        if per_pixel:
            labels = mirror(ops.convert_to_tensor(labels), sample.flipped)
    if augmentation.brightness:
        images = brighten(images, sample.brightness_delta, augmentation.value_range)
    return images, labels


def vary_once(
    augmentation: Augmentation, images: np.ndarray, labels: np.ndarray, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Vary all training images before the first epoch, as ``augment`` does a batch."""
    sample = draw(augmentation, images.shape, seed=seed, epoch=0, batch=0)
    varied = augment(augmentation, sample, images, labels)
    return tuple(np.array(ops.convert_to_numpy(values)) for values in varied)


def epoch_order(count: int, *, seed: int, epoch: int) -> np.ndarray:
    """Return the order, as indices, in which an epoch goes through the images."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def augmented_batches(
    images: np.ndarray,
    labels: np.ndarray,
    augmentation: Augmentation,
    *,
    batch_size: int,
    seed: int,
    first_epoch: int = 0,
) -> Iterator[tuple[object, object]]:
    """Yield augmented batches without end, for ``fit``, shuffled anew in every epoch.

    A ``keras.utils.PyDataset`` would know how many make an epoch, but ``fit`` asks it
    for batches that it does not train on, and how many depends on the backend.
    """
    for epoch in itertools.count(first_epoch):
        order = epoch_order(len(images), seed=seed, epoch=epoch)
        for batch, first in enumerate(range(0, len(images), batch_size)):
            chosen = order[first : first + batch_size]
            x = images[chosen]
            sample = draw(augmentation, x.shape, seed=seed, epoch=epoch, batch=batch)
            yield augment(augmentation, sample, x, labels[chosen])


def augmented_epoch(
    images: np.ndarray,
    labels: np.ndarray,
    augmentation: Augmentation,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
) -> tuple[object, object]:
    """Return all images of an epoch at once, which is faster on an accelerator."""
    order = epoch_order(len(images), seed=seed, epoch=epoch)
    drawn = []
    for batch, first in enumerate(range(0, len(images), batch_size)):
        shape = (len(order[first : first + batch_size]), *images.shape[1:])
        drawn.append(draw(augmentation, shape, seed=seed, epoch=epoch, batch=batch))
    sample = AugmentationSample(*map(np.concatenate, zip(*drawn, strict=True)))
    return augment(augmentation, sample, images[order], labels[order])
