"""Tables of comparisons as a page shows them: few columns, titles, rounded numbers.

Every function takes a table of ``analysis`` and returns one of text, with names for
people.
Accuracies are in percent, "mean ± std (max)" has the standard deviation over seeds
divided by n, as in the paper, and the highest run.
"""

from collections.abc import Iterable

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.analysis.evidence import describe
from aconv.companion.datasets import info
from aconv.companion.pages.words import minus
from aconv.companion.stats.written import estimate, signed


def captioned(table: pd.DataFrame, caption: str) -> Styler:
    """Return a table as a page shows it: with a caption, without row numbers."""
    if table.empty:
        columns = list(table.columns) or [""]
        row = ["no runs yet", *["–"] * (len(columns) - 1)]
        table = pd.DataFrame([row], columns=columns)
    return table.map(minus).style.hide(axis="index").set_caption(caption)


def describe_runs(runs: pd.DataFrame) -> str:
    """Return which runs a table or figure shows, for its caption."""
    texts = []
    for (version, profile), of_profile in runs.groupby(
        ["version", "profile"], sort=False
    ):
        parts = []
        for dataset, of_dataset in of_profile.groupby("dataset", sort=False):
            counts = of_dataset.groupby(["arm", "kernel_size"]).size()
            low, high = counts.min(), counts.max()
            number = f"{high}" if low == high else f"{low} to {high}"
            seeds = "seed" if high == 1 else "seeds"
            parts.append(f"{info(dataset).title} {number} {seeds}")
        texts.append(f"version {version}, profile {profile}; {', '.join(parts)}")
    return "; ".join(texts)


def parameters_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Counted parameters beside the printed ones (Table 1), a row per data set."""
    rows = []
    for dataset, rows_of in counts.groupby("dataset", sort=False):
        agreeing = rows_of[rows_of["agrees"] != "no"]
        rows.append(
            {
                "data set": info(dataset).title,
                **{
                    _square(size): f"{count:,}"
                    for size, count in zip(
                        rows_of["kernel_size"], rows_of["parameters"], strict=True
                    )
                },
                "printed": rows_of["printed"].iloc[0],
                "agrees at": ", ".join(
                    f"{_square(size)} ({how})"
                    for size, how in zip(
                        agreeing["kernel_size"], agreeing["agrees"], strict=True
                    )
                )
                or "no size",
            }
        )
    return pd.DataFrame(rows)


def arms_table(arms: pd.DataFrame) -> pd.DataFrame:
    """Each data set and kernel size, ordinary beside adaptive."""
    by_arm = {
        (row.dataset, row.kernel_size, row.version, row.profile, row.arm): row
        for row in arms.itertuples()
    }
    rows = []
    for cell in dict.fromkeys(key[:4] for key in by_arm):
        dataset, size, version, profile = cell
        row = {"data set": info(dataset).title, "size": _square(size)}
        row |= {"version": version, "profile": profile}
        found = [by_arm.get((*cell, arm)) for arm in ("ordinary", "adaptive")]
        row["runs"] = " / ".join("0" if arm is None else str(arm.n) for arm in found)
        for name, arm in zip(("ordinary", "adaptive"), found, strict=True):
            row[name] = "–" if arm is None else _arm(arm.n, arm.mean, arm.std, arm.max)
        rows.append(row)
    return pd.DataFrame(rows)


def beside_paper_table(
    compared: pd.DataFrame, printed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Table 2 or 3 of the paper with ours below each of its lines."""
    rows = []
    ours = [f"version {row.version}, {row.profile}" for row in compared.itertuples()]
    sources = [] if printed is None else [printed.assign(source="printed")]
    table = pd.concat([*sources, compared.assign(source=ours)], ignore_index=True)
    for dataset in dict.fromkeys(table["dataset"]):
        for row in table[table["dataset"] == dataset].itertuples():
            rows.append(
                {
                    "data set": info(dataset).title,
                    "source": row.source,
                    "size": _square(row.kernel_size),
                    "ordinary": _arm(
                        row.n_second, row.mean_second, row.std_second, row.max_second
                    ),
                    "adaptive": _arm(
                        row.n_first, row.mean_first, row.std_first, row.max_first
                    ),
                    "t": f"{row.t:.2f}",
                    "p": f"{row.p:.2g}",
                }
            )
    return pd.DataFrame(rows)


def differences_table(
    judged: pd.DataFrame, printed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What can be said of each data set, with the verdict on the paper's difference."""
    rows = []
    claims = {}
    if printed is not None:
        claims = {row.dataset: row for row in printed.itertuples()}
    for row in judged.itertuples():
        shown = {"data set": info(row.dataset).title, "size": _square(row.kernel_size)}
        if printed is not None:
            claim = claims[row.dataset]
            remark = "" if claim.claim.sign else " (not significant)"
            shown["paper"] = f"{signed(claim.difference)}{remark}"
        rows.append(
            shown
            | {
                "difference": estimate(row.difference, row.low, row.high),
                "p": f"{row.p:.2g}",
                "p (Holm)": f"{row.p_holm:.2g}",
                "Hedges g": estimate(row.g, row.g_low, row.g_high, 1),
                "verdict": str(row.judgement),
                "evidence": describe([row.evidence]),
            }
        )
    return pd.DataFrame(rows)


def gaps_table(gaps: pd.DataFrame) -> pd.DataFrame:
    """How far the kinds overfit."""
    return pd.DataFrame(
        {
            "data set": info(row.dataset).title,
            "size": _square(row.kernel_size),
            "version": row.version,
            "profile": row.profile,
            "ordinary": f"{row.mean_second:.2f}",
            "adaptive": f"{row.mean_first:.2f}",
            "difference": estimate(row.difference, row.low, row.high),
            "p": f"{row.p:.2g}",
        }
        for row in gaps.itertuples()
    )


def choices_table(effects: pd.DataFrame) -> pd.DataFrame:
    """The comparison with epoch and size chosen in different ways."""
    return pd.DataFrame(
        [
            {
                "data set": info(row.dataset).title,
                "runs": row.n,
                "epoch": row.epoch,
                "size by": row.size,
                "size": ", ".join(_square(size) for size in row.kernel_sizes),
                "difference": estimate(row.difference, row.low, row.high),
                "p": f"{row.p:.2g}",
            }
            for row in effects.itertuples()
        ]
    )


def choice_tests_table(tests: pd.DataFrame) -> pd.DataFrame:
    """What the choices do to the reported accuracies and tests."""
    return pd.DataFrame(
        [
            {
                "data set": info(row.dataset).title,
                "runs": row.n,
                "sizes": ", ".join(str(size) for size in row.sizes),
                "peak above last": f"{row.above_last:.2f}",
                "optimism (at most)": _number(row.optimism, ".2f"),
                "false findings": _number(row.rejection_rate, ".1%"),
                "p (permutation)": f"{row.p_permutation:.2g}",
            }
            for row in tests.itertuples()
        ]
    )


def apertures_table(summary: pd.DataFrame) -> pd.DataFrame:
    """How far apertures moved and how unlike the sizes of a layer are."""
    return pd.DataFrame(
        [
            {
                "size": _square(row.kernel_size),
                "layer": row.layer.replace("_", " "),
                "change": f"{signed(row.change, 3)}",
                "moved by": f"{row.moved:.3f} ± {row.moved_std:.3f}",
                "at 1/n": f"{row.at_bound:.0%}",
                "size in pixels": f"{row.smallest:.1f}, {row.median:.1f}, "
                f"{row.largest:.1f}",
                "std": f"{row.first_spread:.2f} → {row.spread:.2f}",
                "order kept": _number(row.order, ".2f"),
            }
            for row in summary.itertuples()
        ]
    )


def overview_table(comparisons: pd.DataFrame) -> pd.DataFrame:
    """All comparisons of accuracy, the paper's beside ours."""
    return pd.DataFrame(
        {
            "network": row.network,
            "comparison": row.comparison,
            "paper": estimate(row.paper, row.paper_low, row.paper_high),
            "size": row.size if row.seeds else "–",
            "here": estimate(row.difference, row.low, row.high) if row.seeds else "–",
            "p (Holm)": _number(row.p_holm, ".2g"),
            "verdict": str(row.judgement),
            "evidence": describe(filter(None, [row.evidence])),
        }
        for row in comparisons.itertuples()
    )


def coverage_table(coverage: pd.DataFrame) -> pd.DataFrame:
    """Recorded and missing runs, with the time that the missing ones need."""
    of_profiles = coverage.groupby(["dataset", "version", "profile"], sort=False)
    return pd.DataFrame(
        {
            "data set": info(dataset).title,
            "version": version,
            "profile": profile,
            "recorded": arms["done"].sum(),
            "begun": arms["partial"].sum(),
            "missing": (arms["failed"] + arms["missing"]).sum(),
            "time for the rest": _duration(60 * arms["hours"].sum(skipna=False)),
        }
        for (dataset, version, profile), arms in of_profiles
    )


def missing_table(coverage: pd.DataFrame) -> pd.DataFrame:
    """The runs that are not done, by arm."""
    return pd.DataFrame(
        {
            "data set": info(row.dataset).title,
            "version": row.version,
            "profile": row.profile,
            "network": f"{row.arm} {_square(row.kernel_size)}",
            "seeds": ", ".join(map(str, row.seeds)),
            "hours": _number(row.hours, ".1f"),
        }
        for row in coverage[coverage["seeds"].map(len) > 0].itertuples()
    )


def settings_table(settings: pd.DataFrame) -> pd.DataFrame:
    """How the networks are trained, a line per data set and profile."""
    schedules = {"one-cycle": "one cycle"}
    rows = [
        {
            "data set": info(row.dataset).title,
            "profile": row.profile,
            "images": f"{row.train_images:,} / {row.test_images:,}",
            "epochs": row.epochs,
            "batch": row.batch_size,
            "updates": f"{row.steps:,}",
            "rate": f"{row.learning_rate:g}, "
            f"{schedules.get(row.schedule, row.schedule)}",
            "dropout": _number(row.dropout, "g"),
            "augmented": "no" if row.augmentation == "none" else "yes",
        }
        for row in settings.itertuples()
    ]
    order = {name: i for i, name in enumerate(dict.fromkeys(settings["dataset"]))}
    places = settings["dataset"].map(order).argsort(kind="stable")
    return pd.DataFrame(rows).iloc[places].reset_index(drop=True)


def titles(names: Iterable[str]) -> list[str]:
    """Return the titles of data sets."""
    return [info(name).title for name in names]


def titled(frame: pd.DataFrame) -> pd.DataFrame:
    """Put titles in the place of the names of data sets."""
    return frame.assign(dataset=titles(frame["dataset"]))


def _square(size: int) -> str:
    return f"{size}×{size}"


def _arm(n: int, mean: float, std: float, maximum: float) -> str:
    # One run has no spread.
    return f"{mean:.2f}" if n == 1 else f"{mean:.2f} ± {std:.2f} ({maximum:.2f})"


def _duration(minutes: float) -> str:
    if pd.isna(minutes):
        return "not known"
    text = f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
    return text if minutes else "–"


def _number(value: float, form: str) -> str:
    return "–" if pd.isna(value) else format(value, form)
