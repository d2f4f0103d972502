"""Results and runs as files that any program reads."""

import numpy as np
import pandas as pd
import pytest
import sweeps

from aconv.companion import runs
from aconv.companion.analysis import overview
from aconv.companion.pages import downloads
from aconv.companion.stats import Verdict


@pytest.fixture
def records():
    specs = [
        runs.make_spec("simple", "mnist", kind, 3, profile="short", seed=seed)
        for kind in ("adaptive", "ordinary")
        for seed in (1, 2)
    ]
    return [sweeps.record(spec) for spec in specs]


def test_files_hold_each_comparison_run_and_epoch(records, tmp_path):
    recorded = {"simple": records}
    paths = downloads.write_csv(recorded, records, tmp_path / "data")
    assert [path.name for path in paths] == ["results.csv", "runs.csv", "curves.csv"]
    results, found, curves = map(pd.read_csv, paths)
    expected = overview.overview(recorded)
    assert len(results) == len(expected)
    np.testing.assert_allclose(results["paper"], expected["paper"], rtol=1e-5)
    mnist = results.query("network == 'simple' and comparison == 'MNIST'").iloc[0]
    assert mnist["seeds"] == 2
    assert mnist["verdict"] in set(map(str, Verdict))
    assert results["verdict"].value_counts()["not tested"] == len(results) - 1
    assert found["digest"].tolist() == [record.spec.digest for record in records]
    np.testing.assert_allclose(
        found["peak"], [record.peak for record in records], rtol=1e-5
    )
    assert len(curves) == sum(len(record.curves["loss"]) for record in records)


def test_files_without_records_have_the_papers_numbers_only(tmp_path):
    results, found, curves = map(pd.read_csv, downloads.write_csv({}, [], tmp_path))
    assert results["paper"].notna().all() and results["difference"].isna().all()
    assert found.empty and curves.empty
