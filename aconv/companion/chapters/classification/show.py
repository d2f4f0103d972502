"""The chapters on Tables 2 and 3: the simple network and the ResNet."""

import pandas as pd

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY
from aconv.companion.analysis.evidence import describe_evidence, judge_comparisons
from aconv.companion.analysis.overview import in_family
from aconv.companion.analysis.scale import train_images
from aconv.companion.pages import tables
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.tables import DATASET, DIFFERENCE, P_HOLM, SIZE, P
from aconv.companion.pages.words import count_words, listed, minus
from aconv.companion.stats import Claim
from aconv.companion.stats.formatting import format_signed

# Of ``analysis.accuracy.compare`` of the score ``gap``.
GAPS = {
    "dataset": DATASET,
    "kernel_size": SIZE,
    "version": ("version", ""),
    "profile": ("profile", ""),
    "mean_second": ("ordinary", ".2f"),
    "mean_first": ("adaptive", ".2f"),
    "difference": DIFFERENCE,
    "p_holm": P_HOLM,
}
# Of ``analysis.choices.choice_effects`` and ``choice_tests``.
CHOICES = {
    "dataset": DATASET,
    "n": ("runs", ""),
    "epoch": ("epoch", ""),
    "size": ("size by", ""),
    "kernel_sizes": ("size", lambda sizes: ", ".join(f"{n}×{n}" for n in sizes)),
    "difference": DIFFERENCE,
    "p": P,
}
CHOICE_TESTS = {
    "dataset": DATASET,
    "n": ("runs", ""),
    "sizes": ("sizes", lambda sizes: ", ".join(map(str, sizes))),
    "above_last": ("peak above last", ".2f"),
    "optimism": ("optimism (at most)", ".2f"),
    "rejection_rate": ("false findings", ".1%"),
    "p_permutation": ("p (permutation)", ".2g"),
}
# Of ``coverage_of_profiles``.
COVERAGE = {
    "dataset": DATASET,
    "version": ("version", ""),
    "profile": ("profile", ""),
    "done": ("recorded", ""),
    "partial": ("begun", ""),
    "lacking": ("missing", ""),
    "hours": ("time for the rest", lambda hours: _duration(hours)),
}
_KINDS = ("ordinary", "adaptive")
_JUDGED = {
    "difference": DIFFERENCE,
    "p_holm": P_HOLM,
    "g": ("Hedges g", "{g:+z.1f} [{g_low:+z.1f}, {g_high:+z.1f}]"),
    "judgement": tables.VERDICT,
    "evidence": tables.EVIDENCE,
}


def arms_table(arms: pd.DataFrame) -> pd.DataFrame:
    """Accuracies of ``analysis.accuracy.summarise_arms``, a row for each cell."""
    rows = []
    by = ["dataset", "kernel_size", "version", "profile"]
    for (dataset, size, version, profile), of_cell in arms.groupby(by, sort=False):
        found = {arm.arm: arm for arm in of_cell.itertuples()}
        counts = [str(found[kind].n) if kind in found else "0" for kind in _KINDS]
        texts = [
            _spread(arm.n, arm.mean, arm.std, arm.max) if arm else tables.DASH
            for arm in map(found.get, _KINDS)
        ]
        names = tables.dataset_title(dataset), f"{size}×{size}", version, profile
        rows.append((*names, " / ".join(counts), *texts))
    names = ["data set", "size", "version", "profile", "runs"]
    return pd.DataFrame(rows, columns=[*names, *_KINDS])


def table_with_printed(compared: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Table 2 or 3 of the paper with ours, by Student's test, below each line."""
    ours = [
        f"ours, {row.profile} (version {row.version})" for row in compared.itertuples()
    ]
    sources = printed.assign(source="the paper"), compared.assign(source=ours)
    table = tables.together(pd.concat(sources, ignore_index=True), "dataset")
    for kind, place in zip(_KINDS, ("second", "first"), strict=True):
        names = [f"{quantity}_{place}" for quantity in ("n", "mean", "std", "max")]
        table[kind] = [_spread(*row) for row in table[names].itertuples(index=False)]
    columns = {
        "dataset": DATASET,
        "source": ("source", ""),
        "kernel_size": SIZE,
        **{kind: (kind, "") for kind in _KINDS},
        "t": ("t", ".2f"),
        "p": P,
    }
    return tables.text_table(table, columns)


def differences_table(
    judged: pd.DataFrame, printed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Differences of ``judge``, next to the printed ones, with their verdicts."""
    columns = {"dataset": DATASET, "kernel_size": SIZE}
    if printed is not None:
        texts = {
            row.dataset: format_signed(row.difference)
            + ("" if row.claim.sign else " (not significant)")
            for row in printed.itertuples()
        }
        judged = judged.assign(paper=judged["dataset"].map(texts))
        columns["paper"] = ("paper", "")
    return tables.text_table(judged, columns | _JUDGED)


def coverage_of_profiles(coverage: pd.DataFrame) -> pd.DataFrame:
    """Sum ``analysis.coverage.coverage`` over arms; failed runs are missing, too."""
    by = ["dataset", "version", "profile"]
    counts = coverage.assign(lacking=coverage["failed"] + coverage["missing"])
    of_profiles = counts.groupby(by, sort=False)[
        ["done", "partial", "lacking", "hours"]
    ]
    return of_profiles.agg(lambda counted: counted.sum(skipna=False)).reset_index()


def at_every_size(runs: Runs, score: str = "peak") -> pd.DataFrame:
    """Compare the kinds at each kernel size, the smallest first."""
    ordered = runs.frame.sort_values("kernel_size", kind="stable")
    table = accuracy.compare(ordered, ADAPTIVE, ORDINARY, score=score)
    return in_family(table, runs.family) if score == "peak" else table


def judge(runs: Runs) -> pd.DataFrame:
    """Compare the kinds at the best size and judge the printed differences.

    Live runs are judged as if the paper claimed that adaptive kernels are better.
    """
    claims = Claim(1) if runs.printed is None else accuracy.claims_of(runs.printed)
    compared = accuracy.compare(accuracy.at_best_sizes(runs.frame), ADAPTIVE, ORDINARY)
    compared = in_family(compared, runs.family)
    return judge_comparisons(compared, claims, runs.curves, ADAPTIVE, ORDINARY)


def describe_compared(runs: Runs, compared: pd.DataFrame) -> str:
    """Return which of the runs are in a table of comparisons, for its caption."""
    keys = ["dataset", "kernel_size"]
    cells = pd.MultiIndex.from_frame(compared[keys])
    of_runs = pd.MultiIndex.from_frame(runs.frame[keys])
    return tables.describe_runs(runs.frame[of_runs.isin(cells)]) or "none yet"


def choice_words(effects: pd.DataFrame) -> str:
    """Return what of ``choices.choice_effects`` the last epoch would change."""
    if effects.empty:
        return ""
    ways = effects.groupby(["dataset", "epoch"], sort=False)[["difference", "p"]]
    first = ways.first().unstack()
    best, last = (first.xs(epoch, axis=1, level="epoch") for epoch in ("best", "last"))
    turns = best["difference"] * last["difference"] < 0
    crosses = (best["p"] < 0.05) != (last["p"] < 0.05)
    sets = [
        f"{tables.dataset_title(name)} ({best['difference'][name]:+z.2f} against "
        f"{last['difference'][name]:+z.2f} points, p = {best['p'][name]:.2g} against "
        f"{last['p'][name]:.2g})"
        for name in first.index[crosses]
    ]
    turned = [tables.dataset_title(name) for name in first.index[turns]]
    return minus(
        "With the last epoch in place of the best one, the sign of the difference "
        f"changes on {listed(turned or ['no data set'])}, and p passes 0.05 on "
        f"{listed(sets or ['none'])}."
    )


def size_words(runs: Runs) -> str:
    """Return at which kernel size runs are compared, for a caption."""
    if runs.frame.groupby("dataset")["kernel_size"].nunique().max() > 1:
        return "at our best size"
    return "at the one size of each data set that is recorded"


def _spread(n: int, mean: float, std: float, highest: float) -> str:
    text = tables.spread(n, mean, std)
    return text if n == 1 else f"{text} ({highest:.2f})"


def _duration(hours: float | None) -> str:
    if hours is None:
        return "not known"
    text = f"{60 * hours:.0f} min" if 60 * hours < 100 else f"{hours:.1f} h"
    return text if hours else tables.DASH


def live_facts(live: Runs) -> dict[str, object]:
    """Return what the text says of live runs."""
    trained = {record.spec.dataset: record.spec.settings for record in live.records}
    texts = []
    for dataset, settings in trained.items():
        epochs = tables.counted(settings.epochs, "epoch")
        images = train_images(settings, dataset)
        texts.append(f"{tables.dataset_title(dataset)} {images} images, {epochs}")
    return {"live": live.text, "live_training": "; ".join(texts)}


def found_words(judged: pd.DataFrame, printed: pd.DataFrame | None) -> str:
    """Return sentences on the verdicts on recorded runs and their evidence."""
    if judged.empty:
        return (
            "No data set has two recorded runs of both kinds of kernels yet, so "
            "nothing is decided."
        )
    counts = count_words(judgement.verdict for judgement in judged["judgement"])
    text = (
        f"Of {tables.counted(len(judged), 'printed comparison')} with recorded runs: "
        f"{counts} "
        f"({describe_evidence(judged['evidence'])})."
    )
    at_scale = at_scale_text(judged, printed)
    return f"{text} At full length: {at_scale}." if at_scale else text


def sizes_text(runs: pd.DataFrame) -> str:
    """Return such as "MNIST 3×3, 5×5 and 7×7; CIFAR-10 7×7"."""
    texts = []
    for dataset, of_set in runs.groupby("dataset", sort=False):
        names = listed(f"{n}×{n}" for n in sorted(set(of_set["kernel_size"])))
        texts.append(f"{tables.dataset_title(dataset)} {names}")
    return "; ".join(texts)


def at_scale_text(judged: pd.DataFrame, printed: pd.DataFrame | None) -> str:
    """Compare accuracies at the paper's scale with those that it prints, if any."""
    if printed is None:
        return ""
    of_paper = {row.dataset: row for row in printed.itertuples()}
    texts = [
        f"{tables.dataset_title(row.dataset)} {row.kernel_size}×{row.kernel_size} "
        f"{format_signed(row.difference)} points, in the paper "
        f"{format_signed(paper.difference)} (ordinary kernels {row.mean_second:.1f} %, "
        f"in the paper {paper.mean_second:.1f} %; adaptive kernels "
        f"{row.mean_first:.1f} %, in the paper {paper.mean_first:.1f} %)"
        for row in judged.itertuples()
        for paper in [of_paper[row.dataset]]
        if row.evidence.at_scale
    ]
    return minus("; ".join(texts))
