"""What a reader can take along: results and runs as files of comma-separated values."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from aconv.companion.analysis.evidence import describe
from aconv.companion.analysis.frames import curves_frame, runs_frame
from aconv.companion.analysis.overview import overview
from aconv.companion.runs.record import RunRecord


def write_csv(
    recorded: Mapping[str, Sequence[RunRecord]],
    records: Sequence[RunRecord],
    folder: Path,
) -> list[Path]:
    """Write the comparisons, the runs and their learning curves."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "results": results_frame(recorded),
        "runs": runs_frame(records),
        "curves": curves_frame(records),
    }
    paths = []
    for name, table in tables.items():
        paths.append(folder / f"{name}.csv")
        table.to_csv(paths[-1], index=False, float_format="%.6g")
    return paths


def results_frame(recorded: Mapping[str, Sequence[RunRecord]]) -> pd.DataFrame:
    """All comparisons of accuracy, the paper's and ours, in plain values."""
    table = overview(recorded)
    return table.assign(
        verdict=[judgement.verdict.value for judgement in table["judgement"]],
        judgement=table["judgement"].map(str),
        evidence=[describe([each]) for each in table["evidence"]],
    )
