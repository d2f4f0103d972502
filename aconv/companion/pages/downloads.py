"""What a reader can take along: results and runs as files of comma-separated values."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aconv.companion.analysis.evidence import describe_evidence
from aconv.companion.analysis.frames import curves_frame, runs_frame
from aconv.companion.analysis.overview import overview
from aconv.companion.runs.record import RunRecord


def write_csv(
    recorded: Mapping[str, Sequence[RunRecord]],
    records: Sequence[RunRecord],
    folder: Path,
) -> None:
    """Write the comparisons, the paper's and ours, the runs and their curves."""
    results = overview(recorded)
    results = results.assign(
        verdict=[judgement.verdict.value for judgement in results["judgement"]],
        judgement=results["judgement"].map(str),
        evidence=[describe_evidence([each]) for each in results["evidence"]],
    )
    tables = {
        "results": results,
        "runs": runs_frame(records),
        "curves": curves_frame(records),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
