"""Single choices of a version, and what the rates that were tuned change."""

from typing import Any

import pandas as pd

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import CELL
from aconv.companion.analysis.overview import in_family
from aconv.companion.analysis.rates import TUNED_IN, chosen_arms, tuned
from aconv.companion.pages import tables
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
    chosen = chosen_arms(runs)
    pairs = [(arm, "adaptive") for arm in ABLATIONS]
    # The rates that tuning chose, where they are not those of the version.
    pairs += [(arm, kind) for kind in KINDS for arm in chosen[kind].unique()]
    compared = [
        accuracy.compare(runs, {"arm": arm}, {"arm": base}).assign(arm=arm)
        for arm, base in pairs
        if arm != base
    ]
    rows = accuracy.adjust_for_multiplicity(accuracy.concat_comparisons(compared))
    # What an ordinary arm gains the comparison loses.
    turned = [ARMS[arm].layer == "ordinary" for arm in rows["arm"]]
    gained = rows.loc[turned, ["difference", "high", "low"]]
    rows.loc[turned, ["difference", "low", "high"]] = -gained.to_numpy()
    names = {"n_first": "n", "n_second": "n_without", "difference": "moves"}
    titles = [ARMS[arm].title for arm in rows["arm"]]
    return rows.rename(columns=names).assign(title=titles)


_EFFECTS = {
    "title": ("choice", ""),
    "cell": ("set", ""),
    "seeds": ("seeds", ""),
    "moves": ("moves the comparison by", "{moves:+z.2f} [{low:+z.2f}, {high:+z.2f}]"),
    "p_holm": tables.P_HOLM,
}


def ablations_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Effects of ``ablations``, and below them the choices that have no runs yet."""
    n, without = rows["n"].astype(str), rows["n_without"].astype(str)
    seeds = n.where(n == without, n + " and " + without)
    table = tables.text_table(tables.with_cells(rows.assign(seeds=seeds)), _EFFECTS)
    known = set(rows["title"])
    missing = [ARMS[arm].title for arm in ABLATIONS if ARMS[arm].title not in known]
    absent = pd.DataFrame({"choice": missing, "set": "not recorded yet"})
    return pd.concat([table, absent], ignore_index=True).fillna(tables.DASH)


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
    return tables.text_table(tables.with_cells(table), columns)


def tuned_words(runs: pd.DataFrame, family: pd.DataFrame | None = None) -> str:
    """Return sentences on the difference where each kind has its own rate."""
    found = in_family(tuned(runs), family)
    if found.empty:
        return "The comparison at rates found on training images is not recorded yet."
    words = []
    for row in found.itertuples():
        here = accuracy.select(runs, {name: getattr(row, name) for name in CELL})
        before = [", which are those of the profile"]
        if {row.first, row.second} != set(COMPARED):
            at_profile = accuracy.compare(here, *({"arm": arm} for arm in COMPARED))
            before = [
                f", and {points} at the rate of the profile ({seeds} seeds)"
                for other in in_family(at_profile, family).itertuples()
                for points, seeds in [_estimate(other)]
            ]
        cell = tables.cell_title(row.dataset, row.kernel_size)
        points, seeds = _estimate(row)
        words.append(
            f"On {cell}, the difference, adaptive minus ordinary, is {points} points "
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


def _estimate(row: Any) -> tuple[str, int]:
    points = format_estimate(row.difference, row.low, row.high, 1)
    return points, min(row.n_first, row.n_second)
