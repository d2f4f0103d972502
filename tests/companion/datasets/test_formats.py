"""Reading the files, and generating clutter."""

import hashlib

import numpy as np
import pytest
from dataset_files import idx, npz, random_images
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_numpy

from aconv.companion.datasets import CorruptFileError
from aconv.companion.datasets.clutter import cluttered
from aconv.companion.datasets.readers import read_idx, read_npz

arrays = hypothesis_numpy.arrays(
    np.uint8, hypothesis_numpy.array_shapes(min_dims=1, max_dims=3, max_side=6)
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("formats") / "file"


@given(array=arrays)
def test_idx_files_give_back_what_was_written(array, file):
    file.write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(file), array)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"images": np.array([{"a": 1}], dtype=object)}, "allow_pickle=False"),
        ({"images": np.zeros(3)}, "target"),
    ],
)
def test_npz_files_with_objects_or_without_an_array_are_refused(file, arrays, reason):
    file.write_bytes(npz(**arrays))
    with pytest.raises(CorruptFileError, match=reason):
        read_npz(file, ("images", "target"))


def find(frame, image):
    """Places at which an image lies in a frame, value by value."""
    windows = np.lib.stride_tricks.sliding_window_view(frame, image.shape)
    return np.argwhere((windows == image).all(axis=(2, 3)))


@given(seed=st.integers(0, 2**31), size=st.integers(28, 70))
@settings(max_examples=30, deadline=None)
def test_every_frame_holds_its_image_whole_once(seed, size):
    images = random_images(3, 28, 28, 1, seed=1).clip(1)
    empty = np.zeros((2, 28, 28, 1), np.uint8)
    frames = cluttered(images, empty, size=size, count=2, width=8, seed=seed)
    for frame, image in zip(frames[..., 0], images[..., 0], strict=True):
        assert len(find(frame, image)) == 1
        assert np.count_nonzero(frame) == image.size


@given(seed=st.integers(0, 2**31), count=st.integers(0, 8), width=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_every_frame_has_its_number_of_fragments(seed, count, width):
    empty = np.zeros((3, 28, 28, 1), np.uint8)
    ones = np.ones((2, 28, 28, 1), np.uint8)
    frames = cluttered(empty, ones, size=60, count=count, width=width, seed=seed)
    assert (frames.sum(axis=(1, 2, 3)) == count * width**2).all()


def test_fragments_are_cut_from_all_over_the_distractors():
    empty = np.zeros((500, 28, 28, 1), np.uint8)
    numbered = np.arange(1, 1 + 10 * 10, dtype=np.uint8).reshape(1, 10, 10, 1)
    frames = cluttered(empty, numbered, size=30, count=1, width=3, seed=0)
    corners = {frame[frame > 0].min() for frame in frames[..., 0]}
    expected = {1 + 10 * row + column for row in range(8) for column in range(8)}
    assert corners == expected


def test_values_are_clipped_and_do_not_wrap_around():
    bright = np.full((50, 28, 28, 1), 255, np.uint8)
    frames = cluttered(bright, bright, size=28, count=6, width=8, seed=0)
    assert (frames == 255).all()


def test_a_frame_does_not_depend_on_how_many_follow():
    images = random_images(2100, 9, 9, 1)
    options = {"size": 12, "count": 2, "width": 4, "seed": 5}
    many = cluttered(images, images[:50], **options)
    for count in (1, 7, 2001):
        few = cluttered(images[:count], images[:50], **options)
        np.testing.assert_array_equal(few, many[:count])


def test_the_same_seed_gives_the_same_frames_for_ever():
    digits = random_images(10, 28, 28, 1)
    frames = cluttered(digits, digits, size=60, count=6, width=8, seed=31)
    # NumPy may change its streams: then recorded runs need another name for their data.
    assert hashlib.sha256(frames.data).hexdigest() == (
        "9455a178c4c09a27811accbcead8ffe8d6357c049c761fbd2b5179f435621f2a"
    )
    other = cluttered(digits, digits, size=60, count=6, width=8, seed=32)
    assert (frames != other).any()
