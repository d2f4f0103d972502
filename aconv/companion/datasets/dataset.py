"""A data set in memory."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np

from aconv.companion.datasets.registry import Kind, SetInfo, Task

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def array_sha256(array: np.ndarray) -> str:
    """Return the sha256 of an array's bytes in C order, without shape or type."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory; its arrays are read-only, so that ``sha256`` stays true.

    Attributes:
        x_train: Training images, ``uint8``, shape ``(n, height, width, channels)``.
        y_train: ``uint8`` class indices: shape ``(n,)``, or ``(n, height, width)``
            where every pixel has a class (segmentation).
        source: Where the arrays came from, and in what they differ from the original.
    """

    name: str
    kind: Kind
    task: Task
    x_train: np.ndarray = dataclasses.field(repr=False)
    y_train: np.ndarray = dataclasses.field(repr=False)
    x_test: np.ndarray = dataclasses.field(repr=False)
    y_test: np.ndarray = dataclasses.field(repr=False)
    class_names: tuple[str, ...] = dataclasses.field(repr=False)
    split: str
    source: str

    def __post_init__(self) -> None:
        for key in ARRAYS:
            getattr(self, key).flags.writeable = False

    @classmethod
    def of_set(
        cls,
        facts: SetInfo,
        arrays: Iterable[np.ndarray],
        *,
        split: str,
        source: str,
        kind: Kind | None = None,
        class_names: tuple[str, ...] = (),
    ) -> Self:
        """Return a set of ``ARRAYS``, with the facts that its entry states."""
        return cls(
            name=facts.name,
            kind=kind or facts.kind,
            task=facts.task,
            **dict(zip(ARRAYS, arrays, strict=True)),
            class_names=facts.class_names or class_names,
            split=split,
            source=source,
        )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.x_train.shape[1:]

    @functools.cached_property
    def sha256(self) -> Mapping[str, str]:
        """sha256 of the values of each of ``ARRAYS``."""
        return {key: array_sha256(getattr(self, key)) for key in ARRAYS}
