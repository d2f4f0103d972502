"""Loaders of the paper's sets."""

import collections
import io

import numpy as np
from PIL import Image
from tqdm import tqdm

from aconv.companion.datasets.clutter import clutter_digits
from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.download import fetch, find, place
from aconv.companion.datasets.prepared import prepare, read_prepared
from aconv.companion.datasets.readers import (
    read_cifar_batch,
    read_idx,
    read_npz,
    read_tar,
)
from aconv.companion.datasets.registry import DataFile, SetInfo, info

CLUTTER = {"size": 60, "count": 6, "width": 8}
"""Frame and count are in the published file's name; the width, which is not known, is
the generator's default."""

_LFW_KEYS = ("images", "target", "target_names")
_PETS_KEYS = ("images", "trimaps", "names", "split")
_PETS_3BREEDS = ("Abyssinian", "Bengal", "american_bulldog")


def load_idx_set(facts: SetInfo, seed: int) -> Dataset:
    """Return MNIST or Fashion-MNIST from their four idx files."""
    x_train, y_train, x_test, y_test = (
        read_idx(place(file.path)) for file in fetch(facts.sources)
    )
    return Dataset.of_set(
        facts,
        (x_train[..., None], y_train, x_test[..., None], y_test),
        split="the authors'",
        source="canonical idx files",
    )


def load_mnist_cluttered(facts: SetInfo, seed: int) -> Dataset:
    """Return MNIST-Cluttered, generated from MNIST, with its labels in its order."""
    mnist = load_idx_set(info(facts.made_from), seed)
    return clutter_digits(facts, mnist, seed, "MNIST", CLUTTER)


def load_cifar10(facts: SetInfo, seed: int) -> Dataset:
    """Return CIFAR-10 from the folder of its pickles or from the archive."""
    batches, _ = facts.sources
    n = facts.train
    x = np.empty((n + facts.test, *facts.image_shape), np.uint8)
    y = np.empty(n + facts.test, np.uint8)
    chosen = fetch(facts.sources)
    paths = [file.path for file in batches]
    # One at a time: together they take as much memory as the set.
    if chosen == batches:
        contents = ((path, place(path).read_bytes()) for path in paths)
    else:
        members = read_tar(place(chosen[0].path))
        contents = ((f"cifar10/{name}", content) for name, content in members)
    for path, content in contents:
        if path not in paths:
            continue
        images, labels = read_cifar_batch(content, path)
        # All batches have one length; an archive holds them in any order.
        first = paths.index(path) * len(images)
        x[first : first + len(images)] = images
        y[first : first + len(images)] = labels
    return Dataset.of_set(
        facts,
        (x[:n], y[:n], x[n:], y[n:]),
        split="the authors'",
        source="canonical pickles" if chosen == batches else "canonical archive",
    )


def load_lfw_faces(facts: SetInfo, seed: int) -> Dataset:
    """Return the faces, a quarter of them for the test, by the seed."""
    archive, by_hand = (group[0] for group in facts.sources)
    kept = place(facts.prepared), _LFW_KEYS, f"{archive.checksum} bilinear"
    faces = read_prepared(*kept)
    if faces is None and find(facts.sources) == (by_hand,):
        fetch([[by_hand]])
        faces = read_npz(place(by_hand.path), _LFW_KEYS)
        kind = "regenerated"
        source = (
            "file put in place by hand, made from a 150x150 copy of the funneled "
            "photographs: not pixel-identical to scikit-learn's"
        )
    else:
        if faces is None:
            faces = prepare(*kept, lambda: _lfw_from_archive(fetch([[archive]])[0]))
        kind = "paper"
        source = "canonical funneled archive, grey values rounded to 8 bits"
    # scikit-learn takes seconds to import, and no other set of this module needs it.
    from sklearn.model_selection import train_test_split

    images, target = faces["images"][..., None], faces["target"].astype(np.uint8)
    train, test = train_test_split(
        np.arange(len(images)), test_size=0.25, random_state=seed
    )
    n, order = len(train), np.concatenate([train, test])
    # Row by row of pixels, so that the images are not in memory twice.
    for row in range(images.shape[1]):
        images[:, row] = images[order, row]
    target = target[order]
    return Dataset.of_set(
        facts,
        (images[:n], target[:n], images[n:], target[n:]),
        split=f"at random, a quarter for the test, seed {seed}",
        source=source,
        class_names=tuple(str(name) for name in faces["target_names"]),
        kind=kind,
    )


def _lfw_from_archive(archive: DataFile) -> dict[str, np.ndarray]:
    """Cut, resize and order faces as ``fetch_lfw_people`` of scikit-learn did in 2020.

    It also stretched their values, see ``training.preprocessing.stretch``.
    """
    path = place(archive.path)
    # "lfw_funneled/First_Last/First_Last_0001.jpg"
    pictures = sorted(name for name, _ in read_tar(path) if name.endswith(".jpg"))
    images_of = collections.Counter(map(_lfw_person, pictures))
    chosen = [name for name in pictures if images_of[_lfw_person(name)] >= 20]
    people = sorted(set(map(_lfw_person, chosen)))
    order = np.arange(len(chosen))
    # scikit-learn's own shuffle, which only the legacy generator gives.
    np.random.RandomState(42).shuffle(order)
    row_of = {chosen[index]: row for row, index in enumerate(order)}
    left, upper, right, lower = box = (78, 70, 172, 195)
    width, height = int(0.4 * (right - left)), int(0.4 * (lower - upper))
    images = np.empty((len(chosen), height, width), np.uint8)
    with tqdm(desc="lfw_faces", total=len(chosen), disable=None) as progress:
        for name, content in read_tar(path):
            if name not in row_of:
                continue
            with Image.open(io.BytesIO(content)) as picture:
                face = picture.convert("RGB").crop(box)
                face = face.resize((width, height), Image.Resampling.BILINEAR)
            grey = np.asarray(face, np.float32).mean(axis=2)
            images[row_of[name]] = np.rint(grey)
            progress.update()
    return {
        "images": images,
        "target": np.array([people.index(_lfw_person(name)) for name in row_of]),
        "target_names": np.array([person.replace("_", " ") for person in people]),
    }


def _lfw_person(name: str) -> str:
    return name.split("/")[-2]


def load_oxford_pets(facts: SetInfo, seed: int) -> Dataset:
    """Return all breeds; the archives are read and resized once."""
    return _pets(facts, _all_pets(facts), "official archives")


def load_oxford_pets_3breeds(facts: SetInfo, seed: int) -> Dataset:
    """Return three breeds, from a file put in place by hand or from the full set."""
    if find(facts.sources) is not None:
        (by_hand,) = fetch(facts.sources)
        pets = read_npz(place(by_hand.path), _PETS_KEYS)
        trainval_first = np.argsort(pets["split"] != "trainval", kind="stable")
        for key in _PETS_KEYS:
            pets[key] = pets[key][trainval_first]
        return _pets(facts, pets, "file put in place by hand")
    pets = _all_pets(info(facts.made_from))
    breeds = np.array([name.rpartition("_")[0] for name in pets["names"]])
    chosen = np.isin(breeds, _PETS_3BREEDS)
    pets = {key: array[chosen] for key, array in pets.items()}
    return _pets(facts, pets, "official archives")


def _all_pets(facts: SetInfo) -> dict[str, np.ndarray]:
    archives = facts.sources[0]
    height, width, _ = facts.image_shape
    checksums = " ".join(file.checksum for file in archives)
    kept = place(facts.prepared), _PETS_KEYS, checksums
    pets = read_prepared(*kept)
    if pets is None:
        size = width, height
        pets = prepare(*kept, lambda: _pets_from_archives(*fetch([archives]), size))
    return pets


def _pets_from_archives(
    images: DataFile, annotations: DataFile, size: tuple[int, int]
) -> dict[str, np.ndarray]:
    """Resize images and tri-maps to ``size`` (width, height), ``trainval`` first."""
    notes = {
        name: content
        for name, content in read_tar(place(annotations.path))
        if name.endswith((".txt", ".png"))
    }
    split_of = {
        line.split()[0]: split
        for split in ("trainval", "test")
        for line in notes[f"annotations/{split}.txt"].decode().splitlines()
    }
    names = list(split_of)
    row_of = {f"images/{name}.jpg": row for row, name in enumerate(names)}
    x = np.empty((len(names), size[1], size[0], 3), np.uint8)
    trimaps = np.empty(x.shape[:-1], np.uint8)
    with tqdm(desc="oxford_pets", total=len(names), disable=None) as progress:
        for name, content in read_tar(place(images.path)):
            if name not in row_of:
                continue
            row = row_of[name]
            with Image.open(io.BytesIO(content)) as picture:
                x[row] = picture.convert("RGB").resize(size, Image.Resampling.BILINEAR)
            trimap = notes[f"annotations/trimaps/{names[row]}.png"]
            with Image.open(io.BytesIO(trimap)) as picture:
                trimaps[row] = picture.resize(size, Image.Resampling.NEAREST)
            progress.update()
    return {
        "images": x,
        "trimaps": trimaps,
        "names": np.array(names),
        "split": np.array(list(split_of.values())),
    }


def _pets(facts: SetInfo, pets: dict[str, np.ndarray], source: str) -> Dataset:
    """Return pets that are in the order trainval, test."""
    n = np.count_nonzero(pets["split"] == "trainval")
    x, y = pets["images"], pets["trimaps"]
    # 1 pet, 2 background, 3 border in the files; class indices begin at 0.
    y -= 1
    return Dataset.of_set(
        facts,
        (x[:n], y[:n], x[n:], y[n:]),
        split="official: trainval and test",
        source=source,
    )
