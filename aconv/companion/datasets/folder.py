"""The folder in which data files are kept."""

import os
from pathlib import Path

import pooch

VARIABLE = "ACONV_DATA_DIR"
PROJECT = Path(__file__).resolve().parents[2]


def named_folder(variable: str) -> Path | None:
    """Returns the folder that an environment variable names.

    Args:
        variable: Name of the variable.

    Returns:
        Absolute path of the folder, which need not exist yet, or None where the
        variable is unset or empty.

    Raises:
        NotADirectoryError: If it names a file.
    """
    chosen = os.environ.get(variable)
    if not chosen:
        return None
    folder = Path(chosen).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            f"{variable} must name a folder. Received: {chosen!r}, which is a file"
        )
    return folder


def data_folder() -> Path:
    """Returns the folder in which data files are looked for and downloaded to.

    It is the first of: the environment variable ``ACONV_DATA_DIR``; the repository's
    ``data/downloads``, where the package runs from a checkout; the user's cache folder.
    The folder need not exist yet.

    Returns:
        Absolute path of the folder.

    Raises:
        NotADirectoryError: If ``ACONV_DATA_DIR`` names a file.

    Example:
        >>> os.environ["ACONV_DATA_DIR"] = "/srv/images"
        >>> data_folder()
        PosixPath('/srv/images')
    """
    chosen = named_folder(VARIABLE)
    if chosen is not None:
        return chosen
    if (PROJECT / "pyproject.toml").is_file():
        return PROJECT / "data" / "downloads"
    return Path(pooch.os_cache("aconv"))
