"""What to expect of an adaptive layer: accuracy, fixed against trained sizes, time."""

from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.analysis.split import KEPT, START, TRAINED
from aconv.companion.pages.tables import captioned, cell_title
from aconv.companion.runs.results_cache import Result
from aconv.companion.stats.formatting import format_estimate

# What a user chooses, as steps of ``analysis.split``: each changes one thing.
_CHOICES = {
    START: "other initial weights",
    KEPT: "envelope, with train_aperture=False",
    TRAINED: "trained apertures",
}


def step_facts(steps: pd.DataFrame) -> dict[str, Any]:
    """Count on how many data sets training the apertures changed the accuracy."""
    trained = steps[steps["step"] == TRAINED]
    return {
        "sets": len(trained),
        "above": int((trained["low"] > 0).sum()),
        "below": int((trained["high"] < 0).sum()),
    }


def steps_table(steps: pd.DataFrame, caption: str) -> Styler:
    """Return what each choice adds to the accuracy, a row for each data set."""
    rows = []
    cells = steps.groupby(["dataset", "kernel_size", "share"], sort=False)
    for cell, of_cell in cells:
        by_step = of_cell.set_index("step")
        changes = {
            title: format_estimate(*by_step.loc[step, ["difference", "low", "high"]])
            for step, title in _CHOICES.items()
        }
        rows.append({"data set": cell_title(*cell), **changes})
    return captioned(
        pd.DataFrame(rows, columns=["data set", *_CHOICES.values()]), caption
    )


def time_facts(timing: Result) -> dict[str, Any]:
    """Return at each size the time over that of the ordinary network, and where."""
    training, folded = (timing.values[phase] for phase in ("training", "folded"))
    return {
        "sizes": ", ".join(f"{row['size']}×{row['size']}" for row in training),
        "training": ", ".join(f"{row['median']:.2f}" for row in training),
        "folded": ", ".join(f"{row['median']:.2f}" for row in folded),
        "rounds": timing.parameters["rounds"],
        "device": timing.provenance.device.removeprefix("cpu: "),
    }
