"""Claims on runs: locks that end with the process that holds them."""

import contextlib
import errno
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from aconv.companion.files import make_folder, mode_in, naming_owner

# What a file system without locks answers.
_WITHOUT_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Claim a file while the context lasts; yield whether it is ours or another's.

    The operating system releases a lock when its process ends, in whatever way. Where
    the file system has no locks, a file beside it names host and process.
    """
    make_folder(path.parent)
    with naming_owner(path):
        lock = _lock(path)
    if lock is None:
        yield False
        return
    try:
        yield True
    finally:
        # While it is locked: who opened it meanwhile finds that it is gone.
        with contextlib.suppress(PermissionError):  # on Windows, which removes it later
            path.unlink(missing_ok=True)
        lock.release()


def _lock(path: Path) -> BaseFileLock | None:
    lock = FileLock(path, mode=mode_in(path.parent), fallback_to_soft=False)
    while True:
        try:
            lock.acquire(blocking=False)
            return lock
        except Timeout:
            if path.exists():
                return None
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                raise
            return _lock_by_name(path.with_suffix(".held"))


def _lock_by_name(path: Path) -> BaseFileLock | None:
    lock = SoftFileLock(path)
    try:
        lock.acquire(blocking=False)
        return lock
    except Timeout:
        with contextlib.suppress(OSError, ValueError):  # it has just ended or begun
            process, host = path.read_text().splitlines()[:2]
            if host != socket.gethostname():
                warnings.warn(
                    f"By {path} process {process} of {host} is at a run. Its file "
                    "system has no locks: if that process is gone, remove the file",
                    stacklevel=5,
                )
        return None
