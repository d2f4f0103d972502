"""A folder of records that several processes may work on at once.

A record is one file, moved into place when it is complete, so a reader never sees half
of one. On a cluster the folder must be on a file system that shares locks (``flock``),
as NFS version 4 and Lustre do.
"""

import contextlib
import dataclasses
import hashlib
import io
import os
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from aconv.companion.files import atomic_write, folder_of, make_folder, naming_owner
from aconv.companion.runs.claiming import claimed
from aconv.companion.runs.record import CorruptRecordError, OtherFormatError, RunRecord
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.state import StateError, TrainingState

VARIABLE = "ACONV_RECORDS_DIR"
_NAME = re.compile(r"[0-9a-f]{20}\.json$")


def records_folder() -> Path:
    """Return the folder of the records, which need not exist yet."""
    folder = folder_of(VARIABLE, "data/records")
    if folder is None:
        raise NotADirectoryError(
            f"Set {VARIABLE} to a folder for the records: the package does not run "
            "from a checkout of its repository."
        )
    return folder


class RunStore:
    """The records of a folder, which is made when it is needed."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = records_folder() if folder is None else Path(folder).absolute()

    def path(self, spec: RunSpec) -> Path:
        """Return the path of the record of a run, whether it exists or not."""
        return self.folder / f"{spec.digest}.json"

    def weights_path(self, spec: RunSpec) -> Path:
        """Return the path of the weights of a run, whether they exist or not."""
        return self.folder / f"{spec.digest}.npz"

    def state_path(self, spec: RunSpec) -> Path:
        """Return the path of the state of an unfinished run, if it has one or not."""
        return self.folder / "states" / f"{spec.digest}.npz"

    def get(self, spec: RunSpec, *, claimed: bool = False) -> RunRecord | None:
        """Read the record of a run; None, with a warning, where it is not sound.

        Whoever has ``claimed`` the run has an unsound record moved aside, and an
        ``OtherFormatError`` where it is of other code.
        """
        return self._read(self.path(spec), claimed=claimed)

    def records(self, study: str | None = None) -> list[RunRecord]:
        """Read all records, of failed and unfinished runs too; warn of unsound ones."""
        found = filter(None, map(self._read, self._paths()))
        chosen = (record for record in found if study in (None, record.spec.study))
        return sorted(chosen, key=lambda of: (str(of.spec), of.spec.digest))

    def by_spec(self) -> dict[RunSpec, RunRecord]:
        """Return all records by their runs."""
        return {record.spec: record for record in self.records()}

    def _read(self, path: Path, *, claimed: bool = False) -> RunRecord | None:
        try:
            return self._parse(path)
        except FileNotFoundError:
            return None
        except OtherFormatError as error:
            if claimed:
                raise OtherFormatError(f"{path} is left alone: {error}") from error
            # In one sentence for all of them.
            text = f"What is in {self.folder} is not used where {error}"
        except PermissionError as error:
            if claimed:
                raise
            text = f"{path} is not used: {error.strerror}"
        except CorruptRecordError as error:
            outcome = "It is left where it is until its run is done again"
            if claimed:
                try:
                    outcome = f"It is moved to {_move_aside(path, self.folder)}"
                except OSError as failure:
                    outcome = f"It cannot be moved aside ({failure})"
            text = f"{path} is no sound record and is not used: {error}. {outcome}"
        warnings.warn(text, stacklevel=3)
        return None

    # A method of its own, which ``analysis.findings`` caches.
    def _parse(self, path: Path) -> RunRecord:
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            raise CorruptRecordError("it is no text") from None
        record = RunRecord.from_json(text)
        if record.spec.digest != path.stem:
            raise CorruptRecordError("its name is not its spec's digest")
        return record

    def _paths(self) -> Iterator[Path]:
        if self.folder.is_dir():
            files = sorted(os.scandir(self.folder), key=lambda entry: entry.name)
            yield from (
                Path(file.path)
                for file in files
                if _NAME.match(file.name) and file.is_file()
            )

    def state(self, spec: RunSpec) -> TrainingState | None:
        """Read the state of an unfinished run; None, with a warning, if damaged."""
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
        """Write the state of an unfinished run, or remove it if None."""
        path = self.state_path(spec)
        if state is None:
            with naming_owner(path):
                path.unlink(missing_ok=True)
        else:
            _write(path, state.to_bytes())

    def put(
        self, record: RunRecord, weights: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """Write a record and the weights to keep with it, whole or not at all.

        A partial record with more epochs stays, and that of a failure keeps the longer
        curves.
        """
        if record.status != "done":
            before = self.get(record.spec, claimed=True)
            if before is not None and before.epochs > record.epochs:
                if record.status == "partial":
                    return
                outcome = {"status": record.status, "error": record.error}
                origin = record.provenance
                record = dataclasses.replace(before, **outcome, provenance=origin)
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
        """Read the weights that were kept with a record, by name; None if none were."""
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
        """Claim a run while the context lasts; yield whether it is ours."""
        with claimed(self.folder / "claims" / spec.digest) as ours:
            if ours:
                for folder in (self.folder, self.folder / "states"):
                    for remnant in folder.glob(f".{spec.digest}.*"):
                        remnant.unlink(missing_ok=True)
            yield ours

    def archive_failed(self, specs: Iterable[RunSpec]) -> None:
        """Move records and states of runs that failed into the folder ``aside``."""
        for spec in specs:
            with self.claim(spec) as ours:
                record = self.get(spec, claimed=True) if ours else None
                if record is not None and record.status == "failed":
                    # The state first: without its record, a run would go on from it.
                    if self.state_path(spec).exists():
                        _move_aside(self.state_path(spec), self.folder)
                    _move_aside(self.path(spec), self.folder)


def _move_aside(path: Path, folder: Path) -> Path:
    aside = folder / "aside"
    make_folder(aside)
    # A name of its own, so that nothing that was moved before is overwritten.
    with naming_owner(aside):
        handle, target = tempfile.mkstemp(
            dir=aside, prefix=f"{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
        return path.replace(target)


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path) as stream:
        stream.write(data)
