"""Folders of this project, and files that are written completely or not at all."""

import contextlib
import os
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml

# Where the package lies: the root of the repository in a checkout.
PROJECT = Path(__file__).resolve().parents[2]


def in_checkout() -> bool:
    """Tells whether the package runs from a checkout of its repository.

    Returns:
        Whether the file ``pyproject.toml`` beside the package is that of this project.
        An installed package may have another project's beside it.
    """
    try:
        text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]["name"] == "aconv"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def named_folder(variable: str) -> Path | None:
    """Returns the folder that an environment variable names.

    Args:
        variable: Name of the variable.

    Returns:
        Absolute path of the folder, which need not exist yet, or None where the
        variable is unset or empty.

    Raises:
        NotADirectoryError: If it names a file, or the home of an unknown user.
    """
    chosen = os.environ.get(variable)
    return checked_folder(variable, chosen) if chosen else None


def checked_folder(name: str, chosen: str) -> Path:
    """Returns the folder that a user has named.

    Args:
        name: What the user has set, for an error's message.
        chosen: The folder; ``~`` at its beginning stands for a user's home.

    Returns:
        Absolute path of the folder, which need not exist yet.

    Raises:
        NotADirectoryError: If it is empty, is a file or lies in one, or in the home of
            an unknown user.
    """
    received = f"{name} must name a folder. Received: {chosen!r}"
    if not chosen:
        raise NotADirectoryError(received)
    try:
        folder = Path(chosen).expanduser().absolute()
    except RuntimeError as error:  # "~name/..." of a user whom nobody knows
        raise NotADirectoryError(f"{received} ({error})") from None
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        where = "which is a file" if there == folder else f"and {there} is a file"
        raise NotADirectoryError(f"{received}, {where}")
    return folder


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds; libyaml, where it is there, reads faster."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


def data_file(name: str) -> Path:
    """Return the path of a YAML file of ``data``: a wheel holds a copy of each."""
    packaged = Path(__file__).parent / "_data" / name
    return packaged if packaged.is_file() else PROJECT / "data" / name


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Opens a file to be written; it is there completely, on disk, or not at all.

    Args:
        path: The file. Its folder is made if need be.

    Yields:
        A binary stream. If the context is left by an exception, ``path`` is as before.

    Raises:
        OSError: If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
