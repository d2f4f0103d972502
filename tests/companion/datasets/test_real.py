"""The real files, where ``ACONV_DATA_DIR`` names a folder that has them."""

import gzip
import hashlib
import os
import tracemalloc

import numpy as np
import pytest
from dataset_files import assert_counts, idx

from aconv.companion import datasets
from aconv.companion.datasets.dataset import ARRAYS
from aconv.companion.runs import RunStore

pytestmark = pytest.mark.skipif(
    not os.environ.get("ACONV_DATA_DIR"),
    reason="ACONV_DATA_DIR does not name a folder with the real files",
)

# As published: md5 of the uncompressed idx files; for CIFAR-10 the sha256 of the pixels
# in the order image, row, column, colour.
IDX_MD5 = {
    "mnist": (
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ),
    "fashion_mnist": (
        "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a",
        "15d484375f8d13e6eb1aabb0c3f46965",
    ),
}
CIFAR10_SHA256 = {
    "x_train": "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
    "y_train": "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
    "x_test": "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
    "y_test": "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
}
REAL = [
    name
    for name in datasets.names()
    if datasets.info(name).kind != "embedded" and name != "mnist_cluttered"
]


def load(name, seed=0):
    if not datasets.is_cached(name):
        pytest.skip(f"the files of {name} are not in the data folder")
    return datasets.load(name, seed)


@pytest.mark.parametrize("name", REAL)
def test_counts_are_the_published_ones(name):
    facts = datasets.info(name)
    dataset = load(name)
    assert_counts(dataset, facts.train, facts.test)
    if facts.task == "segmentation":
        assert set(np.unique(dataset.y_test)) == {0, 1, 2}
    else:
        classes = range(len(dataset.class_names))
        assert set(np.unique(dataset.y_train)) == set(classes)


@pytest.mark.parametrize("name", IDX_MD5)
def test_idx_sets_have_the_published_md5(name):
    dataset = load(name)
    for key, md5 in zip(ARRAYS, IDX_MD5[name], strict=True):
        file = gzip.decompress(idx(getattr(dataset, key).squeeze()))
        assert hashlib.md5(file).hexdigest() == md5


def test_cifar10_has_the_published_sha256():
    dataset = load("cifar10")
    assert dataset.sha256 == CIFAR10_SHA256
    assert (np.bincount(dataset.y_train) == 5000).all()
    assert (np.bincount(dataset.y_test) == 1000).all()


def test_faces_are_of_62_people_with_20_images_or_more():
    dataset = load("lfw_faces", seed=31)
    assert len(dataset.class_names) == 62
    counts = np.bincount(np.concatenate([dataset.y_train, dataset.y_test]))
    assert counts.min() == 20
    assert counts.max() == 530
    assert dataset.class_names[counts.argmax()].replace("_", " ") == "George W Bush"
    assert (counts[counts >= 70].sum(), (counts >= 70).sum()) == (1288, 7)


def test_three_breeds_have_the_published_pixel_counts():
    dataset = load("oxford_pets_3breeds")
    trimaps = np.concatenate([dataset.y_train, dataset.y_test])
    assert tuple(np.bincount(trimaps.ravel())) == (2_745_807, 5_822_164, 1_229_661)


def test_cluttered_digits_are_those_of_mnist_among_fragments():
    mnist, cluttered = load("mnist"), load("mnist_cluttered")
    assert cluttered.kind == "regenerated"
    assert_counts(cluttered, 60_000, 10_000)
    np.testing.assert_array_equal(cluttered.y_train, mnist.y_train)
    np.testing.assert_array_equal(cluttered.y_test, mnist.y_test)
    for frame, digit in zip(cluttered.x_test[:50], mnist.x_test[:50], strict=True):
        # Somewhere the frame is as bright as the digit in every pixel.
        windows = np.lib.stride_tricks.sliding_window_view(frame, digit.shape)
        assert (windows >= digit).all(axis=(3, 4, 5)).any()
    assert cluttered.x_train.mean() > mnist.x_train.mean() * (28 / 60) ** 2


@pytest.mark.parametrize("name", REAL)
def test_loading_takes_at_most_twice_the_memory_of_the_arrays(name):
    load(name)  # so that nothing is imported or prepared while memory is measured
    tracemalloc.start()
    dataset = datasets.load(name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= 2 * sum(getattr(dataset, key).nbytes for key in ARRAYS)


def test_recorded_runs_on_faces_are_of_the_copy_as_the_page_on_versions_says():
    records = [r for r in RunStore().records() if r.spec.dataset == "lfw_faces"]
    for seed in {record.spec.seed for record in records}:
        copy = load("lfw_faces", seed)
        if copy.kind != "regenerated":
            pytest.skip("the faces in the data folder are those of the archive")
        of_seed = (r for r in records if r.spec.seed == seed)
        assert all(r.provenance.data_sha256 == copy.sha256 for r in of_seed)
