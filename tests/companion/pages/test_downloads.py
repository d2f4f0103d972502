"""Results and runs as files that any program reads."""

import numpy as np
import pandas as pd
import sweeps

from aconv.companion import runs
from aconv.companion.analysis import overview
from aconv.companion.pages import downloads
from aconv.companion.stats import Verdict


def written(recorded, records, folder):
    downloads.write_csv(recorded, records, folder / "data")
    names = ("results", "runs", "curves")
    return [pd.read_csv(folder / "data" / f"{name}.csv") for name in names]


def test_files_hold_each_comparison_run_and_epoch(tmp_path):
    records = [
        sweeps.record(runs.make_spec("simple", "mnist", kind, 3, seed, "short"))
        for kind in ("adaptive", "ordinary")
        for seed in (1, 2)
    ]
    recorded = {"simple": records}
    results, found, curves = written(recorded, records, tmp_path)
    expected = overview.overview(recorded)
    np.testing.assert_allclose(results["paper"], expected["paper"], rtol=1e-5)
    (tested,) = results[results["verdict"] != "not tested"].itertuples()
    assert (tested.network, tested.comparison) == ("Simple network", "MNIST")
    assert tested.seeds == 2
    assert tested.verdict in set(map(str, Verdict))
    assert found["digest"].tolist() == [record.spec.digest for record in records]
    peaks = [record.peak for record in records]
    np.testing.assert_allclose(found["peak"], peaks, rtol=1e-5)
    assert len(curves) == sum(len(record.curves["loss"]) for record in records)


def test_files_without_records_have_the_papers_numbers_only(tmp_path):
    results, found, curves = written({}, [], tmp_path)
    assert results["paper"].notna().all() and results["difference"].isna().all()
    assert found.empty and curves.empty
