"""From pixels to inputs, against formulas in plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_settings import small_settings

from aconv.companion import datasets
from aconv.companion.training import preprocessing
from aconv.companion.training.preprocessing import prepare, prepare_sample, stretch


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def prepared(dataset, **changes):
    settings = small_settings(**changes)
    return prepare(settings, dataset.x_train, dataset.x_test)


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
    assert low == pytest.approx(found[digits.x_test == 0].min(), abs=1e-6)
    full = np.full((1, 2, 2, 1), 255, np.uint8)
    same, _ = prepare_sample(
        settings, full, digits.x_train.mean(), digits.x_train.std()
    )
    assert high == pytest.approx(same.max(), abs=1e-6)


EXPECTED = {
    "unit": lambda x, train: x / 255,
    "pixel-mean": lambda x, train: x / 255 - (train / 255).mean(axis=0),
    "global-mean": lambda x, train: x / 255 - (train / 255).mean(),
    "standardized": lambda x, train: (x.astype(float) - 127) / train.std(),
    "symmetric": lambda x, train: x / 255 * 4 - 2,
}


@pytest.mark.parametrize("inputs", preprocessing.INPUTS)
def test_inputs_are_scaled_by_what_training_images_say(digits, inputs):
    before = digits.x_train.copy()
    found = prepared(digits, inputs=inputs)
    for x, images in zip(found, (digits.x_train, digits.x_test), strict=True):
        expected = EXPECTED[inputs](images, digits.x_train)
        assert x.dtype == np.float32
        np.testing.assert_allclose(x, expected, atol=1e-6)
    np.testing.assert_array_equal(digits.x_train, before)


@pytest.mark.parametrize("inputs", preprocessing.INPUTS)
def test_faces_are_stretched_before_they_are_scaled(inputs):
    faces = datasets.load("face_patches")
    found = prepared(faces, inputs=inputs, pixels="stretched")
    train, test = stretch(faces.x_train), stretch(faces.x_test)
    expected = prepare(small_settings(inputs=inputs), train, test)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def bytescale(image):
    """``scipy.misc.bytescale`` of an image with its defaults, as it was documented.

    ``(image - cmin) * ((high - low) / (cmax - cmin)) + low``, clipped, plus one half,
    as bytes; a range of zero counts as one.
    """
    low, high = 0, 255
    cmin, cmax = float(image.min()), float(image.max())
    cscale = cmax - cmin or 1.0
    bytedata = (image.astype(float) - cmin) * ((high - low) / cscale) + low
    return (bytedata.clip(low, high) + 0.5).astype(np.uint8)


images = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.just(1)),
)


@given(images)
def test_stretched_images_are_those_of_bytescale(images):
    found = stretch(images)
    assert found.dtype == np.uint8
    expected = np.stack([bytescale(image) for image in images])
    # Rounding of halves by float32 or float64 may differ by one.
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert (found == expected).mean() >= 0.9


@given(images)
def test_stretched_images_have_the_whole_range_and_the_same_order(images):
    found = stretch(images)
    for before, after in zip(images, found, strict=True):
        if before.min() == before.max():
            assert not after.any()
        else:
            assert (after.min(), after.max()) == (0, 255)
        order = np.argsort(before, axis=None, kind="stable")
        assert (np.diff(after.ravel()[order].astype(int)) >= 0).all()
    np.testing.assert_array_equal(stretch(found), found)


def test_every_image_is_stretched_alone():
    one = np.array([[50, 100, 150]], "uint8").reshape(1, 1, 3, 1)
    other = np.array([[0, 10, 255]], "uint8").reshape(1, 1, 3, 1)
    both = stretch(np.concatenate([one, other]))
    assert both.ravel().tolist() == [0, 128, 255, 0, 10, 255]


@pytest.mark.parametrize("inputs", ["global-mean", "pixel-mean"])
def test_the_mean_of_many_images_is_exact(inputs):
    # A float32 sum of this many values would be off in the third digit.
    images = np.full((3, 1000, 1000, 1), 201, np.uint8)
    x, _ = prepare(small_settings(inputs=inputs), images, images)
    assert abs(x).max() < 1e-6
