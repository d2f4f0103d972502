"""From pixels to inputs; ``studies/test_facts.py`` has the formula of each version."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_settings import small_settings

from aconv.companion import datasets
from aconv.companion.training.preprocessing import prepare, prepare_sample, stretch


@pytest.mark.parametrize("inputs", ["global-mean", "standardized"])
def test_sample_is_scaled_as_its_training_set(inputs):
    digits = datasets.load("digits")
    settings = small_settings(inputs=inputs)
    _, expected = prepare(settings, digits.x_train, digits.x_test)
    found, (low, high) = prepare_sample(
        settings, digits.x_test, digits.x_train.mean(), digits.x_train.std()
    )
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)
    # The digits have black and white pixels.
    assert (low, high) == pytest.approx((found.min(), found.max()), abs=1e-6)


def bytescale(image):
    """``scipy.misc.bytescale`` of an image with its defaults, as it was documented."""
    cmin, cmax = float(image.min()), float(image.max())
    bytedata = (image.astype(float) - cmin) * (255 / (cmax - cmin or 1.0))
    return (bytedata.clip(0, 255) + 0.5).astype(np.uint8)


@given(
    hnp.arrays(
        np.uint8,
        st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.just(1)),
    )
)
def test_stretched_images_are_those_of_bytescale(images):
    found = stretch(images)
    assert found.dtype == np.uint8
    for before, after in zip(images, found, strict=True):
        # Halves, which float32 and float64 round otherwise, may differ by one.
        differs = after != bytescale(before)
        halves = (before[differs].astype(float) - before.min()) * 255
        halves /= np.ptp(before) or 1
        np.testing.assert_allclose(halves % 1, 0.5, atol=1e-3)
        assert np.abs(after.astype(int) - bytescale(before)).max() <= 1
        ends = (0, 255) if before.min() < before.max() else (0, 0)
        assert (after.min(), after.max()) == ends


@pytest.mark.parametrize("inputs", ["global-mean", "pixel-mean"])
def test_the_mean_of_many_images_is_exact(inputs):
    # A float32 sum over so many images is off in the fourth digit.
    images = np.full((100_000, 2, 2, 1), 201, np.uint8)
    x, _ = prepare(small_settings(inputs=inputs), images, images)
    assert abs(x).max() < 1e-6
