"""The page on how the recorded runs and kept results were made."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.pages.tables import captioned, dataset_title
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results_cache import MADE_BY, load_result

MACHINE = ("machine", "processors", "backend")
EXPERIMENT = ("study", "version", "profile", "data set")
_NAMES_OF_PACKAGES = {"python": "Python", "aconv": "this package"}


def making_facts(records: Sequence[RunRecord]) -> dict[str, Any]:
    """Count runs, hours, commits, and runs of code that no commit has."""
    commits = {
        part["commit"] for record in records for part in record.provenance.sessions()
    }
    return {
        "runs": len(records),
        "partial": sum(record.status == "partial" for record in records),
        "failed": sum(record.status == "failed" for record in records),
        "hours": sum(record.seconds for record in records) / 3600,
        "commits": len(commits - {None}),
        "dirty": sum(
            any(part["dirty"] is not False for part in record.provenance.sessions())
            for record in records
        ),
    }


def runs_table(records: Iterable[RunRecord], by: Sequence[str], caption: str) -> Styler:
    """Return runs, hours and dates by machine, where a run ended, or by experiment."""
    columns = [*MACHINE, *EXPERIMENT, "hours", "first", "last"]
    rows = pd.DataFrame(map(_row, records), columns=columns)
    groups = rows.groupby(list(by), sort=False, as_index=False)
    table = groups.agg(
        runs=("hours", "size"),
        hours=("hours", "sum"),
        first=("first", "min"),
        last=("last", "max"),
    )
    return captioned(table.assign(hours=table["hours"].map("{:.1f}".format)), caption)


def _row(record: RunRecord) -> tuple[Any, ...]:
    spec, origin = record.spec, record.provenance
    machine = origin.device, origin.threads, origin.backend
    experiment = spec.study, spec.version, spec.profile, dataset_title(spec.dataset)
    days = record.provenance.sessions()[0]["started"][:10], origin.ended[:10]
    return *machine, *experiment, record.seconds / 3600, *days


def packages_table(records: Iterable[RunRecord], caption: str) -> Styler:
    """Return by how many runs each version of a package was used."""
    used = pd.DataFrame(
        [
            (_NAMES_OF_PACKAGES.get(package, package), version)
            for record in records
            for package, version in record.provenance.packages.items()
        ],
        columns=["package", "version"],
    )
    counted = used.value_counts(sort=False).rename("runs").reset_index()
    return captioned(counted.sort_values(["package", "version"]), caption)


def kept_table(caption: str) -> Styler:
    """Return where each kept result was computed, and whether its code is today's."""
    rows = []
    for result in filter(None, map(load_result, MADE_BY)):
        made, code = result.provenance, "today's" if result.is_current else "earlier"
        rows.append((result.name, made.device, made.backend, result.digest, code))
    columns = ["chapter", "machine", "backend", "digest", "code"]
    return captioned(pd.DataFrame(rows, columns=columns), caption)
