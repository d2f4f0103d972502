"""The sets that need no download, and what is true of every set."""

import dataclasses
import itertools
import random

import numpy as np
import pytest
from dataset_files import assert_counts
from skimage import data, measure
from skimage.util import view_as_blocks
from sklearn.datasets import load_digits

from aconv.companion import datasets
from aconv.companion.datasets import embedded

EMBEDDED = [name for name in datasets.names() if datasets.info(name).kind == "embedded"]
RANDOM = {"digits_cluttered", "photo_patches", "face_patches", "coins_trimap"}


@pytest.fixture(autouse=True)
def no_files_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("ACONV_DATA_DIR", str(tmp_path / "none"))

    def refuse(*arguments):
        raise AssertionError("an embedded set asked for the network")

    monkeypatch.setattr("socket.socket.connect", refuse)


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize("seed", [0, 31])
def test_an_embedded_set_is_what_the_registry_says(name, seed):
    facts = datasets.info(name)
    dataset = datasets.load(name, seed)
    assert_counts(dataset, facts.train, facts.test)
    assert dataset.x_train.min() <= 20
    assert dataset.x_train.max() >= 235
    classes = set(range(len(facts.class_names)))
    assert set(np.unique(dataset.y_train)) == set(np.unique(dataset.y_test)) == classes
    assert dataset.kind == "embedded"
    assert dataset.class_names == facts.class_names


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_seed_decides_what_is_random_and_nothing_else_does(name):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    first = datasets.load(name, seed=31)
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    again = datasets.load(name, seed=31)
    other = datasets.load(name, seed=48)
    assert first.sha256 == again.sha256
    assert (first.sha256 != other.sha256) == (name in RANDOM)


def test_digits_are_the_handwritten_ones_enlarged():
    dataset = datasets.load("digits")
    x = np.concatenate([dataset.x_train, dataset.x_test])[..., 0]
    assert (x[:, :4] == 0).all()
    assert (x[:, :, -4:] == 0).all()
    # Averaged over 8x8 cells (of 2.5 pixels) they look like the counts they are of.
    inner = x[:, 4:24, 4:24].repeat(2, axis=1).repeat(2, axis=2) / 255
    cells = inner.reshape(-1, 8, 5, 8, 5).mean(axis=(2, 4))
    for cell, theirs in zip(cells, load_digits().images, strict=True):
        assert np.corrcoef(cell.ravel(), theirs.ravel())[0, 1] > 0.9
    np.testing.assert_array_equal(
        np.concatenate([dataset.y_train, dataset.y_test]), load_digits().target
    )


def test_faces_and_background_are_told_apart():
    dataset = datasets.load("face_patches")
    assert np.bincount(dataset.y_train).tolist() == [75, 75]
    faces = np.rint(255 * data.lfw_subset()[:100]).astype(np.uint8)
    faces = set(map(bytes, faces))
    for image, label in zip(dataset.x_test, dataset.y_test, strict=True):
        assert (bytes(image) in faces) == (dataset.class_names[label] == "face")


def blocks(images):
    """The 8x8 blocks of some patches that show something, as a set of bytes."""
    cut = view_as_blocks(images, (1, 8, 8, 3)).reshape(-1, 8, 8, 3)
    return set(map(bytes, cut[cut.std(axis=(1, 2, 3)) > 3]))


@pytest.mark.parametrize("seed", [0, 31])
def test_photograph_patches_of_training_and_test_share_no_pixel(seed):
    # Patches begin at multiples of 8: what they share, they share in whole blocks.
    dataset = datasets.load("photo_patches", seed)
    train, test = blocks(dataset.x_train), blocks(dataset.x_test)
    assert len(test) > 1000
    assert not train & test


def test_photograph_patches_are_labelled_with_their_photograph():
    dataset = datasets.load("photo_patches")
    photographs = embedded._photographs()
    for index in range(0, 600, 40):
        patch = dataset.x_test[index]
        photograph = photographs[dataset.class_names[dataset.y_test[index]]]
        view = np.lib.stride_tricks.sliding_window_view
        windows = view(photograph, patch.shape)[::8, ::8, 0]
        assert (windows == patch).all(axis=(2, 3, 4)).any()
    assert (np.bincount(dataset.y_train) == 180).all()
    assert (np.bincount(dataset.y_test) == 60).all()


def test_coin_crops_of_training_and_test_share_no_pixel(monkeypatch):
    photograph = np.broadcast_to(np.arange(384) // 2, (303, 384)).astype(np.uint8)
    monkeypatch.setattr(embedded.data, "coins", lambda: photograph)
    monkeypatch.setattr(embedded, "coins_trimap", np.array)
    dataset = datasets.load("coins_trimap")
    assert dataset.x_train.max() < dataset.x_test.min()
    np.testing.assert_array_equal(dataset.x_train[..., 0], dataset.y_train)
    np.testing.assert_array_equal(dataset.x_test[..., 0], dataset.y_test)


def test_the_coins_trimap_finds_every_coin_and_its_border():
    trimap = embedded.coins_trimap(data.coins())
    coins = measure.label(trimap == 0)
    assert coins.max() == 24
    photograph = data.coins()
    assert photograph[trimap == 0].mean() > photograph[trimap == 1].mean() + 40
    # Coin and background never touch: the border is between them.
    for one, next_one in ((trimap[1:], trimap[:-1]), (trimap[:, 1:], trimap[:, :-1])):
        assert not np.any((one != next_one) & (one < 2) & (next_one < 2))


def test_every_paper_set_has_an_embedded_stand_in():
    papers = [n for n in datasets.names() if datasets.info(n).kind != "other"]
    for name in papers:
        stand_in = datasets.stand_in(name)
        assert datasets.info(stand_in).kind == "embedded"
        assert datasets.info(stand_in).task == datasets.info(name).task
    assert datasets.stand_in("fashion_mnist") == "digits"
    assert datasets.stand_in("oxford_pets_3breeds") == "coins_trimap"


def test_every_set_says_where_it_is_from():
    for name in datasets.names():
        facts = datasets.info(name)
        assert all((facts.licence, facts.citation, facts.note, facts.homepage))
        assert facts.sections or facts.kind == "other"
        for file in itertools.chain(*facts.sources):
            algorithm, _, digest = file.checksum.partition(":")
            assert len(digest) == {"md5": 32, "sha256": 64}[algorithm]


def test_an_unknown_name_is_refused_with_the_names():
    sentence = r"`name` must be one of mnist, .*Received: 'x'"
    with pytest.raises(ValueError, match=sentence):
        datasets.load("x")


def test_a_loaded_set_cannot_be_changed():
    dataset = datasets.load("face_patches")
    with pytest.raises(ValueError, match="read-only"):
        dataset.x_train[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "other"
