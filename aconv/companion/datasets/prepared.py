"""Arrays made from archives once, kept beside them.

A prepared file carries the sha256 of its arrays and the checksums of the archives that
it was made from. It is only a copy of what the archives hold, so a damaged one, or one
made from other archives, is made again.
"""

import hashlib
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from aconv.companion.datasets.dataset import array_sha256
from aconv.companion.datasets.errors import CorruptFileError
from aconv.companion.datasets.readers import read_npz
from aconv.companion.files import written_whole

_SEAL = "seal"


def prepared(
    path: Path,
    keys: tuple[str, ...],
    origin: str,
    make: Callable[[], Mapping[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Returns the arrays of a prepared file, making and keeping them if need be.

    Args:
        path: The prepared file.
        keys: Names of its arrays.
        origin: Checksums of what it is made from.
        make: Makes the arrays.

    Returns:
        The arrays by name.
    """
    if path.exists():
        try:
            stored = read_npz(path, (*keys, _SEAL))
        except CorruptFileError as error:
            warnings.warn(f"{error}. It is made again", stacklevel=2)
        else:
            seal = str(stored.pop(_SEAL))
            if seal == _seal(stored, keys, origin):
                return stored
            warnings.warn(
                f"{path} does not hold what was written to it. It is made again",
                stacklevel=2,
            )
    arrays = {key: np.asarray(array) for key, array in make().items()}
    try:
        _write(path, arrays | {_SEAL: np.array(_seal(arrays, keys, origin))})
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


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with written_whole(path) as stream:
        np.savez(stream, **arrays)
