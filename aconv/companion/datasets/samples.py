"""A few images of each set, kept in the repository for a page without a network."""

import dataclasses
from pathlib import Path
from typing import Literal

import numpy as np

from aconv.companion.datasets.dataset import Dataset
from aconv.companion.files import PROJECT, atomic_write, in_checkout

Part = Literal["train", "test"]
COUNT = {"classification": 16, "segmentation": 8}
FOLDER = PROJECT / "data" / "samples"


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """The first images of a set; mean and deviation are of all training pixels."""

    x: np.ndarray
    y: np.ndarray
    labels: tuple[str, ...]
    source: str
    split: str
    mean: float
    deviation: float


def take(dataset: Dataset, part: Part = "train") -> Sample:
    """Return the first 16 images of a part, 8 of a segmentation set."""
    count = COUNT[dataset.task]
    y = getattr(dataset, f"y_{part}")[:count]
    classes = dataset.task == "classification"
    return Sample(
        x=getattr(dataset, f"x_{part}")[:count],
        y=y,
        labels=tuple(dataset.class_names[index] for index in y) if classes else (),
        source=dataset.source,
        split=dataset.split,
        mean=float(dataset.x_train.mean(dtype=np.float64)),
        deviation=float(dataset.x_train.std(dtype=np.float64)),
    )


def check_place() -> None:
    """Raise if samples cannot be kept, before a set is loaded to take them."""
    if not in_checkout():
        raise NotADirectoryError(
            "Samples are kept in the repository, and the package does not run from a "
            "checkout of it."
        )


def save(name: str, sample: Sample, part: Part = "train") -> Path:
    """Write the sample of a set, completely or not at all, and return its path."""
    check_place()
    path = _path(name, part)
    with atomic_write(path) as stream:
        np.savez_compressed(stream, **dataclasses.asdict(sample))
    return path


def read(name: str, part: Part = "train") -> Sample | None:
    """Return the sample of a set that is kept; an installed package has none."""
    path = _path(name, part)
    if not in_checkout() or not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        scalars = ("source", "split", "mean", "deviation")
        labels = tuple(arrays["labels"].tolist())
        values = {name: arrays[name].item() for name in scalars}
        return Sample(x=arrays["x"], y=arrays["y"], labels=labels, **values)


def _path(name: str, part: Part) -> Path:
    return FOLDER / (f"{name}.npz" if part == "train" else f"{name}_{part}.npz")
