"""The runs that a chapter shows."""

import dataclasses
import functools
from collections.abc import Sequence

import pandas as pd

from aconv.companion.analysis.frames import curves_frame, runs_frame
from aconv.companion.pages.tables import describe_runs
from aconv.companion.runs import RunRecord, RunStore


@dataclasses.dataclass(frozen=True)
class ShownRuns:
    """Runs, and the tables that are made of them.

    Attributes:
        records: Their records.
        store: Where these, and the weights that were kept, are.
    """

    records: Sequence[RunRecord]
    store: RunStore

    @functools.cached_property
    def frame(self) -> pd.DataFrame:
        """Table of ``analysis.frames.runs_frame``."""
        return runs_frame(self.records)

    @functools.cached_property
    def curves(self) -> pd.DataFrame:
        """Table of ``analysis.frames.curves_frame``."""
        return curves_frame(self.records)

    @property
    def text(self) -> str:
        """Version, profile, data sets and seeds, for captions."""
        return describe_runs(self.frame)
