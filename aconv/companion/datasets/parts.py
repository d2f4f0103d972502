"""What a loader hands over; ``datasets.load`` adds the facts of the registry."""

import dataclasses

import numpy as np

from aconv.companion.datasets.dataset import Kind


@dataclasses.dataclass(frozen=True)
class Parts:
    """Arrays of a set and what only its loader can say of them.

    Attributes:
        x_train: As in ``datasets.Dataset``.
        y_train: As in ``datasets.Dataset``.
        x_test: As in ``datasets.Dataset``.
        y_test: As in ``datasets.Dataset``.
        split: As in ``datasets.Dataset``.
        source: As in ``datasets.Dataset``.
        class_names: Class names, where the registry has none.
        kind: Kind, where it is not the registry's.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    split: str
    source: str
    class_names: tuple[str, ...] = ()
    kind: Kind | None = None
