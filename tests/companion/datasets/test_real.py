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
from aconv.companion.runs import RunStore, execution

pytestmark = pytest.mark.skipif(
    not os.environ.get("ACONV_DATA_DIR"),
    reason="ACONV_DATA_DIR does not name a folder with the real files",
)

# As published: md5 of the uncompressed idx files of the training images.
IDX_MD5 = {
    "mnist": "6bbc9ace898e44ae57da46a324031adb",
    "fashion_mnist": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
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
    file = gzip.decompress(idx(load(name).x_train.squeeze()))
    assert hashlib.md5(file).hexdigest() == IDX_MD5[name]


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


@pytest.mark.parametrize("name", [name for name in REAL if "pets" not in name])
def test_recorded_runs_are_of_the_copy_that_is_here(name):
    # The page on versions says so of the faces.
    if load(name).kind == "paper" and name == "lfw_faces":
        pytest.skip("the faces in the data folder are those of the archive")
    copies = {}
    for record in (r for r in RunStore().records() if r.spec.dataset == name):
        spec = record.spec
        seed = spec.seed if datasets.info(name).resplit_per_seed else None
        key = (spec.profile, spec.settings.held_out, seed)
        if key not in copies:
            copies[key] = execution.load_data(spec).sha256
        assert record.provenance.data_sha256 == copies[key]
    assert copies
