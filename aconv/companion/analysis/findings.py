"""Findings about claims: what judges are given, what they return, and their names."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from aconv.companion.analysis import decomposition, overview
from aconv.companion.analysis.accuracy import claims_of, printed_results
from aconv.companion.analysis.evidence import describe_evidence
from aconv.companion.analysis.frames import apertures_frame, curves_frame, runs_frame
from aconv.companion.analysis.judging_version import load_judged
from aconv.companion.analysis.starts import STARTS, recorded_starts
from aconv.companion.datasets import info
from aconv.companion.paper.claims import PaperClaim
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results_cache import Result, load_result
from aconv.companion.runs.store import RunStore
from aconv.companion.stats import AGAINST, FOR, Verdict, combine
from aconv.companion.stats.formatting import format_estimate


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is found about a claim."""

    verdict: Verdict
    ours: str  # with the interval, or why nothing was tested
    evidence: str = "–"
    paper: str = ""  # its number, where the claim has one


class NotTestedError(Exception):
    """Raised by a judge where nothing was tested; its message says why."""


class Snapshot(RunStore):
    """The records of a store as they are when they are first asked for."""

    @functools.cache  # noqa: B019 - lives as long as the page or command
    def records(self, study: str | None = None) -> list[RunRecord]:
        """Return the records of a study or all, as ``RunStore.records``."""
        return super().records(study)

    @functools.cache  # noqa: B019
    def _parse(self, path: Path) -> RunRecord:
        return super()._parse(path)


class Records:
    """The runs of the versions that are judged, and tables that several claims need."""

    def __init__(self, store: RunStore | None = None) -> None:
        self._store = Snapshot(None if store is None else store.folder)

    @functools.cached_property
    def by_study(self) -> Mapping[str, Sequence[RunRecord]]:
        """The records of each study that are compared."""
        return {study: load_judged(study, self._store) for study in overview.NETWORKS}

    @functools.cached_property
    def family(self) -> pd.DataFrame:
        """Table of ``analysis.overview.judged_comparisons``."""
        return overview.judged_comparisons(self.by_study)

    @functools.cached_property
    def comparisons(self) -> pd.DataFrame:
        """Table of ``analysis.overview.overview``."""
        return overview.overview(self.by_study)

    @functools.cached_property
    def steps(self) -> pd.DataFrame:
        """Table of ``analysis.decomposition.decompose``."""
        return decomposition.decompose(runs_frame(self._steps), family=self.family)

    def judged_step(self, step: str) -> pd.DataFrame:
        """Table of ``analysis.decomposition.judge_step``, by what Table 2 prints."""
        claims = claims_of(printed_results("table2"))
        curves = curves_frame(self._steps)
        return decomposition.judge_step(self.steps, step, curves, claims)

    @functools.cached_property
    def starts(self) -> pd.DataFrame:
        """Table of ``analysis.starts.recorded_starts``."""
        options = {"profile": "short", "arms": STARTS}
        return recorded_starts(load_judged("simple", self._store, **options))

    @functools.cache  # noqa: B019
    def runs(self, study: str) -> pd.DataFrame:
        """Table of ``analysis.frames.runs_frame`` of the records that are shown."""
        return runs_frame(self._shown(study))

    @functools.cache  # noqa: B019
    def sweep(self, study: str) -> pd.DataFrame:
        """The same of ``short``, to compare sizes: its runs are equally long."""
        return runs_frame(load_judged(study, self._store, profile="short"))

    @functools.cache  # noqa: B019
    def curves(self, study: str) -> pd.DataFrame:
        """Table of ``analysis.frames.curves_frame`` of the same."""
        return curves_frame(self._shown(study))

    @functools.cache  # noqa: B019
    def apertures(self, study: str) -> pd.DataFrame:
        """Table of ``analysis.frames.apertures_frame`` of the same."""
        return apertures_frame(self._shown(study))

    def _shown(self, study: str) -> list[RunRecord]:
        return overview.shown_records(self.by_study[study], study)

    @functools.cached_property
    def _steps(self) -> Sequence[RunRecord]:
        return decomposition.recorded_arms(self._store)


class _Values(dict[str, Any]):
    """What a chapter kept, where earlier code need not have kept all that is asked."""

    def __init__(self, result: Result) -> None:
        super().__init__({**result.parameters, **result.values})
        self._result = result

    def __missing__(self, name: str) -> Any:
        if self._result.is_current:
            raise KeyError(name)
        raise NotTestedError(f"the chapter's result, of earlier code, has no {name!r}")


class Context:
    """What judges are given: records and kept results, each read once."""

    def __init__(self, store: RunStore | None = None) -> None:
        self.records = Records(store)

    @functools.cache  # noqa: B019 - lives as long as the page or command
    def values(self, chapter: str) -> Mapping[str, Any]:
        """Return parameters and values that a chapter kept; else raise."""
        return _Values(self._result(chapter))

    @functools.cache  # noqa: B019
    def origin(self, chapter: str) -> str:
        """Return in words where a kept result comes from, with its digest."""
        result = self._result(chapter)
        made, parameters = result.provenance, result.parameters
        parts = ["computed by the chapter"]
        if "rounds" in parameters:
            parts.append(f"{parameters['rounds']} rounds")
        if "seeds" in parameters:
            count = parameters["seeds"]
            parts.append(f"{count} seed" if count == 1 else f"{count} seeds")
            if "recorded_seeds" in parameters:
                parts[-1] += f" live, {parameters['recorded_seeds']} recorded"
        parts += [made.backend, made.device]
        if not result.is_current:
            parts.append("by earlier code")
        return "; ".join([*parts, f"digest {result.digest}"])

    @functools.cache  # noqa: B019
    def _result(self, chapter: str) -> Result:
        result = load_result(chapter)
        if result is None:
            raise NotTestedError("the chapter has kept no result")
        return result


Judge = Callable[[PaperClaim, Context], Finding]

JUDGES: dict[str, Judge] = {}
"""Judges by the name that ``data/claims.yaml`` has."""


def judge(name: str) -> Callable[[Judge], Judge]:
    """Register a judge, which may raise ``NotTestedError``, by its name."""

    def register(function: Judge) -> Judge:
        if name in JUDGES:
            raise ValueError(f"`name` must be new. Received: {name!r}")
        JUDGES[name] = function
        return function

    return register


def summarise_comparisons(judged: pd.DataFrame) -> Finding:
    """Sum up comparisons that were judged; each has a ``label`` and a ``unit``."""
    verdicts = judged["judgement"].map(lambda judgement: judgement.verdict)
    tested = judged[verdicts != Verdict.NOT_TESTED]
    if not len(tested):
        raise NotTestedError("no claim to test")
    same, other = (int(verdicts.isin(side).sum()) for side in (FOR, AGAINST))
    at_scale = tested[[found.at_scale for found in tested["evidence"]]]
    shown = at_scale if len(at_scale) else tested
    clearest = shown.loc[shown["p_holm"].idxmin()]
    size = format_estimate(clearest["difference"], clearest["low"], clearest["high"])
    which = "at the paper's scale" if len(at_scale) else "clearest"
    text = (
        f"of {len(tested)} comparisons {same} for, {other} against, "
        f"{len(tested) - same - other} open; {which}: "
        f"{clearest['label']} {size}{clearest['unit']}"
    )
    if len(tested) == 1:
        text = text.partition(f"{which}: ")[2]
    elif "dataset" in tested and tested["dataset"].nunique() == 1:
        text += f"; all on {info(tested['dataset'].iloc[0]).title}"
    return Finding(combine(verdicts), text, describe_evidence(tested["evidence"]))
