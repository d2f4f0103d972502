"""The paper's data sets by name, and embedded ones for a machine without a network."""

from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.download import (
    CorruptFileError,
    DataFileError,
    DownloadError,
    data_folder,
)
from aconv.companion.datasets.loading import is_cached, load
from aconv.companion.datasets.registry import SetInfo, info, names, stand_in
