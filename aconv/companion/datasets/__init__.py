"""The paper's data sets by name, and embedded ones for a machine without a network.

Needs the packages of the extra ``runs`` (``pip install "aconv[runs]"``).

Example:
    >>> from aconv.companion import datasets
    >>> digits = datasets.load("digits")
    >>> digits.x_train.shape, digits.kind
    ((1347, 28, 28, 1), 'embedded')

Where files are kept. The data folder is ``ACONV_DATA_DIR``, else ``data/downloads`` of
the repository, else the user's cache folder. ``load`` downloads what is not there. To
work without a network, put the files there by hand; these are all that are known (a set
that has alternatives needs only one of them)::

    mnist/            train-images-idx3-ubyte.gz  train-labels-idx1-ubyte.gz
                      t10k-images-idx3-ubyte.gz   t10k-labels-idx1-ubyte.gz
    fashion-mnist/    the same four names
    cifar10/          cifar-10-batches-py/ with the six batches,
                      or cifar-10-python.tar.gz
    lfw/              lfw-funneled.tgz, or lfw_funneled_min20_50x37.npz
    oxford-pets/      images.tar.gz and annotations.tar.gz
    oxford-pets-3breeds-128/
                      oxford_pets_3breeds_128x128.npz, or the files of oxford-pets

Every file is verified by its checksum before it is read. ``aconv datasets list`` shows
what is there, ``aconv datasets fetch NAME`` downloads.
"""

from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.errors import (
    CorruptFileError,
    DataFileError,
    DownloadError,
)
from aconv.companion.datasets.facts import SetInfo
from aconv.companion.datasets.folder import data_folder
from aconv.companion.datasets.loading import is_cached, load
from aconv.companion.datasets.registry import info, names, stand_in

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
