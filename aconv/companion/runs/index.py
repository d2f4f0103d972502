"""A disposable index of a folder of records: what is asked of all of them at once."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
    error: str | None  # its last line


_FIELDS = attrs.fields(Summary)


def summarize(
    paths: Iterator[os.DirEntry], file: Path, read: Callable[[Path], RunRecord | None]
) -> list[Summary]:
    """Return the summaries of records; only what is new or changed is read."""
    known, entries, found, changed = _load(file), {}, [], 0
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:  # moved aside since the folder was listed
            continue
        stamp = [stat.st_mtime_ns, stat.st_size, stat.st_ino]
        entry = known.get(path.name)
        summary = _from_entry(entry, stamp)
        if summary is None:
            record = read(Path(path.path))
            if record is None:
                continue
            summary = _from_record(record)
            entry = attrs.asdict(summary, recurse=False)
            entry |= {"stamp": stamp, "spec": record.spec.to_dict()}
            changed += 1
        entries[path.name] = entry
        found.append(summary)
    if changed >= _WORTH:
        # Who may only read does without.
        with contextlib.suppress(OSError), atomic_write(file) as stream:
            content = {"format": _FORMAT, "records": entries}
            stream.write(json.dumps(content, separators=(",", ":")).encode())
    return found


def _from_record(record: RunRecord) -> Summary:
    values = {field.name: getattr(record, field.name) for field in _FIELDS}
    *_, last_line = ("", *(record.error or "").strip().splitlines())
    return Summary(**values | {"error": last_line or None})


def _from_entry(entry: Any, stamp: list[int]) -> Summary | None:
    """Return what an entry says; None if it is of another file or other code."""
    try:
        values = dict(entry)
        if values.pop("stamp") != stamp:
            return None
        return Summary(**values | {"spec": RunSpec.from_dict(values["spec"])})
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _load(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
        return dict(content["records"]) if content["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
