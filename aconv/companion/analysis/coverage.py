"""What is recorded of a study, and what is missing."""

import math
from collections.abc import Iterable

import pandas as pd

from aconv.companion.runs.estimate import Estimate
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.spec import RunSpec
from aconv.companion.runs.studies import PROFILES, get_study, grid


def coverage(
    specs: Iterable[RunSpec],
    records: Iterable[RunRecord],
    timed: Iterable[RunRecord] = (),
) -> pd.DataFrame:
    """Counts the runs of each arm that are recorded, and those that are not.

    Args:
        specs: The runs that should be there.
        records: What is recorded, of other runs too.
        timed: Runs of the same study by which to estimate times, on any data set.

    Returns:
        One row per study, profile, data set and arm, in the order of ``specs``:
        ``study``, ``profile``, ``dataset``, ``kind``, ``kernel_size``; the numbers of
        runs that are ``done``, that ``failed`` and that are ``missing`` (without a
        record); ``seeds``, a tuple of the seeds that are not done; and ``hours``, what
        these runs take by ``runs.estimate.Estimate``, NaN if ``timed`` has no run of
        the study.
    """
    states = {record.spec: record.status for record in records}
    estimate = Estimate(timed)
    arms: dict[tuple, list[RunSpec]] = {}
    for spec in specs:
        key = spec.study, spec.profile, spec.dataset, spec.kind, spec.kernel_size
        arms.setdefault(key, []).append(spec)
    rows = []
    for key, of_arm in arms.items():
        found = [states.get(spec, "missing") for spec in of_arm]
        left = [
            spec for spec, state in zip(of_arm, found, strict=True) if state != "done"
        ]
        seconds = estimate.total(left)
        rows.append(
            (
                *key,
                *(found.count(state) for state in ("done", "failed", "missing")),
                tuple(spec.seed for spec in left),
                math.nan if seconds is None else seconds / 3600,
            )
        )
    columns = ["study", "profile", "dataset", "kind", "kernel_size"]
    columns += ["done", "failed", "missing", "seeds", "hours"]
    return pd.DataFrame(rows, columns=columns)


def expected(study: str, records: Iterable[RunRecord]) -> list[RunSpec]:
    """Returns the runs that the records of a study would be complete with.

    Args:
        study: One of ``runs.STUDIES``.
        records: Records, as ``runs.recorded`` returns them.

    Returns:
        For each data set the runs of the profile that its records have, of ``reduced``
        where there are none.

    Raises:
        ValueError: If there is no such study.
    """
    profiles = dict.fromkeys(get_study(study).datasets_of("reduced"), "reduced")
    profiles |= {
        record.spec.dataset: record.spec.profile
        for record in records
        if record.status == "done"
    }
    return [
        spec
        for dataset, profile in profiles.items()
        for spec in grid(study, profile, datasets=[dataset])
    ]


def largest(records: Iterable[RunRecord]) -> list[RunRecord]:
    """Returns the records that say most: one profile, one data set.

    Args:
        records: Such as ``runs.recorded`` returned.

    Returns:
        Those of the largest profile that there is, on the data set that has most.
    """
    groups: dict[tuple[int, str], list[RunRecord]] = {}
    for record in records:
        key = PROFILES.index(record.spec.profile), record.spec.dataset
        groups.setdefault(key, []).append(record)
    if not groups:
        return []
    return groups[max(groups, key=lambda key: (key[0], len(groups[key])))]
