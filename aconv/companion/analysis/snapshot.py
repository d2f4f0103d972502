"""The records of a store, read once."""

from pathlib import Path

from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.studies.spec import RunSpec


class Snapshot(RunStore):
    """The records of a store as they are when they are first asked for."""

    def __init__(self, store: RunStore | None = None) -> None:
        super().__init__(None if store is None else store.folder)
        self._parsed: dict[Path, RunRecord] = {}
        self._of_study: dict[str | None, list[RunRecord]] = {}

    def records(self, study: str | None = None) -> list[RunRecord]:
        """Return the records of a study or all, as ``RunStore.records``."""
        if study not in self._of_study:
            self._of_study[study] = super().records(study)
        return self._of_study[study]

    def get(self, spec: RunSpec, *, claimed: bool = False) -> RunRecord | None:
        """Return the record of one run, as ``RunStore.get``; none can be claimed."""
        assert not claimed
        records = self.records(spec.study)
        return next((record for record in records if record.spec == spec), None)

    def _parse(self, path: Path) -> RunRecord:
        if path not in self._parsed:
            self._parsed[path] = super()._parse(path)
        return self._parsed[path]
