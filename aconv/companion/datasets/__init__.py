"""The paper's data sets by name, and embedded ones for a machine without a network.

Needs the packages of the extra ``runs`` (``pip install "aconv[runs]"``). Files are in
the folder of ``data_folder()``; those that were put there by hand are used once their
checksums hold, and ``aconv datasets list`` shows which sets are there.
"""

from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.download import (
    CorruptFileError,
    DataFileError,
    DownloadError,
    data_folder,
)
from aconv.companion.datasets.loading import is_cached, load
from aconv.companion.datasets.registry import SetInfo, info, names, stand_in

__all__ = [
    "CorruptFileError",
    "DataFileError",
    "Dataset",
    "DownloadError",
    "SetInfo",
    "data_folder",
    "info",
    "is_cached",
    "load",
    "names",
    "stand_in",
]
