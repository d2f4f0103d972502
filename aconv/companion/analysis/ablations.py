"""The effect of single choices, on which paper and code may differ, on an arm."""

from collections.abc import Iterator

import pandas as pd

from aconv.companion.analysis.accuracy import compare, correct, together
from aconv.companion.analysis.tuning import chosen_arms
from aconv.companion.studies.arms import ARMS
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


def ablations(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Estimate how far each choice moves adaptive minus ordinary (percentage points)."""
    tables = []
    for name, base in [*((arm, "adaptive") for arm in ABLATIONS), *_tuned_rates(runs)]:
        table = compare(runs, {"arm": name}, {"arm": base}, confidence=confidence)
        tables.append(table.assign(arm=name))
    rows = correct(together(tables), confidence=confidence)
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
