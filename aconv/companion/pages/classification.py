"""The body of the chapters on Tables 2 and 3: what they show, count and claim."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Self

import pandas as pd

from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    ORDINARY,
    PRINTED_TABLES,
    at_sizes,
    best_sizes,
    compare,
    printed_results,
)
from aconv.companion.analysis.evidence import describe, judge_comparisons
from aconv.companion.analysis.findings import Records
from aconv.companion.analysis.overview import in_family
from aconv.companion.datasets import info
from aconv.companion.pages import tables
from aconv.companion.pages.shown import ShownRuns
from aconv.companion.pages.words import minus
from aconv.companion.paper.consistency import check_maxima, check_t
from aconv.companion.runs import (
    SEEDS,
    grid,
    obtain,
    recorded,
    store_for,
)
from aconv.companion.stats import Claim, Verdict
from aconv.companion.stats.written import signed
from aconv.companion.studies.catalog import DEFAULT_VERSION


@dataclasses.dataclass(frozen=True)
class Runs(ShownRuns):
    """The runs that a chapter shows.

    Attributes:
        study: Name of the study.
        printed: Table of ``analysis.accuracy.printed_results`` to set them against;
            None for stand-ins.
        source: What they are, as "the recorded runs".
        family: Table of ``analysis.overview.judged_comparisons``, whose corrected
            numbers their comparisons have that are in it; None for stand-ins.
    """

    study: str
    printed: pd.DataFrame | None
    source: str
    family: pd.DataFrame | None = None

    @classmethod
    def live(
        cls,
        study: str,
        profile: str,
        *,
        version: str = DEFAULT_VERSION,
        datasets: Sequence[str] | None,
        kernel_sizes: Sequence[int],
        seeds: int,
        epochs: int | None,
    ) -> Self:
        """Do runs, unless they are recorded."""
        if datasets is None and profile == "demo":
            datasets = ["digits"]
        store = store_for(profile)
        specs = grid(
            study,
            profile,
            version,
            datasets=datasets,
            kernel_sizes=kernel_sizes,
            seeds=SEEDS[:seeds],
            epochs=epochs,
        )
        source = "the live runs, as none of both kinds are recorded"
        return cls(obtain(specs, store), store, study, None, source)

    def recorded_instead(self, profile: str | None = None) -> Self:
        """Return the recorded runs of study and version, these if there are none."""
        return _recorded(self.study, self.version, profile) or self

    @property
    def version(self) -> str:
        """The version of the study that all runs are of."""
        (version,) = {record.spec.version for record in self.records}
        return version

    @property
    def are_recorded(self) -> bool:
        """Whether these are recorded runs, which the paper's claims are about."""
        return self.printed is not None

    @property
    def at_best_size(self) -> pd.DataFrame:
        """The runs at the kernel size of the highest single run of each data set."""
        return at_sizes(self.frame, best_sizes(self.frame, ADAPTIVE, ORDINARY))

    @property
    def claims(self) -> Claim | Mapping[str, Claim]:
        """What the paper claims: what it prints of each set, or of stand-ins a sign."""
        if self.printed is None:
            return Claim(1)
        return dict(zip(self.printed["dataset"], self.printed["claim"], strict=True))

    def at_every_size(self, score: str = "peak") -> pd.DataFrame:
        """Compare the kinds at each kernel size, the smallest first."""
        ordered = self.frame.sort_values("kernel_size", kind="stable")
        table = compare(ordered, ADAPTIVE, ORDINARY, score=score)
        return self._in_family(table) if score == "peak" else table

    def judged(self) -> pd.DataFrame:
        """Compare the kinds at the best size and judges the printed differences."""
        return judge_comparisons(
            self._in_family(compare(self.at_best_size, ADAPTIVE, ORDINARY)),
            self.claims,
            self.curves,
            ADAPTIVE,
            ORDINARY,
        )

    def _in_family(self, table: pd.DataFrame) -> pd.DataFrame:
        return table if self.family is None else in_family(table, self.family)

    def text_of(self, compared: pd.DataFrame) -> str:
        """Return which runs are in a table of comparisons, for its caption."""
        cells = pd.MultiIndex.from_frame(compared[["dataset", "kernel_size"]])
        of = pd.MultiIndex.from_frame(self.frame[["dataset", "kernel_size"]])
        return tables.describe_runs(self.frame[of.isin(cells)])


def live_facts(live: Runs) -> dict[str, object]:
    """Return what the text says of live runs."""
    trained = {record.spec.dataset: record.spec.settings for record in live.records}
    texts = []
    for dataset, settings in trained.items():
        facts = info(dataset)
        images, _ = settings.images(facts.train, facts.test)
        epochs = settings.epochs
        noun = "epoch" if epochs == 1 else "epochs"
        texts.append(f"{facts.title} {images} images, {epochs} {noun}")
    return {"live": live.text, "live_training": "; ".join(texts)}


def printed_facts(place: str) -> dict[str, object]:
    """Check a printed table against itself."""
    checked = check_t().query("place == @place")
    possible = checked.groupby("ddof")["t_possible"].sum()
    maxima = check_maxima().query("place == @place and not is_possible")
    impossible = [
        f"{100 * row.maximum:.2f} % ({row.kind}, {tables.titles([row.dataset])[0]})"
        for row in maxima.itertuples()
    ]
    return {
        "t_all": int((checked["ddof"] == 0).sum()),
        "t_ddof0": int(possible[0]),
        "t_ddof1": int(possible[1]),
        "impossible": ", ".join(impossible) or "none",
    }


def verdict_facts(judged: pd.DataFrame) -> dict[str, object]:
    """Count the verdicts on the printed differences."""
    verdicts = [judgement.verdict for judgement in judged["judgement"]]
    return {
        "sets": len(judged),
        **{word.name.lower(): verdicts.count(word) for word in Verdict},
    }


def found_words(judged: pd.DataFrame, printed: pd.DataFrame | None) -> str:
    """Return sentences on the verdicts on recorded runs and their evidence."""
    if judged.empty:
        return (
            "No data set has two recorded runs of both kinds of kernels yet, so "
            "nothing is decided."
        )
    facts = verdict_facts(judged)
    counts = [
        f"{word} {facts[word.name.lower()]}"
        for word in Verdict
        if facts[word.name.lower()]
    ]
    text = (
        f"Of {facts['sets']} printed comparisons with recorded runs: "
        f"{', '.join(counts)} ({describe(judged['evidence'])})."
    )
    at_scale = at_scale_text(judged, printed)
    return text if at_scale == "none" else f"{text} At full length: {at_scale}."


def _recorded(
    study: str, version: str = DEFAULT_VERSION, profile: str | None = None
) -> Runs | None:
    """The recorded runs of a study, None unless there are some of both kinds."""
    records = recorded(study, version=version, profile=profile)
    if len({record.spec.arm for record in records}) < 2:
        return None
    printed = printed_results(PRINTED_TABLES[study])
    store = store_for("short")
    family = Records(store).family
    return Runs(records, store, study, printed, "the recorded runs", family)


def sizes_text(runs: pd.DataFrame) -> str:
    """Say at which kernel sizes there are runs."""
    texts = []
    for dataset, of_set in runs.groupby("dataset", sort=False):
        *others, largest = (f"{n}×{n}" for n in sorted(set(of_set["kernel_size"])))
        names = f"{', '.join(others)} and {largest}" if others else largest
        texts.append(f"{tables.titles([dataset])[0]} {names}")
    return "; ".join(texts)


def recorded_at_scale(study: str, version: str = DEFAULT_VERSION) -> str:
    """Set accuracies of recorded runs against those that the paper prints."""
    runs = _recorded(study, version)
    return "none" if runs is None else at_scale_text(runs.judged(), runs.printed)


def at_scale_text(judged: pd.DataFrame, printed: pd.DataFrame | None) -> str:
    """Set accuracies at the paper's scale against those that it prints."""
    if printed is None:
        return "none"
    of_paper = {row.dataset: row for row in printed.itertuples()}
    texts = [
        f"{tables.titles([row.dataset])[0]} {row.kernel_size}×{row.kernel_size} "
        f"{signed(row.difference)} points, in the paper "
        f"{signed(of_paper[row.dataset].difference)} (ordinary kernels "
        f"{row.mean_second:.1f} %, in the paper "
        f"{of_paper[row.dataset].mean_second:.1f} %; adaptive kernels "
        f"{row.mean_first:.1f} %, in the paper "
        f"{of_paper[row.dataset].mean_first:.1f} %)"
        for row in judged.itertuples()
        if row.evidence.at_scale
    ]
    return minus("; ".join(texts)) or "none"
