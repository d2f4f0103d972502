"""Augmentation, against NumPy and SciPy, on every backend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy import ndimage

from aconv.companion.training.augmentation import (
    AUGMENTATIONS,
    Augmentation,
    augment,
    augmented_batches,
    augmented_epoch,
    brighten,
    draw,
    shift,
    vary_once,
)

RESNET = AUGMENTATIONS["shift-0.2-flip"]
UNET = AUGMENTATIONS["flip-brightness-once"]

pytestmark = pytest.mark.backend


def images(count=6, height=7, width=5, channels=2, seed=0):
    values = np.random.default_rng(seed).normal(size=(count, height, width, channels))
    return values.astype("float32")


@given(down=st.floats(-9, 9), right=st.floats(-9, 9), whole=st.booleans())
@settings(max_examples=30, deadline=None)
def test_shifts_are_linear_and_repeat_the_edge(down, right, whole):
    x = images(count=2)
    if whole:
        down, right = round(down), round(right)
    downs, rights = np.float32([down, -down]), np.float32([right, 0])
    shifted = ops.convert_to_numpy(shift(x, downs, rights))
    for row in range(2):
        expected = ndimage.shift(
            x[row], (downs[row], rights[row], 0), order=1, mode="nearest"
        )
        np.testing.assert_allclose(shifted[row], expected, atol=2e-5)


@pytest.mark.parametrize("count", [6, 2, 7])
def test_brightness_is_added_and_clipped(count):
    # As many images as channels and as rows, too.
    x = images(count).clip(-2, 2)
    added = np.linspace(-1, 1, len(x))
    expected = np.clip(x + added[:, None, None, None], -2, 2)
    actual = ops.convert_to_numpy(brighten(x, added, (-2, 2)))
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_shifts_come_before_mirrors_and_labels_stay():
    x, labels = images(), np.arange(6)
    sample = draw(RESNET, x.shape, seed=3, epoch=2, batch=1)
    actual, y = augment(RESNET, sample, x, labels)
    actual = ops.convert_to_numpy(actual)
    for row in range(len(x)):
        by = sample.down[row], sample.right[row], 0
        expected = ndimage.shift(x[row], by, order=1, mode="nearest")
        if sample.flipped[row]:
            expected = expected[:, ::-1]
        np.testing.assert_allclose(actual[row], expected, atol=2e-5)
    np.testing.assert_array_equal(y, labels)


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_chances_are_uniform_and_within_bounds(share):
    assert AUGMENTATIONS["none"] == Augmentation()
    augmentation, shape = AUGMENTATIONS[f"shift-{share}-flip"], (20_000, 50, 40, 1)
    sample = draw(augmentation, shape, seed=0, epoch=0, batch=0)
    for values, bound in ((sample.down, 50 * share), (sample.right, 40 * share)):
        assert abs(values).max() <= bound
        quarters = np.quantile(values, [0.25, 0.5, 0.75])
        np.testing.assert_allclose(quarters, [-bound / 2, 0, bound / 2], atol=0.2)
    # 20,000 coins: standard deviation 0.0035.
    assert abs(sample.flipped.mean() - 0.5) < 0.02
    assert (sample.brightness_delta == 0).all()
    assert not augmentation.once


def test_one_coin_decides_on_mirror_and_brightness_of_the_unet():
    sample = draw(UNET, (5000, 8, 8, 3), seed=0, epoch=0, batch=0)
    assert (sample.brightness_delta[~sample.flipped] == 0).all()
    changed = sample.brightness_delta[sample.flipped]
    # A fifth of the range from -2 to 2, up or down, before the first epoch.
    assert UNET.once
    assert 0.75 < changed.max() <= 0.8
    assert -0.8 <= changed.min() < -0.75
    assert (sample.down == 0).all()
    assert (sample.right == 0).all()


def test_chances_follow_from_seed_epoch_and_batch_alone():
    first, again, *others = (
        draw(RESNET, (64, 8, 8, 1), seed=seed, epoch=epoch, batch=batch)
        for seed, epoch, batch in (
            *((31, 4, 5), (31, 4, 5)),
            *((32, 4, 5), (31, 5, 5), (31, 4, 6)),
        )
    )
    np.testing.assert_array_equal(first, again)
    for other in others:
        assert (first.down != other.down).all()


def epochs(count, first_epoch=0):
    """First pixels and labels, the same numbers, of epochs of three batches."""
    labels = np.arange(10)
    x = np.broadcast_to(labels[:, None, None, None], (10, 4, 4, 1)).astype("float32")
    batches = augmented_batches(
        *(x, labels, Augmentation(flip=True)),
        batch_size=4,
        seed=31,
        first_epoch=first_epoch,
    )
    for _ in range(count):
        parts = [next(batches) for _ in range(3)]
        x = np.concatenate([ops.convert_to_numpy(part) for part, _ in parts])
        yield x[:, 0, 0, 0], np.concatenate([np.asarray(y) for _, y in parts])


def test_every_epoch_has_every_image_once_with_its_label_in_another_order():
    found = list(epochs(3))
    for pixels, labels in found:
        assert sorted(labels) == list(range(10))
        np.testing.assert_array_equal(pixels, labels)
    assert len({tuple(labels) for _, labels in found}) == 3
    # A run that goes on sees what it would have seen.
    np.testing.assert_array_equal(next(epochs(1, first_epoch=2)), found[2])


def test_trimaps_are_not_shifted():
    x = images()
    sample = draw(RESNET, x.shape, seed=0, epoch=0, batch=0)
    with pytest.raises(ValueError, match=r"`augmentation.shift` must be 0.*Received"):
        augment(RESNET, sample, x, np.zeros(x.shape[:3]))


@pytest.mark.parametrize("per_pixel", [False, True])
def test_epoch_at_once_equals_its_batches(per_pixel):
    x, y = images(count=10), np.arange(10)
    if per_pixel:
        y = np.broadcast_to(y[:, None, None], x.shape[:3]).copy()
    augmentation = UNET if per_pixel else RESNET
    options = {"batch_size": 4, "seed": 31}
    batches = augmented_batches(x, y, augmentation, **options, first_epoch=2)
    expected = [next(batches) for _ in range(3)]
    found = augmented_epoch(x, y, augmentation, **options, epoch=2)
    for place in range(2):
        parts = [ops.convert_to_numpy(batch[place]) for batch in expected]
        actual = ops.convert_to_numpy(found[place])
        np.testing.assert_allclose(actual, np.concatenate(parts), atol=1e-6)


def test_images_that_are_varied_once_are_varied_as_one_batch():
    x = images(count=9).clip(-2, 2)
    y = np.random.default_rng(2).integers(3, size=x.shape[:3])
    sample = draw(UNET, x.shape, seed=31, epoch=0, batch=0)
    expected, labels = x.copy(), y.copy()
    for row in np.flatnonzero(sample.flipped):
        brighter = x[row, :, ::-1] + sample.brightness_delta[row]
        expected[row] = brighter.clip(-2, 2)
        labels[row] = y[row, :, ::-1]
    before = x.copy()
    found, found_labels = vary_once(UNET, x, y, seed=31)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(found_labels, labels)
    np.testing.assert_array_equal(x, before)
