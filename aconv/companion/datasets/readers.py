"""Readers of the file formats of the data sets, whose checksums are verified before."""

import gzip
import io
import pickle
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aconv.companion.datasets.download import CorruptFileError


def read_idx(path: Path) -> np.ndarray:
    """Return the array of a gzip'ed idx file of unsigned bytes, the format of MNIST.

    Two zero bytes, the type (8, unsigned byte), the number of dimensions, each
    dimension as a big-endian 32-bit number, the values.
    """
    with gzip.open(path) as stream:
        *_, dimensions = struct.unpack(">HBB", stream.read(4))
        shape = struct.unpack(f">{dimensions}I", stream.read(4 * dimensions))
        return np.frombuffer(stream.read(), np.uint8).reshape(shape)


# What the pickle of an array names. NumPy has moved ``_reconstruct`` since.
_PICKLED_ARRAYS = {
    ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickler of containers, numbers, strings and NumPy arrays only."""

    def find_class(self, module: str, name: str) -> object:
        try:
            return _PICKLED_ARRAYS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not an array") from None


def read_cifar_batch(content: bytes, where: str) -> tuple[np.ndarray, ...]:
    """Return images and labels of a batch of CIFAR-10, a pickle of arrays.

    Images have the shape ``(n, 32, 32, 3)``, labels ``(n,)``, both ``uint8``. ``where``
    names the batch in an error.
    """
    try:
        batch = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    except pickle.UnpicklingError as error:
        raise CorruptFileError(f"{where} was not unpickled: {error}") from error
    planes = batch[b"data"].reshape(-1, 3, 32, 32)
    return planes.transpose(0, 2, 3, 1), np.asarray(batch[b"labels"], np.uint8)


def read_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file of a tar archive, unpacking none to disk."""
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                yield member.name, archive.extractfile(member).read()


def read_npz(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return arrays of an npz file by name, never from a pickle."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in keys}
    except MemoryError:
        raise
    except Exception as error:  # of a damaged file there are many kinds
        raise CorruptFileError(f"{path} cannot be read as npz: {error}") from error
