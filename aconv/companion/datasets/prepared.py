"""Arrays made from archives once, kept next to them, and made again if damaged."""

import hashlib
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from aconv.companion.datasets.dataset import array_sha256
from aconv.companion.datasets.download import CorruptFileError
from aconv.companion.datasets.readers import read_npz
from aconv.companion.files import atomic_write

_SEAL = "seal"


def read_prepared(
    path: Path, keys: tuple[str, ...], origin: str
) -> dict[str, np.ndarray] | None:
    """Return the arrays of a prepared file; None, with a warning, if it is damaged."""
    if not path.exists():
        return None
    try:
        stored = read_npz(path, (*keys, _SEAL))
        if str(stored.pop(_SEAL)) == _seal(stored, keys, origin):
            return stored
        problem = f"{path} does not hold what was written to it"
    except CorruptFileError as error:
        problem = str(error)
    warnings.warn(f"{problem}. It is not used, or made again", stacklevel=3)
    return None


def prepare(
    path: Path,
    keys: tuple[str, ...],
    origin: str,
    make: Callable[[], Mapping[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Return the arrays that ``make`` makes, and keep them in a prepared file."""
    arrays = {key: np.asarray(array) for key, array in make().items()}
    try:
        with atomic_write(path) as stream:
            np.savez(stream, **arrays, **{_SEAL: _seal(arrays, keys, origin)})
    except OSError as error:
        warnings.warn(
            f"{path} cannot be written ({error}): its arrays are made again each time",
            stacklevel=2,
        )
    return arrays


def _seal(arrays: Mapping[str, np.ndarray], keys: tuple[str, ...], origin: str) -> str:
    parts = [origin]
    for key in keys:
        array = arrays[key]
        parts.append(f"{key} {array.dtype} {array.shape} {array_sha256(array)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
