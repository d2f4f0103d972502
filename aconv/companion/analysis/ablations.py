"""What single choices, on which paper and code may differ, do to an arm."""

from collections.abc import Iterator

import pandas as pd

from aconv.companion.analysis.accuracy import compare, correct, together
from aconv.companion.analysis.tuning import chosen_arms
from aconv.companion.runs.arms import ARMS
from aconv.companion.training.kinds import KINDS

# Each arm with one choice changed, and the arm without the change. The arms as printed
# are not among them: they are for runs at the full scale.
ABLATIONS = {
    "restandardized": "adaptive",
    "rate-0": "adaptive",
    "rate-1": "adaptive",
    "equal-start": "adaptive",
    "wide-start": "adaptive",
    "no-aperture-l2": "adaptive",
    "adaptive-no-dropout": "adaptive",
    "ordinary-no-dropout": "ordinary",
}
_CELL = ("profile", "share", "dataset", "kernel_size")


def ablations(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Says by how much each choice moves its arm, and so the published comparison.

    Args:
        runs: Table of ``analysis.frames.runs_frame``, of one study, with the arms of
            ``ABLATIONS``, and those of ``analysis.tuning`` for the rates that it chose.
        confidence: Confidence of the intervals, in (0, 1).

    Returns:
        One row per choice and cell that have two runs with it and without it:
        ``title`` of the arm, ``dataset``, ``kernel_size``, ``n`` and ``n_without`` (the
        numbers of runs with and without the choice), ``moves`` (what the choice adds to
        adaptive less ordinary, percentage points) with ``low`` and ``high`` by Welch,
        and ``p_holm``, corrected for the whole table.
    """
    tables = []
    for name, base in [*ABLATIONS.items(), *_tuned_rates(runs)]:
        table = compare(
            runs, {"arm": name}, {"arm": base}, by=_CELL, confidence=confidence
        )
        tables.append(table.assign(arm=name))
    rows = correct(together(tables), confidence=confidence)
    # What an ordinary arm gains the comparison loses.
    turned = rows["arm"].map(lambda name: ARMS[name].kind == "ordinary").astype(bool)
    low, high = (
        rows[end].where(~turned, -rows[other])
        for end, other in (("low", "high"), ("high", "low"))
    )
    return pd.DataFrame(
        {
            "title": rows["arm"].map(lambda name: ARMS[name].title),
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
    """The arms at rates that tuning chose, and the published arms of their kinds."""
    chosen = chosen_arms(runs)
    for kind in KINDS:
        for arm in dict.fromkeys(chosen[kind]):
            if arm != kind:
                yield arm, kind
