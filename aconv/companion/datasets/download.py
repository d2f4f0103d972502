"""The data folder, and downloads into it.

pooch downloads under a temporary name, verifies and only then renames: whatever bears a
data file's name was complete when it got it, and two processes that fetch the same file
at once do not disturb each other.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pooch
import requests

from aconv.companion.datasets.registry import DataFile
from aconv.companion.files import folder_of

VARIABLE = "ACONV_DATA_DIR"

# Seconds without a byte after which an address is given up.
_TIMEOUT = 30.0

# pooch reports each download on stderr; the progress bar and the errors do that here.
pooch.get_logger().setLevel("WARNING")


class DataFileError(OSError):
    """A data file that is needed cannot be used; the message says what to do."""


class CorruptFileError(DataFileError):
    """A file is there, but its content is not what its checksum promises."""


class DownloadError(DataFileError):
    """A file is not there, and no address gave it."""


def data_folder() -> Path:
    """Return the folder of ``ACONV_DATA_DIR``, the checkout's or the user's cache."""
    return folder_of(VARIABLE, "data/downloads") or Path(pooch.os_cache("aconv"))


def place(path: str) -> Path:
    """Return where a file of the data folder belongs, whether or not it is there."""
    return data_folder() / path


def find(sources: Sequence[Sequence[DataFile]]) -> tuple[DataFile, ...] | None:
    """Return the first group whose files are all there, not yet verified, if any."""
    for group in sources:
        if all(place(file.path).exists() for file in group):
            return tuple(group)
    return None


def fetch(sources: Sequence[Sequence[DataFile]]) -> tuple[DataFile, ...]:
    """Return the first group of files that is there, or download one; verify it."""
    with_address = [group for group in sources if all(file.urls for file in group)]
    group = find(sources) or tuple((with_address or sources)[0])
    for file in group:
        if place(file.path).exists():
            _verify(file)
        else:
            _download(file)
    return group


def _verify(file: DataFile) -> None:
    path = place(file.path)
    algorithm, _, expected = file.checksum.partition(":")
    received = pooch.file_hash(str(path), alg=algorithm)
    if received != expected:
        remedy = (
            "fetch its set again: aconv datasets fetch NAME"
            if file.urls
            else "put the right one in its place"
        )
        raise CorruptFileError(
            f"{path} is corrupt, cut off or another version, and was not read. Its "
            f"{algorithm} must be {expected}, its length {file.size} bytes. Received: "
            f"{received}, {path.stat().st_size} bytes. Delete it, then {remedy}"
        )


def _download(file: DataFile) -> None:
    path = place(file.path)
    downloader = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        # Tiny pieces would make the bar the slowest part of a download.
        chunk_size=2**18,
        timeout=_TIMEOUT,
        # Some servers unpack a .gz on the way, and its checksum with it.
        headers={"Accept-Encoding": "identity"},
    )
    failures = []
    for url in file.urls:
        try:
            pooch.retrieve(
                url, file.checksum, path.name, path.parent, downloader=downloader
            )
        # Errors of the disk are no fault of the address, and no other address helps.
        except (ValueError, requests.RequestException) as error:
            failures.append(f"\n  {url}: {error}")
        else:
            return
    tried = (
        f"No address gave it:{''.join(failures)}"
        if failures
        else "It has no address to download it from."
    )
    raise DownloadError(
        f"{path.name} is needed and not in the data folder. {tried}\n"
        f"Put it there by hand as {path} ({file.size} bytes, {file.checksum}), or set "
        f"{VARIABLE} to a folder that has {file.path}"
    )
