"""Results and runs as files that any program reads."""

import numpy as np
import pandas as pd
import sweeps

from aconv.companion import runs
from aconv.companion.analysis import overview
from aconv.companion.pages import downloads
from aconv.companion.stats import Verdict


def test_files_hold_each_comparison_run_and_epoch(tmp_path):
    records = [
        sweeps.record(runs.make_spec("simple", "mnist", kind, 3, seed, "short"))
        for kind in ("adaptive", "ordinary")
        for seed in (1, 2)
    ]
    recorded = {"simple": records}
    downloads.write_csv(recorded, records, tmp_path / "data")
    names = ("results", "runs", "curves")
    results, found, curves = (
        pd.read_csv(tmp_path / "data" / f"{name}.csv") for name in names
    )
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
