"""The value that ``datasets.load`` returns."""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from typing import Literal

import numpy as np

Kind = Literal["paper", "regenerated", "subset", "embedded"]
Task = Literal["classification", "segmentation"]

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def array_sha256(array: np.ndarray) -> str:
    """Returns the sha256 of an array's values, as a hexadecimal string.

    Args:
        array: Array of any shape and data type. Its bytes in C order are hashed;
            shape and data type are not.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> array_sha256(np.zeros(3, "uint8"))[:8]
        '709e80c8'
    """
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory: images, labels, and where they came from.

    The arrays are read-only, so that ``sha256`` stays true of them; the functions of
    ``training.preprocessing`` return new ones.

    Attributes:
        name: Name by which ``load`` knows the set.
        kind: What it is beside the paper's set: ``"paper"`` (the same data),
            ``"regenerated"`` (made anew by the published procedure, or from another
            copy of the same photographs), ``"subset"`` (a part of the paper's set) or
            ``"embedded"`` (a stand-in that needs no download).
        task: ``"classification"`` or ``"segmentation"``.
        x_train: Training images, ``uint8``, shape ``(n, height, width, channels)``.
        y_train: ``uint8`` class indices: shape ``(n,)``, or ``(n, height, width)``
            where every pixel has a class (segmentation).
        x_test: Test images, as ``x_train``.
        y_test: Test labels, as ``y_train``.
        value_range: Lowest and highest value that a pixel can take.
        class_names: Name of each class; the position is the class index.
        split: How training and test images were told apart.
        seed: The seed of the split or of the generation, or ``None`` where neither is
            random.
        source: Where the arrays came from, and in what they differ from the original.
        licence: Licence of the images, as far as their authors state one.
        citation: What to cite.
    """

    name: str
    kind: Kind
    task: Task
    x_train: np.ndarray = dataclasses.field(repr=False)
    y_train: np.ndarray = dataclasses.field(repr=False)
    x_test: np.ndarray = dataclasses.field(repr=False)
    y_test: np.ndarray = dataclasses.field(repr=False)
    value_range: tuple[int, int]
    class_names: tuple[str, ...] = dataclasses.field(repr=False)
    split: str
    seed: int | None
    source: str
    licence: str
    citation: str

    def __post_init__(self) -> None:
        for key in ARRAYS:
            getattr(self, key).flags.writeable = False

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.x_train.shape[1:]

    @functools.cached_property
    def sha256(self) -> Mapping[str, str]:
        """sha256 of the values of each array, ``"x_train"`` to ``"y_test"``."""
        return {key: array_sha256(getattr(self, key)) for key in ARRAYS}
