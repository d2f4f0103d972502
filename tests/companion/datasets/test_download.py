"""The loading code, over HTTP, against a server on localhost."""

import errno
import hashlib
import io
import os
import re

import attrs
import numpy as np
import pytest
from dataset_files import (
    PETS,
    SMALL_COUNTS,
    assert_counts,
    pet,
    picture,
    random_images,
    serving,
    small_contents,
    small_facts,
)
from PIL import Image
from sklearn.datasets import fetch_lfw_people
from unpacking import unpack

from aconv.companion import datasets
from aconv.companion.datasets import download, registry

DOWNLOADED = tuple(SMALL_COUNTS)
each_set = pytest.mark.parametrize("name", DOWNLOADED)


@pytest.fixture(scope="module")
def contents():
    return {name: small_contents(name) for name in DOWNLOADED}


@pytest.fixture(scope="module")
def server(contents):
    files = {path: file for of in contents.values() for path, file in of.items()}
    with serving(files) as (address, requests):
        yield address, requests


@pytest.fixture
def requests(server):
    server[1].clear()
    return server[1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ACONV_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def offer(contents, folder, server, monkeypatch):
    """Puts a set with small files in the registry; ``modes`` of its mirrors by path."""

    def offer(name, modes=lambda path: ("right",)):
        facts = small_facts(
            name,
            contents[name],
            lambda path: tuple(f"{server[0]}/{mode}/{path}" for mode in modes(path)),
        )
        monkeypatch.setitem(registry.SETS, name, facts)
        return facts

    return offer


def put(folder, path, content):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


def names_in(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in files}


def full_disk(*arguments, **options):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_every_set_that_can_be_downloaded_has_small_files():
    every = [datasets.info(name) for name in datasets.names()]
    files = {f.name: [file for group in f.sources for file in group] for f in every}
    with_addresses = {name for name in files if any(file.urls for file in files[name])}
    assert with_addresses == set(DOWNLOADED)


@each_set
def test_a_set_is_downloaded_once_and_loaded(name, offer, requests, capfd):
    offer(name)
    assert not datasets.is_cached(name)
    dataset = datasets.load(name)
    assert capfd.readouterr() == ("", "")  # no progress where there is no terminal
    assert_counts(dataset, *SMALL_COUNTS[name])
    assert dataset.kind == datasets.info(name).kind
    # And from then on needs no network.
    requests.clear()
    assert datasets.is_cached(name)
    assert datasets.load(name).sha256 == dataset.sha256
    assert requests == []


REASONS = {"corrupt": "hash", "missing": "404"}
each_mode = pytest.mark.parametrize("mode", REASONS)


@each_mode
def test_a_file_that_comes_wrong_is_refused_and_named(mode, offer, folder, server):
    (*others, last), *_ = registry.SETS["mnist"].sources
    offer("mnist", lambda path: (mode,) if path == last.path else ("right",))
    with pytest.raises(datasets.DownloadError) as error:
        datasets.load("mnist")
    text = str(error.value)
    url = re.escape(f"{server[0]}/{mode}/{last.path}")
    assert re.search(f"{url}: .*{REASONS[mode]}", text)
    assert f"by hand as {folder / last.path}" in text
    assert "ACONV_DATA_DIR" in text
    # The good files that came before it are kept, and nothing else is left.
    assert names_in(folder) == {file.path for file in others}


@each_mode
def test_the_next_mirror_is_tried(mode, offer, requests):
    path = "cifar10/cifar-10-python.tar.gz"
    offer("cifar10", lambda path: (mode, "right"))
    datasets.load("cifar10")
    assert requests == [(mode, path), ("right", path)]


def test_only_what_is_missing_is_fetched(offer, folder, contents, requests):
    files = offer("mnist").sources[0]
    for file in files[::2]:
        put(folder, file.path, contents["mnist"][file.path])
    datasets.load("mnist")
    assert {path for _, path in requests} == {file.path for file in files[1::2]}


def test_full_disk_is_not_blamed_on_the_address(offer, monkeypatch):
    offer("mnist")
    monkeypatch.setattr(download.pooch, "retrieve", full_disk)
    with pytest.raises(OSError, match="No space left") as error:
        datasets.load("mnist")
    assert not isinstance(error.value, datasets.DataFileError)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("cifar10", "cifar10"),
        ("lfw_faces", "lfw_faces"),
        ("oxford_pets", "oxford_pets_3breeds"),
    ],
)
def test_files_that_would_do_as_well_are_named(name, asked, offer):
    facts = offer(name, lambda path: ("missing",))
    with pytest.raises(datasets.DownloadError) as error:
        datasets.load(asked)
    for group in (*facts.sources, *datasets.info(asked).sources):
        for file in group:
            assert file.path in str(error.value)


@each_set
def test_a_damaged_file_in_the_folder_is_refused_and_left(
    name, offer, folder, contents, requests
):
    for file in offer(name).sources[0]:
        put(folder, file.path, contents[name][file.path])
    path = folder / file.path
    content = path.read_bytes()
    damaged = content[:-1] + bytes([content[-1] ^ 1])
    path.write_bytes(damaged)
    with pytest.raises(datasets.CorruptFileError, match="Delete it") as error:
        datasets.load(name)
    assert str(path) in str(error.value)
    assert path.read_bytes() == damaged
    path.write_bytes(content[:-1])
    assert not datasets.is_cached(name)
    path.write_bytes(content)
    datasets.load(name)
    assert requests == []


def test_cifar10_is_the_same_from_the_archive_and_from_its_folder(
    offer, folder, contents
):
    facts = offer("cifar10")
    batches, (archive,) = facts.sources
    put(folder, archive.path, contents["cifar10"][archive.path])
    # One of the batches is not the set.
    put(folder, batches[0].path, contents["cifar10"][batches[0].path])
    from_archive = datasets.load("cifar10")
    (folder / archive.path).unlink()
    for file in batches:
        put(folder, file.path, contents["cifar10"][file.path])
    from_folder = datasets.load("cifar10")
    assert from_archive.sha256 == from_folder.sha256
    assert from_archive.source != from_folder.source
    expected = np.concatenate([random_images(4, 32, 32, 3, seed) for seed in range(5)])
    np.testing.assert_array_equal(from_folder.x_train, expected)
    np.testing.assert_array_equal(
        from_folder.y_train, np.concatenate([np.arange(4) + seed for seed in range(5)])
    )


def test_clutter_is_made_of_downloaded_digits(offer):
    offer("mnist")
    digits, cluttered = map(datasets.load, ("mnist", "mnist_cluttered"))
    assert_counts(cluttered, *SMALL_COUNTS["mnist"])
    assert cluttered.kind == "regenerated"
    for part in ("train", "test"):
        frames, whole = (getattr(found, f"x_{part}") for found in (cluttered, digits))
        windows = np.lib.stride_tricks.sliding_window_view(
            frames, (28, 28, 1), (1, 2, 3)
        )
        # Each digit is whole somewhere in its frame, and other digits' parts beside it.
        lies_in = windows[:, :, :, 0] >= whole[:, None, None]
        assert lies_in.all(axis=(3, 4, 5)).any(axis=(1, 2)).all()
        ink, own = ((of > 0).sum(axis=(1, 2, 3)) for of in (frames, whole))
        assert (ink > own).all()
        labels = (getattr(found, f"y_{part}") for found in (cluttered, digits))
        np.testing.assert_array_equal(*labels)


def test_lfw_put_in_place_by_hand_says_so(offer, folder, contents, requests):
    (archive,), (by_hand,) = offer("lfw_faces").sources
    put(folder, by_hand.path, contents["lfw_faces"][by_hand.path])
    assert datasets.is_cached("lfw_faces")
    dataset = datasets.load("lfw_faces")
    assert dataset.kind == "regenerated"
    assert "not pixel-identical" in dataset.source
    assert dataset.class_names == ("Ann First", "Zoe Last")
    assert requests == []
    # The archive is preferred.
    put(folder, archive.path, contents["lfw_faces"][archive.path])
    assert datasets.load("lfw_faces").kind == "paper"


def test_faces_equal_scikit_learns(
    offer, folder, contents, tmp_path_factory, monkeypatch
):
    facts = offer("lfw_faces")
    dataset = datasets.load("lfw_faces", seed=31)
    home = tmp_path_factory.mktemp("scikit_learn_data")
    (home / "lfw_home").mkdir()
    for target in ("pairsDevTrain.txt", "pairsDevTest.txt", "pairs.txt"):
        (home / "lfw_home" / target).touch()
    archive = contents["lfw_faces"][facts.sources[0][0].path]
    unpack(archive, home / "lfw_home")
    # In 2020 it resized bilinearly.
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image,
        "resize",
        lambda image, size: resize(image, size, Image.Resampling.BILINEAR),
    )
    theirs = fetch_lfw_people(
        data_home=home, min_faces_per_person=20, resize=0.4, download_if_missing=False
    )
    order = np.random.RandomState(31).permutation(len(theirs.images))
    test, train = order[:11], order[11:]
    for images, labels, rows in (
        (dataset.x_train, dataset.y_train, train),
        (dataset.x_test, dataset.y_test, test),
    ):
        # Theirs are in [0, 1] and not rounded.
        assert np.abs(images[..., 0] - 255 * theirs.images[rows]).max() < 0.501
        np.testing.assert_array_equal(labels, theirs.target[rows])
    assert dataset.class_names == tuple(theirs.target_names)


def test_pets_keep_the_official_split_and_number_classes_from_zero(offer, folder):
    offer("oxford_pets")
    dataset = datasets.load("oxford_pets")
    rows, columns = (
        ((np.arange(128) + 0.5) * side / 128).astype(int) for side in (40, 30)
    )
    for split, x, y in (
        ("trainval", dataset.x_train, dataset.y_train),
        ("test", dataset.x_test, dataset.y_test),
    ):
        for name, pixels, classes in zip(PETS[split], x, y, strict=True):
            image, trimap = pet(name)
            np.testing.assert_array_equal(classes, trimap[rows][:, columns] - 1)
            jpeg = Image.open(io.BytesIO(picture(image, "JPEG")))
            expected = jpeg.resize((128, 128), Image.Resampling.BILINEAR)
            np.testing.assert_array_equal(pixels, np.asarray(expected))
    assert dataset.class_names == ("pet", "background", "border")


def test_three_breeds_come_from_the_full_set_where_no_file_is_in_place(offer, folder):
    offer("oxford_pets")
    full = datasets.load("oxford_pets")
    assert datasets.is_cached("oxford_pets_3breeds")
    breeds = datasets.load("oxford_pets_3breeds")
    assert breeds.kind == "subset"
    np.testing.assert_array_equal(breeds.x_train, full.x_train[[0, 2]])
    np.testing.assert_array_equal(breeds.y_test, full.y_test[[0]])


@pytest.mark.parametrize("name", ["lfw_faces", "oxford_pets"])
def test_what_was_prepared_needs_its_archives_no_more(name, offer, folder):
    first = datasets.load(offer(name).name)
    facts = offer(name, lambda path: ("missing",))
    for path in names_in(folder) - {facts.prepared}:
        (folder / path).unlink()
    assert datasets.is_cached(name)
    assert datasets.load(name).sha256 == first.sha256
    path = folder / facts.prepared
    path.write_bytes(path.read_bytes()[:1000])
    assert not datasets.is_cached(name)


@pytest.mark.parametrize(
    ("name", "damage"),
    [("lfw_faces", "changed"), ("lfw_faces", "cut"), ("oxford_pets", "foreign")],
)
def test_a_damaged_prepared_file_is_made_again(name, damage, offer, folder):
    facts = offer(name)
    first = datasets.load(name)
    path = folder / facts.prepared
    content = path.read_bytes()
    half = len(content) // 2
    if damage == "foreign":
        arrays = dict(np.load(path))
        np.savez(path, **arrays | {"images": arrays["images"][::-1]})
    else:
        rest = content[half + 1 :] if damage == "changed" else b""
        path.write_bytes(content[:half] + bytes([content[half] ^ 1]) + rest)
    with pytest.warns(UserWarning, match="made again"):
        assert datasets.load(name).sha256 == first.sha256
    assert datasets.load(name).sha256 == first.sha256


def test_a_damaged_prepared_file_does_not_hide_the_one_put_in_place_by_hand(
    offer, folder, contents
):
    facts = offer("lfw_faces", lambda path: ("missing",))
    by_hand = facts.sources[1][0].path
    put(folder, by_hand, contents["lfw_faces"][by_hand])
    put(folder, facts.prepared, b"PK damaged")
    with pytest.warns(UserWarning, match="It is not used"):
        assert datasets.load("lfw_faces").kind == "regenerated"


def test_a_folder_that_cannot_be_written_to_costs_only_time(
    offer, folder, contents, monkeypatch
):
    facts = offer("lfw_faces")
    (archive,) = facts.sources[0]
    put(folder, archive.path, contents["lfw_faces"][archive.path])
    monkeypatch.setattr("numpy.savez", full_disk)
    with pytest.warns(UserWarning, match="No space left"):
        datasets.load("lfw_faces")
    assert names_in(folder) == {archive.path}


def test_evil_pickles_with_the_right_checksum_are_refused_too(
    offer, folder, contents, monkeypatch
):
    facts = offer("cifar10")
    batches, archive = facts.sources
    evil = b"cos\nsystem\n(S'touch " + os.fsencode(folder / "evil") + b"'\ntR."
    vouched = attrs.evolve(
        batches[0], checksum=f"md5:{hashlib.md5(evil).hexdigest()}", size=len(evil)
    )
    sources = ((vouched, *batches[1:]), archive)
    changed = attrs.evolve(facts, sources=sources)
    monkeypatch.setitem(registry.SETS, "cifar10", changed)
    for file in batches:
        put(folder, file.path, contents["cifar10"][file.path])
    put(folder, vouched.path, evil)
    with pytest.raises(datasets.CorruptFileError, match=r"os\.system is not an array"):
        datasets.load("cifar10")
    assert not (folder / "evil").exists()
