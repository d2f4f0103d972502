"""From a ``DataFile`` to a verified file in the data folder.

A file that is in the folder is used after its checksum is verified, without a
network. A file that is not there is downloaded by pooch under a temporary name,
verified, and only then renamed: whatever bears a data file's name was complete when it
got it, and two processes that fetch the same file at once do not disturb each other.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pooch
import requests
from tqdm import tqdm

from aconv.companion.datasets.errors import CorruptFileError, DownloadError
from aconv.companion.datasets.facts import DataFile
from aconv.companion.datasets.folder import VARIABLE, data_folder

TIMEOUT = 30.0
"""Seconds without a byte after which an address is given up."""

# pooch reports each download on stderr; the progress bar and the errors do that here.
pooch.get_logger().setLevel("WARNING")


def place(path: str) -> Path:
    """Returns where a file of the data folder belongs, whether or not it is there."""
    return data_folder() / path


def is_present(file: DataFile) -> bool:
    """Tells whether a file of the right length is there, whatever it holds."""
    path = place(file.path)
    return path.is_file() and path.stat().st_size == file.size


def verified(file: DataFile) -> Path:
    """Returns the path of a data file that is in the folder, once its checksum holds.

    Args:
        file: The file, which must be in the folder.

    Returns:
        Its path.

    Raises:
        CorruptFileError: If the content does not have the checksum.
    """
    path = place(file.path)
    algorithm, _, expected = file.checksum.partition(":")
    received = pooch.file_hash(str(path), alg=algorithm)
    if received != expected:
        raise CorruptFileError(
            f"{path} is corrupt, cut off or another version, and was not read. Its "
            f"{algorithm} must be {expected}, its length {file.size} bytes. Received: "
            f"{received}, {path.stat().st_size} bytes. Delete it, then "
            + (
                "fetch its set again: aconv datasets fetch NAME"
                if file.urls
                else "put the right one in its place"
            )
        )
    return path


def fetch_file(file: DataFile) -> Path:
    """Returns the path of a verified data file, downloading it if it is not there.

    Args:
        file: The file.

    Returns:
        Its path in the data folder.

    Raises:
        CorruptFileError: If the file is there and its checksum is wrong. It is left
            as it is.
        DownloadError: If the file is not there and no address gives the right content.
    """
    path = place(file.path)
    if path.exists():
        return verified(file)
    failures = []
    for url in file.urls:
        with tqdm(
            desc=path.name,
            total=file.size,
            unit="B",
            unit_scale=True,
            disable=not sys.stderr.isatty(),
        ) as progress:
            downloader = pooch.HTTPDownloader(
                progressbar=progress,
                # Tiny pieces would make the bar the slowest part of a download.
                chunk_size=2**18,
                timeout=TIMEOUT,
                # Some servers unpack a .gz on the way, and its checksum with it.
                headers={"Accept-Encoding": "identity"},
            )
            try:
                pooch.retrieve(
                    url,
                    known_hash=file.checksum,
                    fname=path.name,
                    path=path.parent,
                    downloader=downloader,
                )
            except (ValueError, OSError) as error:
                # The disk is not the address's fault.
                if _of_this_machine(error):
                    raise
                failures.append(f"  {url}: {_reason(error)}")
            else:
                return path
    raise DownloadError(_missing(file, failures))


def _of_this_machine(error: Exception) -> bool:
    return (
        isinstance(error, OSError)
        and not isinstance(error, requests.RequestException)
        and error.errno is not None
    )


def _reason(error: Exception) -> str:
    if isinstance(error, requests.HTTPError):
        return f"HTTP status {error.response.status_code}"
    # Both are connection errors, too, and no other address mends them.
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy does not do it (see HTTPS_PROXY): {_innermost(error)}"
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "no trusted certificate (see REQUESTS_CA_BUNDLE, where a proxy has its "
            f"own): {_innermost(error)}"
        )
    if isinstance(error, requests.Timeout):
        return f"nothing came for {TIMEOUT:g} s"
    broken = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    if isinstance(error, broken):
        return "no connection, or one that broke off"
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error}"
    return "the content does not have the right checksum"


def _innermost(error: BaseException) -> str:
    """What the library below said first, without the names of its layers."""
    while True:
        causes = [getattr(error, "reason", None), *error.args]
        inner = next((c for c in causes if isinstance(c, BaseException)), None)
        if inner is None:
            return str(error)
        error = inner


def _missing(file: DataFile, failures: Sequence[str]) -> str:
    tried = (
        "No address gave it:\n" + "\n".join(failures)
        if failures
        else "It has no address to download it from."
    )
    return (
        f"{Path(file.path).name} is needed and not in the data folder. {tried}\n"
        f"Put it there by hand as {place(file.path)} ({file.size} bytes, "
        f"{file.checksum}), or set {VARIABLE} to a folder that has {file.path}"
    )


def find(
    sources: Sequence[Sequence[DataFile]],
) -> tuple[DataFile, ...] | None:
    """Returns the first of several groups of files that is wholly in the folder.

    Args:
        sources: Alternative groups.

    Returns:
        The group, or ``None``. Its files are there, their checksums not yet verified.
    """
    for group in sources:
        if all(place(file.path).exists() for file in group):
            return tuple(group)
    return None


def fetch(sources: Sequence[Sequence[DataFile]]) -> tuple[DataFile, ...]:
    """Verifies the first complete group of files, or downloads one.

    Args:
        sources: Alternative groups, see ``datasets.registry``.

    Returns:
        A group whose files are all in the folder, with the right checksums.

    Raises:
        CorruptFileError: If a file that is there has the wrong checksum.
        DownloadError: If no group is complete and none can be downloaded.
    """
    group = find(sources)
    if group is None:
        with_address = [group for group in sources if all(file.urls for file in group)]
        group = tuple((with_address or sources)[0])
    for file in group:
        fetch_file(file)
    return group
