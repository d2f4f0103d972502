"""Folders of this project, and files that are written completely or not at all."""

import contextlib
import errno
import os
import stat
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml

# No room: on the disk, for a file that is this large, or for this user.
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
# Where the package lies: the root of the repository in a checkout.
PROJECT = Path(__file__).resolve().parents[2]


def in_checkout() -> bool:
    """Return whether the package runs from a checkout of its repository."""
    # An installed package may have another project's file beside it.
    try:
        text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]["name"] == "aconv"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def named_folder(variable: str) -> Path | None:
    """Return the folder that an environment variable names, None if it is unset."""
    chosen = os.environ.get(variable)
    return checked_folder(variable, chosen) if chosen else None


def folder_of(variable: str, place: str) -> Path | None:
    """Return the folder that a variable names, else a checkout's own, else None."""
    return named_folder(variable) or (PROJECT / place if in_checkout() else None)


def checked_folder(name: str, chosen: str) -> Path:
    """Return the absolute path of a folder that a user has given, as ``name`` says."""
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


def make_folder(folder: Path) -> None:
    """Make a folder if it is not there, shared as the one that it lies in."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with naming_owner(folder.parent):
        folder.mkdir(exist_ok=True)
    if _is_shared(folder.parent):
        _give_to_group(folder)
        folder.chmod(folder.stat().st_mode | stat.S_IRWXG | stat.S_ISGID)


def mode_in(folder: Path) -> int:
    """Return the mode of files in a folder: who may add some may write to them all."""
    return 0o664 if _is_shared(folder) else 0o644


def _is_shared(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IWGRP)


def _give_to_group(path: Path) -> None:
    # Who is not of the folder's group cannot; Windows has no groups of this kind.
    with contextlib.suppress(PermissionError, AttributeError):
        os.chown(path, -1, path.parent.stat().st_gid)


@contextlib.contextmanager
def naming_owner(path: Path) -> Iterator[None]:
    """Have an error of permission say whose a file or its folder is, and what to do."""
    try:
        yield
    except PermissionError as error:
        place = path if path.exists() else path.parent
        folder = path if path.is_dir() else path.parent
        try:
            owner = place.owner()
        except (KeyError, NotImplementedError):  # no name, or Windows
            owner = "another user"
        raise PermissionError(
            f"{path} cannot be written: {place} belongs to {owner}. To share the "
            f"folder with a group, {owner} runs: chmod -R g+rwX {folder}"
        ) from error


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a file that is there completely, on disk, or is as it was before."""
    make_folder(path.parent)
    with naming_owner(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _give_to_group(temporary)
        temporary.chmod(mode_in(path.parent))
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _FULL:
            # Python names no file, so that nobody could tell which disk is full.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
