"""The records of a store, read once."""

import functools
from collections.abc import Mapping

from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.studies.spec import RunSpec


class Snapshot(RunStore):
    """The records of a store as they are when they are first asked for.

    Args:
        store: The store; that of the project if None.
    """

    def __init__(self, store: RunStore | None = None) -> None:
        super().__init__(None if store is None else store.folder)

    def records(self) -> list[RunRecord]:
        """Return all records, as ``RunStore.records``."""
        return list(self._by_spec.values())

    def get(self, spec: RunSpec, *, claimed: bool = False) -> RunRecord | None:
        """Return the record of one run, as ``RunStore.get``; none can be claimed."""
        assert not claimed
        return self._by_spec.get(spec)

    @functools.cached_property
    def _by_spec(self) -> Mapping[RunSpec, RunRecord]:
        return {record.spec: record for record in super().records()}
