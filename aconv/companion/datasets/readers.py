"""Readers of the file formats of the data sets, which do not trust their input."""

import gzip
import hashlib
import io
import math
import pickle
import struct
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from aconv.companion.datasets.download import CorruptFileError

_CHUNK = 2**20


def read_idx(path: Path) -> np.ndarray:
    """Return the array of a gzip'ed idx file of unsigned bytes, the format of MNIST.

    Two zero bytes, the type (8, unsigned byte), the number of dimensions, each
    dimension as a big-endian 32-bit number, the values.
    """
    try:
        with gzip.open(path) as stream:
            zeros, kind, dimensions = struct.unpack(">HBB", stream.read(4))
            if zeros != 0 or kind != 8:
                raise ValueError("it does not begin as an idx file of unsigned bytes")
            shape = struct.unpack(f">{dimensions}I", stream.read(4 * dimensions))
            values = np.empty(math.prod(shape), np.uint8)
            filled = 0
            # Piece by piece: read() would hold the whole content a second time.
            while piece := stream.read(min(_CHUNK, values.size - filled)):
                values[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
                filled += len(piece)
            if filled < values.size or stream.read(1):
                raise ValueError(f"its length is not that of an array of shape {shape}")
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise CorruptFileError(f"{path} cannot be read as idx: {error}") from error
    return values.reshape(shape)


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


def read_cifar_batch(content: bytes, md5: str, where: str) -> tuple[np.ndarray, ...]:
    """Return images and labels of a batch of CIFAR-10, a pickle with a known md5.

    Images have the shape ``(n, 32, 32, 3)``, labels ``(n,)``, both ``uint8``. Nothing
    is unpickled where the md5 differs. ``where`` names the batch in an error.
    """
    received = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if received != md5:
        raise CorruptFileError(
            f"{where} was not unpickled: its md5 must be {md5}. Received: {received}"
        )
    try:
        batch = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    except pickle.UnpicklingError as error:
        raise CorruptFileError(f"{where} was not unpickled: {error}") from error
    planes = batch[b"data"].reshape(-1, 3, 32, 32)
    return planes.transpose(0, 2, 3, 1), np.asarray(batch[b"labels"], np.uint8)


def read_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file of a tar archive, unpacking none to disk.

    An archive is refused if a member lies outside its folder, or is a link or a device.
    """
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = PurePosixPath(member.name)
                if name.is_absolute() or ".." in name.parts or "\\" in member.name:
                    raise CorruptFileError(
                        f"{path} is refused: its member {member.name!r} lies outside "
                        "the archive's folder"
                    )
                if member.isdir():
                    continue
                if not member.isfile():
                    raise CorruptFileError(
                        f"{path} is refused: its member {member.name!r} is a link or a "
                        "device"
                    )
                yield member.name, archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptFileError(f"{path} cannot be read as tar: {error}") from error


def read_npz(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return arrays of an npz file by name, never from a pickle."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in keys}
    except MemoryError:
        raise
    except Exception as error:  # of a damaged file there are many kinds
        raise CorruptFileError(f"{path} cannot be read as npz: {error}") from error
