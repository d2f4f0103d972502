"""Single choices of a version, and what the rates that were tuned change."""

from collections.abc import Iterator

import pandas as pd

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import CELL
from aconv.companion.analysis.overview import in_family
from aconv.companion.analysis.rates import TUNED_IN, chosen_arms, tuned
from aconv.companion.pages.tables import (
    DASH,
    P_HOLM,
    cell_title,
    text_table,
    with_cells,
)
from aconv.companion.pages.words import minus
from aconv.companion.stats.formatting import format_estimate
from aconv.companion.studies.arms import ARMS, COMPARED, RATE_FACTORS
from aconv.companion.training.settings import KINDS

ABLATIONS = (
    "aperture-rate-0",
    "aperture-rate-0.2",
    "aperture-rate-5",
    "apertures-0.15",
    "apertures-0.6",
    "apertures-0.1-1",
    "no-batch-normalization",
    "restandardized",
)
"""The arms that change one choice of the adaptive arm of a version."""


def ablations(runs: pd.DataFrame) -> pd.DataFrame:
    """Estimate how far each choice moves adaptive minus ordinary, in points."""
    tables = []
    for name, base in [*((arm, "adaptive") for arm in ABLATIONS), *_tuned_rates(runs)]:
        table = accuracy.compare(runs, {"arm": name}, {"arm": base})
        tables.append(table.assign(arm=name))
    rows = accuracy.adjust_for_multiplicity(accuracy.concat_comparisons(tables))
    # What an ordinary arm gains the comparison loses.
    turned = rows["arm"].map(lambda name: ARMS[name].layer == "ordinary").astype(bool)
    low, high = (
        rows[end].where(~turned, -rows[other])
        for end, other in (("low", "high"), ("high", "low"))
    )
    return pd.DataFrame(
        {
            "title": rows["arm"].map(lambda name: ARMS[name].title),
            "version": rows["version"],
            "dataset": rows["dataset"],
            "kernel_size": rows["kernel_size"],
            "n": rows["n_first"],
            "n_without": rows["n_second"],
            "moves": rows["difference"].where(~turned, -rows["difference"]),
            "low": low,
            "high": high,
            "p_holm": rows["p_holm"],
        }
    )


def _tuned_rates(runs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """The arms at rates that tuning chose, and the arms of the version."""
    chosen = chosen_arms(runs)
    for kind in KINDS:
        for arm in dict.fromkeys(chosen[kind]):
            if arm != kind:
                yield arm, kind


_EFFECTS = {
    "title": ("choice", ""),
    "cell": ("set", ""),
    "seeds": ("seeds", ""),
    "moves": (
        "moves the comparison by",
        "{moves:+z.2f} [{low:+z.2f}, {high:+z.2f}]",
    ),
    "p_holm": P_HOLM,
}


def ablations_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Effects of ``ablations``, and below them the choices that have no runs yet."""
    n, without = rows["n"].astype(str), rows["n_without"].astype(str)
    seeds = n.where(n == without, n + " and " + without)
    table = text_table(with_cells(rows.assign(seeds=seeds)), _EFFECTS)
    known = set(rows["title"])
    missing = [ARMS[arm].title for arm in ABLATIONS if ARMS[arm].title not in known]
    absent = pd.DataFrame({"choice": missing, "set": "not recorded yet"})
    return pd.concat([table, absent], ignore_index=True).fillna(DASH)


def tuning_table(rows: pd.DataFrame) -> pd.DataFrame:
    """How accurate each layer is at each rate on training images held out."""
    by = [*TUNED_IN, "layer"]
    table = rows.pivot(index=by, columns="rate_factor", values="score").reset_index()
    chosen = rows.loc[rows["chosen"], [*by, "rate_factor"]]
    table = table.merge(chosen.rename(columns={"rate_factor": "chosen"}), on=by)
    columns = {
        "cell": ("set", ""),
        "layer": ("kernels", ""),
        **{factor: (f"× {factor:g}", ".1f") for factor in RATE_FACTORS},
        "chosen": ("chosen", "g"),
    }
    return text_table(with_cells(table), columns)


def tuned_words(runs: pd.DataFrame, family: pd.DataFrame | None = None) -> str:
    """Return sentences on the difference where each kind has its own rate.

    ``family`` is the table of ``analysis.overview.judged_comparisons``.
    """
    found = in_family(tuned(runs), family)
    if found.empty:
        return "The comparison at rates found on training images is not recorded yet."
    words = []
    for row in found.itertuples():
        here = accuracy.select(runs, {name: getattr(row, name) for name in CELL})
        before = [", which are those of the profile"]
        if {row.first, row.second} != set(COMPARED):
            at_profile = accuracy.compare(
                here, *({"arm": arm} for arm in COMPARED), by=CELL
            )
            before = [
                f", and {format_estimate(other.difference, other.low, other.high, 1)} "
                "at the rate of the profile "
                f"({min(other.n_first, other.n_second)} seeds)"
                for other in in_family(at_profile, family).itertuples()
            ]
        seeds = min(row.n_first, row.n_second)
        words.append(
            f"On {cell_title(row.dataset, row.kernel_size)}, the difference, adaptive "
            f"minus ordinary, is "
            f"{format_estimate(row.difference, row.low, row.high, 1)} points "
            f"at these rates ({seeds} seeds){''.join(before)}."
        )
        edges = [
            ARMS[arm].departs.get("rate_factor", 1.0) for arm in (row.first, row.second)
        ]
        if {RATE_FACTORS[0], RATE_FACTORS[-1]} & set(edges):
            words.append(
                "A rate that was chosen is the lowest or the highest that was tried, "
                "so a better one may lie beyond."
            )
    return minus(" ".join(words))
