"""The chapter on the paper's own numbers, recalculated."""

import math

import numpy as np
import pandas as pd

from aconv.companion.analysis.accuracy import PRINTED_TABLES, printed_results
from aconv.companion.chapters.audit import settings as printed_settings
from aconv.companion.datasets import info
from aconv.companion.pages import tables
from aconv.companion.paper import consistency
from aconv.companion.paper.claims import load_claims
from aconv.companion.paper.numbers import load, number
from aconv.companion.runs import get_study
from aconv.companion.stats.formatting import format_signed
from aconv.companion.stats.selection import simulate_null

# The set whose t and maxima are in the authors' records, not in the paper.
_RECORDED = "oxford_pets"
# Of ``analysis.parameters.compare_parameters``.
NOTES = {
    "dataset": tables.DATASET,
    "printed": ("printed", ""),
    "note": ("why it cannot be", ""),
}


def tests_table() -> pd.DataFrame:
    """Printed t and p, and what the printed means and deviations allow."""
    keys = ["place", "dataset", "kernel_sizes"]
    t = consistency.check_t()
    p = consistency.check_p()[[*keys, "is_rounded", "is_cut"]]
    less = t[t["ddof"] == 1][[*keys, "t_low", "t_high"]]
    rows = (
        t[t["ddof"] == 0].merge(p, on=keys).merge(less, on=keys, suffixes=("", "_less"))
    )
    rows["how"] = np.select(
        [rows["is_rounded"], rows["is_cut"]], ["rounded", "cut off"], "neither"
    )
    columns = {
        "place": ("place", ""),
        "dataset": ("comparison", "{dataset}, {kernel_sizes}"),
        "t": ("t", "z.2f"),
        "t_low": ("t, by n", "{t_low:.2f} to {t_high:.2f}"),
        "t_low_less": ("t, by n − 1", "{t_low_less:.2f} to {t_high_less:.2f}"),
        "p": tables.P,
        "p_low": ("p, by n", "{p_low:.2g} to {p_high:.2g}"),
        "how": ("p of the printed t", ""),
    }
    return tables.text_table(tables.titled(rows), columns)


def ranges() -> pd.DataFrame:
    """The same t, and the printed maxima, for ``figures.allowed_ranges``."""
    t = consistency.check_t().query("ddof == 0")
    rows = []
    for row in t.itertuples():
        sizes = f" {row.kernel_sizes}" if row.dataset == "oxford_pets" else ""
        label = f"{_short(row.place)} {info(row.dataset).title}{sizes}"
        rows.append(("t", label, row.t, row.t_low, row.t_high))
    panel = "maximum, from the middle of its range (points)"
    for row in consistency.check_maxima().itertuples():
        label = f"{_short(row.place)} {info(row.dataset).title}, {row.kind}"
        ends = np.array([row.maximum, row.low, row.high])
        rows.append((panel, label, *(100 * (ends - (row.low + row.high) / 2))))
    return pd.DataFrame(rows, columns=["panel", "label", "value", "low", "high"])


def maxima_table() -> pd.DataFrame:
    """The printed maxima that five runs cannot have, or that are no multiple."""
    table = consistency.check_maxima()
    wrong = table[~table["is_possible"] | ~table["is_multiple"].fillna(True)]
    multiple = [
        "yes" if row.is_multiple else f"no, of {row.test_images}"
        for row in wrong.itertuples()
    ]
    rows = tables.titled(wrong).assign(multiple=multiple)
    rows[["maximum", "low", "high"]] *= 100
    columns = {
        "place": ("place", ""),
        "dataset": ("arm", "{dataset}, {kind}"),
        "maximum": ("maximum (%)", ".2f"),
        "low": ("five runs allow (%)", "{low:.2f} to {high:.2f}"),
        "is_possible": ("possible", lambda possible: "yes" if possible else "no"),
        "multiple": ("multiple of one image", ""),
    }
    return tables.text_table(rows, columns)


def parameters_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Counted and printed parameters (Table 1), a row per data set."""
    sizes = counts["kernel_size"].map("{0}×{0}".format)
    texts = counts["parameters"].map("{:,}".format)
    how = sizes + " (" + counts["agrees"] + ")"
    rows = counts.assign(size=sizes, text=texts, how=how)
    table = tables.pivoted(rows, "dataset", "size", "text").set_index("dataset")
    how = rows[rows["agrees"] != "no"].groupby("dataset")["how"].agg(", ".join)
    table["printed"] = rows.groupby("dataset")["printed"].first()
    table["agrees at"] = how.reindex(table.index).fillna("no size")
    return tables.titled(table.reset_index()).rename(columns={"dataset": "data set"})


def counts_facts(counts: pd.DataFrame) -> dict[str, object]:
    """Return for how many sets, and at which sizes, the printed number is a count."""
    agreeing = tables.titled(counts.query("agrees != 'no'"))
    return {
        "counts_agree": agreeing["dataset"].nunique(),
        "counts_all": counts["dataset"].nunique(),
        "counts_how": "; ".join(
            f"{', '.join(rows['dataset'])} at {size}×{size}"
            for size, rows in agreeing.groupby("kernel_size")
        ),
    }


def settings_table() -> pd.DataFrame:
    """The printed settings that the published code does not have."""
    names = [
        name
        for claim in load_claims()
        if claim.judge in ("settings", "layers")
        for name in claim.numbers
    ]
    rows = []
    for name, (printed, ours) in printed_settings.compare_settings(names).items():
        if not printed_settings.is_as_printed(printed, ours):
            entry, title = number(name), printed_settings.setting_title(name)
            code = printed_settings.shown(ours).rstrip(",")
            rows.append((entry.place, title, entry.printed, code))
    columns = ["place", "setting", "printed", "published code or data"]
    return pd.DataFrame(rows, columns=columns)


def sizes_table(kernel_sizes: tuple[int, ...], side: int) -> pd.DataFrame:
    """The size of the output by Eq. (1), for some kernels."""
    return pd.DataFrame(
        {
            "n": n,
            "M − n, as printed": found["printed"],
            "places of the printed limits": found["limits"],
            "places where the kernel fits": found["valid"],
        }
        for n in kernel_sizes
        for found in (consistency.output_sizes(side, n),)
    )


def selection_table(simulations: int, seed: int) -> pd.DataFrame:
    """The worth of choosing the kernel size on the test split, by printed spreads.

    Two arms of one mean are simulated; the size is that of the highest run, as printed.
    """
    rows = []
    for study, table in PRINTED_TABLES.items():
        sizes = len(get_study(study).kernel_sizes)
        for row in printed_results(table).itertuples():
            # Deviations divide by n in print; those of runs by n − 1.
            unbiased = math.sqrt(row.n_first / (row.n_first - 1))
            stds = [[unbiased * s] * sizes for s in (row.std_first, row.std_second)]
            options = {"runs": row.n_first, "simulations": simulations, "seed": seed}
            rate, optimism = simulate_null([row.mean_second] * sizes, stds, **options)
            rows.append(
                {
                    "place": number(f"{table}.repeats").place,
                    "data set": info(row.dataset).title,
                    "printed difference": format_signed(row.difference),
                    "raised by the choice": f"{optimism:.2f}",
                    "equal networks at p < 0.05": f"{rate:.1%}",
                }
            )
    return pd.DataFrame(rows)


def facts() -> dict[str, object]:
    """Return what the text says of the audit."""
    t = consistency.check_t().query("ddof == 0")
    p, maxima = consistency.check_p(), consistency.check_maxima()
    scored = printed_settings.code_settings("unet", "oxford_pets").test_images
    test_images = number("data.oxford_pets.test_images").value
    return {
        "tests": len(t),
        "t_possible": int(t["t_possible"].sum()),
        "t_recorded": int((t["dataset"] == _RECORDED).sum()),
        "p_cut": int((p["is_cut"] & ~p["is_rounded"]).sum()),
        "maxima": len(maxima),
        "maxima_recorded": int((maxima["dataset"] == _RECORDED).sum()),
        "maxima_wrong": int((~maxima["is_possible"]).sum()),
        "scored": scored,
        "test_images": test_images,
        "uncertainty": math.sqrt(test_images / scored),
        "notes": sum(
            bool(entry.note) for entry in load().values() if not entry.is_recorded
        ),
    }


def _short(place: str) -> str:
    return place.replace("Table ", "T").replace("Section ", "S")
