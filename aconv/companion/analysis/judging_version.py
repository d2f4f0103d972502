"""The versions that claims are judged on, one for each data set.

No published commit holds the program that made Table 2. The version whose ordinary
networks come nearest to the printed accuracies of a data set is taken for it; adaptive
networks, and the difference, have no part in the choice.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from aconv.companion.analysis import segmentation
from aconv.companion.analysis.accuracy import PRINTED_TABLES, printed_results
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results import by_run, load_comparable_runs
from aconv.companion.runs.store import RunStore
from aconv.companion.stats.interim_analyses import LEVELS
from aconv.companion.studies.arms import COMPARED
from aconv.companion.studies.catalog import (
    ALL_SEEDS,
    DEFAULT_VERSION,
    get_study,
    grid,
    make_spec,
)
from aconv.companion.studies.spec import RunSpec

# Those of the first interim analysis: no other look decides, not on the version either.
_FEWEST = min(LEVELS)


def judging_versions(study: str, store: RunStore | None = None) -> Mapping[str, str]:
    """Return the version that claims are judged on, by the data sets of a study.

    That which is nearer than ``paper`` to the printed accuracies by most, in the mean
    over the networks of which both have the complete runs of an interim analysis.
    """
    levels = ordinary_levels(study, store)
    names = dict.fromkeys(dataset for dataset, _ in printed_ordinary(study))
    return {name: _nearest(levels[levels["dataset"] == name]) for name in names}


def load_judged(
    study: str,
    store: RunStore | None = None,
    *,
    arms: Iterable[str] = COMPARED,
    **options: Any,
) -> list[RunRecord]:
    """Return what ``load_comparable_runs`` does, of the version judged on each set.

    Where that lacks five complete runs of one of the arms at full length, or all runs
    of it of what is asked for, it is of ``paper``.
    """
    arms = tuple(arms)
    done = complete_runs(study, store)
    judged = {
        dataset: version
        for dataset, version in judging_versions(study, store).items()
        if _is_complete(done, study, version, dataset, arms)
    }
    versions = dict.fromkeys((DEFAULT_VERSION, *judged.values()))
    found: dict[str, dict[str, list[RunRecord]]] = {}
    for version in versions:
        of_version = {"version": version, "arms": arms}
        for record in load_comparable_runs(study, store, **of_version, **options):
            of_set = found.setdefault(record.spec.dataset, {})
            of_set.setdefault(version, []).append(record)
    shown = []
    for dataset, of_set in found.items():
        chosen = of_set.get(judged.get(dataset, DEFAULT_VERSION), [])
        if {record.spec.arm for record in chosen} != set(arms):
            chosen = of_set.get(DEFAULT_VERSION, [])
        shown += chosen
    return shown


def _is_complete(
    done: Container[RunSpec],
    study: str,
    version: str,
    dataset: str,
    arms: Sequence[str],
) -> bool:
    options = {"datasets": [dataset], "arms": arms, "seeds": ALL_SEEDS}
    sizes = [size for name, size in printed_ordinary(study) if name == dataset]
    counts = Counter(
        (spec.arm, spec.kernel_size)
        for spec in grid(study, "full", version, **options)
        if spec in done
    )
    return all(max(counts[arm, size] for size in sizes) >= _FEWEST for arm in arms)


def _nearest(levels: pd.DataFrame) -> str:
    distances = {
        version: of_version.set_index("kernel_size")["distance"].abs()
        for version, of_version in levels.groupby("version", sort=False)
    }
    chosen, most = DEFAULT_VERSION, 0.0
    if DEFAULT_VERSION not in distances:
        return chosen
    for version, distance in distances.items():
        # Networks that one of the two lacks are missing in the difference.
        nearer = (distances[DEFAULT_VERSION] - distance).mean()
        if nearer > most:
            chosen, most = version, nearer
    return chosen


def ordinary_levels(study: str, store: RunStore | None = None) -> pd.DataFrame:
    """Compare the ordinary networks of each version with the printed accuracies."""
    done = complete_runs(study, store)
    rows = []
    for version in get_study(study).versions:
        for (dataset, size), printed in printed_ordinary(study).items():
            peaks = complete_peaks(done, study, version, dataset, "ordinary", size)
            if len(peaks) < _FEWEST:
                continue
            mean = sum(peaks) / len(peaks)
            rows.append((version, dataset, size, len(peaks), mean, printed))
    columns = ["version", "dataset", "kernel_size", "n", "mean", "printed"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(distance=table["mean"] - table["printed"])


def complete_runs(
    study: str, store: RunStore | None = None
) -> Mapping[RunSpec, RunRecord]:
    """Return the records of complete runs, by their runs with direct convolutions."""
    runs = by_run((store or RunStore()).records(study))
    return {spec: record for spec, record in runs.items() if record.status == "done"}


def complete_peaks(
    done: Mapping[RunSpec, RunRecord],
    study: str,
    version: str,
    dataset: str,
    arm: str,
    kernel_size: int,
) -> Sequence[float]:
    """Return the peak accuracies of one network at full length, in percent."""
    network = study, dataset, arm, kernel_size
    specs = [make_spec(*network, seed, "full", version) for seed in ALL_SEEDS]
    return [100 * done[spec].peak for spec in specs if spec in done]


def printed_ordinary(study: str) -> Mapping[tuple[str, int], float]:
    """Return the accuracies that the paper prints of ordinary networks."""
    if study in PRINTED_TABLES:
        return {
            (row.dataset, int(row.kernel_size)): row.mean_second
            for row in printed_results(PRINTED_TABLES[study]).itertuples()
        }
    (dataset,) = get_study(study).datasets
    return {
        (dataset, arm["kernel_size"]): segmentation.printed_summary(arm).mean
        for arm in segmentation.ORDINARY.values()
    }
