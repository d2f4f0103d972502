"""The runs that a chapter shows."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, Self

import pandas as pd

from aconv.companion import runs
from aconv.companion.analysis.accuracy import PRINTED_TABLES, printed_results
from aconv.companion.analysis.findings import Records
from aconv.companion.analysis.frames import curves_frame, runs_frame
from aconv.companion.analysis.overview import shown_records
from aconv.companion.pages.tables import describe_runs
from aconv.companion.studies.catalog import get_study


@dataclasses.dataclass(frozen=True)
class Runs:
    """Runs of one version of a study, at least one, and tables made of them."""

    study: str
    records: Sequence[runs.RunRecord]
    store: runs.RunStore
    are_recorded: bool = False  # on the paper's data, not what a page has just run

    @classmethod
    def live(
        cls,
        study: str,
        profile: str,
        *,
        seeds: int,
        datasets: Sequence[str] | None = None,
        **options: Any,
    ) -> Self:
        """Run what a ``grid`` has that is not recorded; ``demo`` takes one data set."""
        if datasets is None and profile == "demo":
            datasets = get_study(study).datasets_of(profile)[:1]
        store = runs.store_for(profile)
        options |= {"datasets": datasets, "seeds": runs.SEEDS[:seeds]}
        specs = runs.grid(study, profile, **options)
        return cls(study, runs.run_missing(specs, store), store)

    @classmethod
    def from_store(
        cls, study: str, version: str, profile: str | None = None
    ) -> Self | None:
        """Return the recorded runs; None unless there are some of both kinds."""
        records = shown_records(
            runs.load_comparable_runs(study, version=version, profile=profile), study
        )
        if len({record.spec.arm for record in records}) < 2:
            return None
        return cls(study, records, runs.store_for("short"), are_recorded=True)

    def recorded_instead(self, profile: str | None = None) -> Self:
        """Return the recorded runs of study and version, these if there are none."""
        return self.from_store(self.study, self.version, profile) or self

    @property
    def version(self) -> str:
        """The version of the study that all runs are of."""
        (version,) = {record.spec.version for record in self.records}
        return version

    @property
    def source(self) -> str:
        """Which runs these are, in words."""
        if self.are_recorded:
            return "the recorded runs"
        return "the live runs, as none of both kinds are recorded"

    @functools.cached_property
    def frame(self) -> pd.DataFrame:
        """Table of ``analysis.frames.runs_frame``."""
        return runs_frame(self.records)

    @functools.cached_property
    def curves(self) -> pd.DataFrame:
        """Table of ``analysis.frames.curves_frame``."""
        return curves_frame(self.records)

    @functools.cached_property
    def printed(self) -> pd.DataFrame | None:
        """Table of ``analysis.accuracy.printed_results``; None for live runs."""
        if not self.are_recorded:
            return None
        return printed_results(PRINTED_TABLES[self.study])

    @functools.cached_property
    def family(self) -> pd.DataFrame | None:
        """The comparisons that p-values are corrected for; None for live runs."""
        return Records(self.store).family if self.are_recorded else None

    @property
    def text(self) -> str:
        """Version, profile, data sets and seeds, for captions."""
        return describe_runs(self.frame)
