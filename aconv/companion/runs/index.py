"""A disposable index of a folder of records: what is asked of all of them at once."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import attrs

from aconv.companion.files import atomic_write
from aconv.companion.runs.record import RunRecord, Status
from aconv.companion.studies.spec import RunSpec

_FORMAT = 1
# New records from which on it pays to write them to the index.
_WORTH = 50


@attrs.frozen
class Summary:
    """What of a record does not need its curves; see ``RunRecord``."""

    spec: RunSpec
    status: Status
    epochs: int
    seconds: float
    on_processor: bool
    error: str | None

    @classmethod
    def of(cls, record: RunRecord) -> Self:
        """Return the summary of a record; of its error the last line."""
        lines = (record.error or "").strip().splitlines()
        return cls(
            spec=record.spec,
            status=record.status,
            epochs=record.epochs,
            seconds=record.seconds,
            on_processor=record.on_processor,
            error=lines[-1] if lines else None,
        )


def summarize(
    paths: Iterator[os.DirEntry], file: Path, read: Callable[[Path], RunRecord | None]
) -> list[Summary]:
    """Return the summaries of records; only what is new or changed is read."""
    known, entries, changed = _load(file), {}, 0
    for path in paths:
        stat = path.stat()
        stamp = [stat.st_mtime_ns, stat.st_size, stat.st_ino]
        entry = known.get(path.name)
        if entry is None or entry["stamp"] != stamp:
            record = read(Path(path.path))
            if record is None:
                continue
            values = attrs.asdict(Summary.of(record), recurse=False)
            entry = {"stamp": stamp, **values, "spec": record.spec.to_dict()}
            changed += 1
        entries[path.name] = entry
    if changed >= _WORTH:
        # Who may only read does without.
        with contextlib.suppress(OSError), atomic_write(file) as stream:
            content = {"format": _FORMAT, "records": entries}
            stream.write(json.dumps(content, separators=(",", ":")).encode())
    return [_summary(entry) for entry in entries.values()]


def _summary(entry: dict[str, Any]) -> Summary:
    values = {name: value for name, value in entry.items() if name != "stamp"}
    return Summary(**values | {"spec": RunSpec.from_dict(entry["spec"])})


def _load(file: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(file.read_bytes())
        return content["records"] if content["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
