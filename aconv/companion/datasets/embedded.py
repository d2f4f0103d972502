"""Loaders of the sets that come inside scikit-learn and scikit-image."""

import numpy as np
from PIL import Image
from skimage import data, filters, measure, morphology, segmentation, util
from sklearn.datasets import load_digits as scikit_learn_digits
from sklearn.datasets import load_sample_image
from sklearn.model_selection import train_test_split

from aconv.companion.datasets.clutter import clutter_digits
from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.registry import SetInfo, info

DIGITS_CLUTTER = {"size": 40, "count": 3, "width": 8}
"""The paper has 6 fragments on 60x60: 3 on 40x40 are about as dense."""

_TILE = 48


def load_digits(facts: SetInfo, seed: int) -> Dataset:
    """Return handwritten digits in the geometry of MNIST.

    The 8x8 counts 0 to 16 are enlarged to 20x20 with a bicubic filter, scaled to 255
    and centred on 28x28, as MNIST centres its 20x20 digits. The last quarter of the
    file is the test split: writers follow one another in it, so that the test asks for
    (nearly only) unseen writers.
    """
    counts, labels = scikit_learn_digits(return_X_y=True)
    large = [
        Image.fromarray(small).resize((20, 20), Image.Resampling.BICUBIC)
        for small in np.float32(counts.reshape(-1, 8, 8) / 16)
    ]
    framed = np.pad(np.stack(large), ((0, 0), (4, 4), (4, 4)))
    x = _to_uint8(framed)[..., None]
    y = labels.astype(np.uint8)
    n = facts.train
    return Dataset.of_set(
        facts,
        (x[:n], y[:n], x[n:], y[n:]),
        split="by position in the file: the last quarter for the test",
        source="scikit-learn load_digits, enlarged from 8x8",
    )


def load_digits_cluttered(facts: SetInfo, seed: int) -> Dataset:
    """Return cluttered frames of the embedded digits."""
    digits = load_digits(info(facts.made_from), seed)
    return clutter_digits(facts, digits, seed, "digits", DIGITS_CLUTTER)


def load_photo_patches(facts: SetInfo, seed: int) -> Dataset:
    """Return patches of ten photographs; the class is the photograph.

    Each photograph is divided into tiles of 48x48 pixels. A quarter of the tiles, drawn
    by the seed, are for the test. Patches lie wholly inside a tile. Those of plain sky
    or shadow, with a standard deviation below 8 of 255, are left out.
    """
    random = np.random.default_rng(seed)
    photographs = _photographs()
    size = facts.image_shape[0]
    patches = {True: [], False: []}
    for name in facts.class_names:
        tiles = _tiles(photographs[name])
        for_test = random.permutation(len(tiles)) % 4 == 0
        for test, total in ((False, facts.train), (True, facts.test)):
            cuts = _crops(tiles[for_test == test], size)
            cuts = cuts[cuts.std(axis=(1, 2)).mean(axis=-1) >= 8]
            wanted = total // len(facts.class_names)
            patches[test].append(cuts[random.permutation(len(cuts))[:wanted]])
    return Dataset.of_set(
        facts,
        (*_stacked(patches[False], random), *_stacked(patches[True], random)),
        split=f"by tiles of {_TILE}x{_TILE}, a quarter for the test, seed {seed}",
        source="photographs of scikit-image and scikit-learn",
    )


def load_face_patches(facts: SetInfo, seed: int) -> Dataset:
    """Return faces and background patches, classes split alike by the seed."""
    patches = data.lfw_subset()
    labels = np.repeat(np.arange(2, dtype=np.uint8), len(patches) // 2)
    x_train, x_test, y_train, y_test = train_test_split(
        _to_uint8(patches)[..., None],
        labels,
        test_size=facts.test,
        stratify=labels,
        random_state=seed,
    )
    return Dataset.of_set(
        facts,
        (x_train, y_train, x_test, y_test),
        split=f"at random, a quarter of each class for the test, seed {seed}",
        source="scikit-image lfw_subset",
    )


def load_coins_trimap(facts: SetInfo, seed: int) -> Dataset:
    """Return crops of a photograph of coins, with a class for every pixel."""
    random = np.random.default_rng(seed)
    photograph = data.coins()
    trimap = coins_trimap(photograph)
    size = facts.image_shape[0]
    boundary = photograph.shape[1] * 2 // 3
    crops = []
    for first, last, count in (
        (0, boundary, facts.train),
        (boundary, photograph.shape[1], facts.test),
    ):
        rows = random.integers(photograph.shape[0] - size + 1, size=count)
        columns = random.integers(first, last - size + 1, size=count)
        for array in (photograph, trimap):
            windows = np.lib.stride_tricks.sliding_window_view(array, (size, size))
            crops.append(windows[rows, columns])
    x_train, y_train, x_test, y_test = crops
    return Dataset.of_set(
        facts,
        (x_train[..., None], y_train, x_test[..., None], y_test),
        split=f"by place: right third of the photograph for the test, seed {seed}",
        source="scikit-image coins; tri-maps computed",
    )


def coins_trimap(photograph: np.ndarray) -> np.ndarray:
    """Return class indices of a grey photograph: 0 coin, 1 background, 2 border.

    A watershed of the gradient from certain pixels (very dark: background; very
    bright: coin); specks are dropped and each coin is made convex, as coins are. The
    border is what a disk of radius 2 adds to or takes from the coins.
    """
    certain = np.zeros(photograph.shape, np.int32)
    certain[photograph < 30] = 1
    certain[photograph > 150] = 2
    coins = segmentation.watershed(filters.sobel(photograph), certain) == 2
    regions = measure.label(morphology.closing(coins, morphology.disk(1)))
    solid = np.zeros_like(coins)
    for region in measure.regionprops(regions):
        if region.area >= 500:
            solid[region.slice] |= region.image_convex
    disk = morphology.disk(2)
    trimap = np.where(solid, 0, 1).astype(np.uint8)
    trimap[morphology.dilation(solid, disk) & ~morphology.erosion(solid, disk)] = 2
    return trimap


def _photographs() -> dict[str, np.ndarray]:
    # Every second pixel of the retina is as smooth as the other photographs.
    return {
        "astronaut": data.astronaut(),
        "cat": data.chelsea(),
        "china": load_sample_image("china.jpg"),
        "coffee": data.coffee(),
        "flower": load_sample_image("flower.jpg"),
        "galaxies": data.hubble_deep_field(),
        "motorcycle": data.stereo_motorcycle()[0],
        "retina": data.retina()[::2, ::2],
        "rocket": data.rocket(),
        "tissue": data.immunohistochemistry(),
    }


def _tiles(photograph: np.ndarray) -> np.ndarray:
    """Divide a photograph into tiles, shape ``(n, 48, 48, 3)``."""
    rows, columns = (extent // _TILE * _TILE for extent in photograph.shape[:2])
    blocks = util.view_as_blocks(photograph[:rows, :columns], (_TILE, _TILE, 3))
    return blocks.reshape(-1, _TILE, _TILE, 3)


def _crops(tiles: np.ndarray, size: int) -> np.ndarray:
    """Cut patches of ``size`` pixels out of every tile, at every eighth pixel."""
    windows = np.lib.stride_tricks.sliding_window_view(tiles, (size, size), (1, 2))
    # By row, column and tile; the channels come before the window.
    crops = windows[:, ::8, ::8].transpose(1, 2, 0, 4, 5, 3)
    return crops.reshape(-1, size, size, 3)


def _stacked(
    patches: list[np.ndarray], random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Join the patches of all classes in a random order."""
    x = np.concatenate(patches)
    y = np.repeat(np.arange(len(patches), dtype=np.uint8), list(map(len, patches)))
    order = random.permutation(len(x))
    return x[order], y[order]


def _to_uint8(values: np.ndarray) -> np.ndarray:
    """Turn values around [0, 1] into 8-bit pixels."""
    return np.rint(255 * values.clip(0, 1)).astype(np.uint8)
