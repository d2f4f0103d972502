"""A folder of records that several processes may work on at once.

A record is one file, named by its spec's digest and moved into place when it is
complete, so a reader never sees half of one. A process that is about to do a run holds
a lock on the run's claim file. The operating system releases a lock when its process
ends, in whatever way: a killed sweep leaves no claim behind that would have to be
judged stale. This needs a POSIX system; on a cluster the folder must be on a file
system that shares such locks (``flock``), as NFS version 4 and Lustre do.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import io
import os
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from aconv.companion.files import PROJECT, in_checkout, named_folder, written_whole
from aconv.companion.runs.record import (
    CorruptRecordError,
    NewerRecordError,
    OlderRecordError,
    RunRecord,
    Status,
)
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.state import StateError, TrainingState

VARIABLE = "ACONV_RECORDS_DIR"
_NAME = re.compile(r"[0-9a-f]{20}\.json$")


def records_folder() -> Path:
    """Returns the folder of the records.

    The environment variable ``ACONV_RECORDS_DIR`` names it; else it is
    ``data/records`` of the repository that the package runs from.

    Returns:
        Absolute path of the folder, which need not exist yet.

    Raises:
        NotADirectoryError: If neither is there, or the variable names a file.
    """
    chosen = named_folder(VARIABLE)
    if chosen is not None:
        return chosen
    if in_checkout():
        return PROJECT / "data" / "records"
    raise NotADirectoryError(
        f"Set {VARIABLE} to a folder for the records: the package does not run from a "
        "checkout of its repository."
    )


class RunStore:
    """The records of a folder.

    Args:
        folder: The folder; ``records_folder`` if None. It is made when it is needed.

    Example:
        >>> store = RunStore(tmp_path)
        >>> store.records()
        []
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = records_folder() if folder is None else Path(folder).absolute()

    def path(self, spec: RunSpec) -> Path:
        """Returns the path of the record of ``spec``, whether it exists or not."""
        return self.folder / f"{spec.digest}.json"

    def weights_path(self, spec: RunSpec) -> Path:
        """Returns the path of the weights of ``spec``, whether they exist or not."""
        return self.folder / f"{spec.digest}.npz"

    def get(self, spec: RunSpec, *, claimed: bool = False) -> RunRecord | None:
        """Reads the record of one run.

        Args:
            spec: The run.
            claimed: Whether the caller holds its claim and is about to do the run. An
                unsound record is then moved into the folder ``aside``.

        Returns:
            The record, or None if there is no sound one; see ``records``.

        Raises:
            OSError: If it is claimed, and its record is of a newer version.
        """
        return self._read(self.path(spec), claimed=claimed)

    def records(self) -> list[RunRecord]:
        """Reads all records.

        Only files that are named like records are looked at, and nothing is changed. A
        file that is no sound record, or of another version of this package, is not
        used; a warning says why, one for all that are of an earlier version. When its
        run is done again, an unsound one is moved into the folder ``aside``.

        Returns:
            The records, those of failed and of unfinished runs too, in the order of
            their specs' names.
        """
        named = (p for p in sorted(self.folder.glob("*.json")) if _NAME.match(p.name))
        older: dict[Path, OlderRecordError] = {}
        found = [self._read(path, older=older) for path in named]
        if older:
            path, error = next(iter(older.items()))
            which = (
                f"{path} is not used"
                if len(older) == 1
                else f"{len(older)} records in {self.folder} are not used, such as "
                f"{path.name}"
            )
            warnings.warn(f"{which}: {error}", stacklevel=2)
        return sorted(
            (record for record in found if record is not None),
            key=lambda record: (str(record.spec), record.spec.digest),
        )

    def state_path(self, spec: RunSpec) -> Path:
        """Returns the path of the state of an unfinished run, whether it exists."""
        return self.folder / "states" / f"{spec.digest}.npz"

    def state(self, spec: RunSpec) -> TrainingState | None:
        """Reads the state that an unfinished run can go on from.

        Args:
            spec: The run.

        Returns:
            The state; None, with a warning, if it is damaged, and if there is none.
        """
        path = self.state_path(spec)
        try:
            return TrainingState.from_bytes(path.read_bytes())
        except FileNotFoundError:
            return None
        except StateError as error:
            warnings.warn(
                f"{path} cannot be gone on from: {error}. Its run begins anew",
                stacklevel=2,
            )
            return None

    def put_state(self, spec: RunSpec, state: TrainingState | None) -> None:
        """Writes the state of an unfinished run, or removes it.

        Args:
            spec: The run.
            state: The state, None to remove what is there.
        """
        if state is None:
            self.state_path(spec).unlink(missing_ok=True)
        else:
            _write(self.state_path(spec), state.to_bytes())

    def put(
        self, record: RunRecord, weights: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """Writes a record, so that it is there completely or not at all.

        A partial record that has more epochs than a new partial one stays, and the
        record of a failure keeps the epochs of one that has more.

        Args:
            record: The record. Its ``weights_sha256`` is set here.
            weights: Arrays to keep beside it, by name.
        """
        if record.status != "done":
            before = self.get(record.spec, claimed=True)
            if before is not None and before.epochs > record.epochs:
                if record.status == "partial":
                    return
                record = before.broken_off(record)
        if weights is not None:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **weights)
            data = buffer.getvalue()
            # Before the record, which vouches for them.
            _write(self.weights_path(record.spec), data)
            checksum = hashlib.sha256(data).hexdigest()
            record = dataclasses.replace(record, weights_sha256=checksum)
        _write(self.path(record.spec), record.to_json().encode())

    def weights(self, record: RunRecord) -> dict[str, np.ndarray] | None:
        """Reads the weights that were kept with a record.

        Args:
            record: A record of this store.

        Returns:
            Arrays by name, as ``runs.folded_weights`` made them, or None if none
            were kept.

        Raises:
            CorruptRecordError: If the file is gone or is not what was written.
        """
        if record.weights_sha256 is None:
            return None
        path = self.weights_path(record.spec)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        if hashlib.sha256(data).hexdigest() != record.weights_sha256:
            raise CorruptRecordError(f"{path} is not what was written with its record")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return dict(arrays)

    @contextlib.contextmanager
    def claim(self, spec: RunSpec) -> Iterator[bool]:
        """Claims a run for as long as the context lasts.

        Args:
            spec: The run.

        Yields:
            Whether the run is ours. If not, another process is at it.
        """
        with self._claim(spec.digest) as ours:
            yield ours

    @contextlib.contextmanager
    def _claim(self, digest: str) -> Iterator[bool]:
        claims = self.folder / "claims"
        claims.mkdir(parents=True, exist_ok=True)
        path = claims / digest
        handle = _lock(path)
        if handle is None:
            yield False
            return
        try:
            for folder in (self.folder, self.folder / "states"):
                for remnant in folder.glob(f".{digest}.*"):
                    remnant.unlink(missing_ok=True)
            yield True
        finally:
            path.unlink(missing_ok=True)
            os.close(handle)

    def set_aside(
        self, specs: Iterable[RunSpec], *, status: Status | None = None
    ) -> int:
        """Moves records into the folder ``aside``, so that their runs are done again.

        The state that a run could go on from moves too: it begins anew.

        Args:
            specs: Runs whose records to move. A run that is claimed is left alone.
            status: Only records that have this status when their run is claimed, which
                another process may have done since the caller looked; all if None.

        Returns:
            How many records were moved.
        """
        moved = 0
        for spec in specs:
            with self.claim(spec) as ours:
                if not ours or not self.path(spec).exists():
                    continue
                if status is not None:
                    record = self.get(spec, claimed=True)
                    if record is None or record.status != status:
                        continue
                # The state first: without its record, a run would go on from it.
                if self.state_path(spec).exists():
                    self._move_aside(self.state_path(spec))
                self._move_aside(self.path(spec))
                moved += 1
        return moved

    def _read(
        self,
        path: Path,
        *,
        claimed: bool = False,
        older: dict[Path, OlderRecordError] | None = None,
    ) -> RunRecord | None:
        try:
            return _parse(path)
        except FileNotFoundError:
            return None
        except (NewerRecordError, OlderRecordError) as error:
            if claimed:
                raise OSError(f"{path} is left alone: {error}") from error
            if older is not None and isinstance(error, OlderRecordError):
                older[path] = error
                return None
            warnings.warn(f"{path} is not used: {error}", stacklevel=3)
            return None
        except CorruptRecordError as error:
            reason = error
        outcome = "It is left where it is until its run is done again"
        if claimed:
            try:
                outcome = f"It is moved to {self._move_aside(path)}"
            except OSError as failure:
                outcome = f"It cannot be moved aside ({failure})"
        warnings.warn(
            f"{path} is no sound record and is not used: {reason}. {outcome}",
            stacklevel=3,
        )
        return None

    def _move_aside(self, path: Path) -> Path:
        aside = self.folder / "aside"
        aside.mkdir(exist_ok=True)
        # A name of its own, so that nothing that was moved before is overwritten.
        handle, target = tempfile.mkstemp(
            dir=aside, prefix=f"{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
        return path.replace(target)


def _write(path: Path, data: bytes) -> None:
    with written_whole(path) as stream:
        stream.write(data)


def _parse(path: Path) -> RunRecord:
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        raise CorruptRecordError("it is no text") from None
    record = RunRecord.from_json(text)
    if record.spec.digest != path.stem:
        raise CorruptRecordError("its name is not its spec's digest")
    return record


def _lock(path: Path) -> int | None:
    """Locks a file, made if need be; returns its handle, or None if it is locked."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held the lock before removed the file. If that was after we opened
            # it, our lock is on a file that nobody else can find.
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except BlockingIOError:
            os.close(handle)
            return None
        except FileNotFoundError:
            pass
        os.close(handle)
