"""What is found about a claim, and the evidence that findings share."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from aconv.companion.analysis.accuracy import printed_results
from aconv.companion.analysis.frames import apertures_frame, curves_frame, runs_frame
from aconv.companion.analysis.judging_version import judging_version
from aconv.companion.analysis.overview import (
    NETWORKS,
    judged_comparisons,
    overview,
    shown_records,
)
from aconv.companion.analysis.split import (
    judge_matched,
    judge_step,
    recorded_arms,
    recorded_matched,
    split,
)
from aconv.companion.runs import recorded
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.stats import Claim, Verdict


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is found about a claim.

    Attributes:
        verdict: The verdict.
        ours: What was found here, with the interval where there is one; why nothing
            was tested where that is the verdict.
        evidence: What the verdict rests on.
        paper: The paper's number, where the claim has one.
    """

    verdict: Verdict
    ours: str
    evidence: str = "–"
    paper: str = ""


class Records:
    """The runs of the versions that are judged, and tables that several claims need.

    Args:
        store: Where the records are; the store of the project by default.
    """

    def __init__(self, store: RunStore | None = None) -> None:
        self._store = store or RunStore()

    @functools.cache  # noqa: B019 - lives as long as the page or command
    def version(self, study: str) -> str:
        """The version of a study that claims are judged on."""
        return judging_version(study, self._store)

    @functools.cached_property
    def by_study(self) -> Mapping[str, Sequence[RunRecord]]:
        """The records of that version of each study, of ``runs.recorded``."""
        return {study: self._recorded(study) for study in NETWORKS}

    @functools.cached_property
    def family(self) -> pd.DataFrame:
        """Table of ``analysis.overview.judged_comparisons``."""
        return judged_comparisons(self.by_study)

    @functools.cached_property
    def comparisons(self) -> pd.DataFrame:
        """Table of ``analysis.overview.overview``."""
        return overview(self.by_study)

    @functools.cached_property
    def matched(self) -> pd.DataFrame:
        """Table of ``analysis.split.judge_matched``."""
        records = recorded_matched(self._store, self.version("simple"))
        return judge_matched(
            runs_frame(records), curves_frame(records), _printed_claims()
        )

    @functools.cached_property
    def steps(self) -> pd.DataFrame:
        """Table of ``analysis.split.split``."""
        return split(runs_frame(self._steps), family=self.family)

    def judged_step(self, step: str) -> pd.DataFrame:
        """Table of ``analysis.split.judge_step``, by what Table 2 prints."""
        curves = curves_frame(self._steps)
        return judge_step(self.steps, step, curves, _printed_claims())

    @functools.cache  # noqa: B019
    def runs(self, study: str) -> pd.DataFrame:
        """Table of ``analysis.frames.runs_frame`` of the records that are shown."""
        return runs_frame(shown_records(self.by_study[study], study))

    @functools.cache  # noqa: B019
    def sweep(self, study: str) -> pd.DataFrame:
        """The same of profile ``short`` alone, in which kernel sizes are compared."""
        return runs_frame(self._recorded(study, profile="short"))

    @functools.cache  # noqa: B019
    def curves(self, study: str) -> pd.DataFrame:
        """Table of ``analysis.frames.curves_frame`` of the same."""
        return curves_frame(shown_records(self.by_study[study], study))

    @functools.cache  # noqa: B019
    def apertures(self, study: str) -> pd.DataFrame:
        """Table of ``analysis.frames.apertures_frame`` of the same."""
        return apertures_frame(shown_records(self.by_study[study], study))

    @functools.cached_property
    def _steps(self) -> Sequence[RunRecord]:
        return recorded_arms(self._store, self.version("simple"))

    def _recorded(self, study: str, **options: Any) -> list[RunRecord]:
        return recorded(study, self._store, version=self.version(study), **options)


def _printed_claims() -> Mapping[str, Claim]:
    printed = printed_results("table2")
    return dict(zip(printed["dataset"], printed["claim"], strict=True))


def not_tested(reason: str) -> Finding:
    """Says that nothing was tested.

    Args:
        reason: Why.

    Returns:
        The finding.
    """
    return Finding(Verdict.NOT_TESTED, reason)


def of_checks(passed: Iterable[bool]) -> Verdict:
    """Says what exact checks of its parts mean for a claim.

    Args:
        passed: Whether each check was passed; at least one.

    Returns:
        ``HOLDS`` if all were, ``DOES_NOT_HOLD`` if none was, else ``IN_PART``.

    Example:
        >>> of_checks([True, False]).value
        'holds in part'
    """
    passed = list(passed)
    if all(passed):
        return Verdict.HOLDS
    return Verdict.IN_PART if any(passed) else Verdict.DOES_NOT_HOLD


def misprint_unless(possible: Iterable[bool]) -> Verdict:
    """Says what it means if printed things cannot be as printed.

    Args:
        possible: Whether each can be as printed.

    Returns:
        ``HOLDS`` if all can, else ``MISPRINT``.
    """
    return Verdict.HOLDS if all(possible) else Verdict.MISPRINT
