"""Recorded and missing runs of a study."""

from collections.abc import Iterable

import pandas as pd

from aconv.companion.runs.estimate import Estimate
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results import by_run, comparison_key, load_comparable_runs
from aconv.companion.runs.store import RunStore
from aconv.companion.studies.catalog import DEFAULT_VERSION, get_study, grid
from aconv.companion.studies.profiles import PROFILES
from aconv.companion.studies.spec import RunSpec

STATES = ("done", "partial", "failed", "missing")
_ARM = ("study", "version", "profile", "dataset", "arm", "kind", "kernel_size")


def coverage(
    specs: Iterable[RunSpec],
    records: Iterable[RunRecord],
    timed: Iterable[RunRecord] = (),
) -> pd.DataFrame:
    """Count the runs of each arm by state, with the seeds that are not done.

    ``epochs`` is the share of all epochs that is done, in [0, 1], and ``hours`` what is
    left takes by ``timed`` runs of the study, NaN without any.
    """
    found = by_run(records)
    estimate = Estimate(timed)
    rows = []
    for spec in specs:
        record = found.get(spec)
        state = "missing" if record is None else record.status
        begun = state in ("done", "partial")
        share = record.epochs / spec.settings.epochs if begun else 0.0
        seeds, seconds = (spec.seed,), estimate.seconds(spec)
        if state == "done":
            seeds, seconds = (), 0
        hours = (1 - share) * seconds / 3600
        names = (getattr(spec, name) for name in _ARM)
        states = (int(name == state) for name in STATES)
        rows.append((*names, *states, share, seeds, hours))
    columns = [*_ARM, *STATES, "epochs", "seeds", "hours"]
    of_arms = pd.DataFrame(rows, columns=columns).groupby(list(_ARM), sort=False)
    table = of_arms.agg(dict.fromkeys(STATES, "sum") | {"epochs": "mean"})
    table["seeds"] = of_arms["seeds"].agg(lambda seeds: sum(seeds, ()))
    table["hours"] = of_arms["hours"].agg(lambda hours: hours.sum(skipna=False))
    return table.reset_index()


def recorded_coverage(
    study: str, version: str = DEFAULT_VERSION, store: RunStore | None = None
) -> pd.DataFrame:
    """Count the runs of a version that comparisons of both kinds need."""
    store = store or RunStore()
    shown = load_comparable_runs(study, store, version=version)
    # Of all records: those that are begun are not shown where others are complete.
    every = store.records(study)
    return coverage(expected(study, shown, version), every, timed=shown)


def expected(
    study: str, records: Iterable[RunRecord], version: str = DEFAULT_VERSION
) -> list[RunSpec]:
    """Return the runs that the records of a study would be complete with.

    Of profile ``short``, or of a larger one where there are records of it.
    """
    found = {comparison_key(record.spec): record.spec.profile for record in records}
    datasets = dict.fromkeys(get_study(study).datasets_of("short"))
    datasets |= dict.fromkeys(dataset for dataset, _ in found)
    specs = []
    for dataset in datasets:
        profiles = {of for (name, _), of in found.items() if name == dataset}
        for profile in sorted(profiles | {"short"}, key=PROFILES.index):
            specs += [
                spec
                for spec in grid(study, profile, version, datasets=[dataset])
                if found.get(comparison_key(spec), "short") == profile
            ]
    return specs
