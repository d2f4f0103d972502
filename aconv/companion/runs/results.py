"""What a chapter shows: runs that it does live, and runs that were recorded before."""

import tempfile
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from aconv.companion.runs.arms import PUBLISHED
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.spec import RunSpec
from aconv.companion.runs.store import RunStore
from aconv.companion.runs.studies import PROFILES, get_study, grid
from aconv.companion.runs.sweeps import sweep


def store_for(profile: str) -> RunStore:
    """Returns the store that the runs of a profile belong to.

    Args:
        profile: One of ``runs.PROFILES``.

    Returns:
        For ``quick`` a store in a temporary folder, which goes with it: these runs take
        seconds and are to show what the code does now. For the others the store of the
        project, see ``runs.records_folder``.

    Raises:
        ValueError: If there is no such profile.
        NotADirectoryError: If the store of the project is not to be found.
    """
    if profile not in PROFILES:
        raise ValueError(f"`profile` must be one of {PROFILES}. Received: {profile!r}")
    if profile != "quick":
        return RunStore()
    folder = tempfile.TemporaryDirectory(prefix="aconv-")
    store = RunStore(Path(folder.name))
    weakref.finalize(store, folder.cleanup)
    return store


def obtain(specs: Sequence[RunSpec], store: RunStore) -> list[RunRecord]:
    """Returns the records of runs; those that are missing are done first, here.

    Args:
        specs: The runs.
        store: Where their records are and go to.

    Returns:
        The records, in the order of ``specs``.

    Raises:
        RuntimeError: If a run failed, now or before; the message has its error. What
            is recorded stays so.

    Example:
        >>> specs = grid("simple", "quick", datasets=["digits"], kernel_sizes=[3],
        ...              epochs=1)
        >>> records = obtain(specs[:2], store_for("quick"))
        >>> [record.spec.kind for record in records]
        ['adaptive', 'ordinary']
    """
    # Silent where nobody watches, as in a page.
    with tqdm(total=len(specs), unit="run", disable=None) as bar:
        sweep(specs, store, on_outcome=lambda *_: bar.update())
    records = []
    for spec in specs:
        record = store.get(spec)
        if record is None:
            raise RuntimeError(f"Another process was at {spec}; try again later.")
        if record.status == "failed":
            raise RuntimeError(f"{spec} failed: {record.error}")
        records.append(record)
    return records


def recorded(
    study: str, store: RunStore | None = None, *, arms: Iterable[str] = PUBLISHED
) -> list[RunRecord]:
    """Returns what was recorded of a study on real data.

    Args:
        study: One of ``runs.STUDIES``.
        store: A store; that of the project if None.
        arms: Names of arms; the two that the paper compares by default.

    Returns:
        For each data set the runs that went well in the largest profile that has any,
        with the settings that the profile stands for today.

    Raises:
        ValueError: If there is no such study.
        NotADirectoryError: If the store of the project is not to be found.
    """
    get_study(study)
    by_spec = {record.spec: record for record in (store or RunStore()).records()}
    found: dict[str, list[RunRecord]] = {}
    for profile in PROFILES[1:]:
        of_profile: dict[str, list[RunRecord]] = {}
        for spec in grid(study, profile, arms=arms):
            record = by_spec.get(spec)
            if record is not None and record.status == "done":
                of_profile.setdefault(spec.dataset, []).append(record)
        found |= of_profile  # a later profile is larger
    return [record for records in found.values() for record in records]
