"""Choices in which versions may differ, and what they do, as tables."""

import re

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.analysis.ablations import ABLATIONS
from aconv.companion.analysis.accuracy import CELL, compare, select
from aconv.companion.analysis.tuning import tuned
from aconv.companion.pages.split import cell_title
from aconv.companion.pages.tables import captioned
from aconv.companion.pages.words import minus
from aconv.companion.runs import ARMS, COMPARED
from aconv.companion.stats.written import estimate
from aconv.companion.studies.arms import RATE_FACTORS
from aconv.companion.studies.differences import differences

_SETTINGS = {
    "use bias": "bias of the convolutions",
    "restandardize": "output rescaled to the spread of the input",
    "aperture l2": "L2 penalty on apertures",
    "inputs": "images",
    "cycle top": "top of the cycle",
    "cycle by batch": "cycle goes on with every batch",
}
_VALUES = {
    "conv-bn-relu": "convolution, batch normalisation, ReLU",
    "conv-relu": "convolution with ReLU",
    "pixel-mean": "0 to 1, minus the mean image",
    "global-mean": "0 to 1, minus the mean",
    "standardized": "(x − 127) / std",
    "unit": "0 to 1",
    "zeros": "filled up with zeros",
    "itself": "concatenated with itself",
    "shift-0.1-flip": "shifts of 0.1, flips",
    "shift-0.2-flip": "shifts of 0.2, flips",
    "0.001 to 1e+03": "none",
}
"""Settings and their values for people, where the code's names are no words."""


def versions_table(study: str) -> Styler:
    """The table of ``studies.differences.differences`` in words, with its caption."""
    pattern = re.compile("|".join(map(re.escape, sorted(_VALUES, key=len)[::-1])))
    table = differences(study).map(
        lambda cell: pattern.sub(lambda found: _VALUES[found[0]], cell)
    )
    return captioned(
        table.assign(setting=[_SETTINGS.get(n, n) for n in table["setting"]]),
        "Settings in which the versions differ, each at full length with kernels of "
        "7×7, and what short runs of the version paper have",
    )


def ablations_table(rows: pd.DataFrame) -> pd.DataFrame:
    """What each choice moves the comparison of kinds by."""
    columns = ["choice", "set", "seeds", "moves the comparison by", "p (Holm)"]
    table = [
        {
            "choice": row.title,
            "set": cell_title(row.dataset, row.kernel_size),
            "seeds": f"{row.n}"
            if row.n == row.n_without
            else f"{row.n} and {row.n_without}",
            "moves the comparison by": estimate(row.moves, row.low, row.high),
            "p (Holm)": f"{row.p_holm:.2g}",
        }
        for row in rows.itertuples()
    ]
    known = set(rows["title"])
    for name in ABLATIONS:
        if ARMS[name].title not in known:
            table.append(
                dict.fromkeys(columns, "–")
                | {"choice": ARMS[name].title, "set": "not recorded yet"}
            )
    return pd.DataFrame(table, columns=columns)


def tuning_table(rows: pd.DataFrame) -> pd.DataFrame:
    """How accurate each kind is at each rate on training images held out."""
    table = []
    for cell, of_kind in rows.groupby(["dataset", "kernel_size", "kind"]):
        dataset, kernel_size, kind = cell
        scores = of_kind.set_index("rate_factor")["score"]
        (chosen,) = of_kind.loc[of_kind["chosen"], "rate_factor"]
        table.append(
            {"set": cell_title(dataset, kernel_size), "kernels": kind}
            | {f"× {factor:g}": f"{scores[factor]:.1f}" for factor in RATE_FACTORS}
            | {"chosen": f"{chosen:g}"}
        )
    columns = [
        "set",
        "kernels",
        *(f"× {factor:g}" for factor in RATE_FACTORS),
        "chosen",
    ]
    return pd.DataFrame(table, columns=columns)


def tuned_words(runs: pd.DataFrame) -> str:
    """Return sentences on the difference where each kind has its own rate."""
    found = tuned(runs)
    if found.empty:
        return "The comparison at rates found on training images is not recorded yet."
    words = []
    for row in found.itertuples():
        here = select(runs, {name: getattr(row, name) for name in CELL})
        at_profile = compare(here, *({"arm": arm} for arm in COMPARED), by=CELL)
        before = [
            f", and {estimate(other.difference, other.low, other.high, 1)} at the rate "
            f"of the profile ({min(other.n_first, other.n_second)} seeds)"
            for other in at_profile.itertuples()
        ]
        seeds = min(row.n_first, row.n_second)
        words.append(
            f"On {cell_title(row.dataset, row.kernel_size)}, the difference, adaptive "
            f"minus ordinary, is "
            f"{estimate(row.difference, row.low, row.high, 1)} points at these rates "
            f"({seeds} seeds){''.join(before)}."
        )
        edges = [
            ARMS[getattr(row, kind)].departs.get("rate_factor", 1.0)
            for kind in COMPARED
        ]
        if {RATE_FACTORS[0], RATE_FACTORS[-1]} & set(edges):
            words.append(
                "A rate that was chosen is the lowest or the highest that was tried, "
                "so a better one may lie beyond."
            )
    return minus(" ".join(words))
