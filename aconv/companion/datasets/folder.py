"""The folder in which data files are kept."""

from pathlib import Path

import pooch

from aconv.companion.files import PROJECT, in_checkout, named_folder

VARIABLE = "ACONV_DATA_DIR"


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
        >>> data_folder().is_absolute()
        True
    """
    chosen = named_folder(VARIABLE)
    if chosen is not None:
        return chosen
    if in_checkout():
        return PROJECT / "data" / "downloads"
    return Path(pooch.os_cache("aconv"))
