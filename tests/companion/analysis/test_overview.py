"""The overview against the paper's tables and SciPy."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import sweeps

from aconv.companion import paper
from aconv.companion.analysis import overview
from aconv.companion.analysis.arms import scored_runs
from aconv.companion.analysis.frames import runs_frame
from aconv.companion.pages.tables import overview_table
from aconv.companion.runs import grid

ADAPTIVE = (0.90, 0.92, 0.94)
ORDINARY = (0.80, 0.81, 0.84)


def runs(dataset, adaptive=ADAPTIVE, ordinary=ORDINARY):
    return pd.DataFrame(
        [
            ("reduced", dataset, kind, 5, seed, peak)
            for kind, peaks in (("adaptive", adaptive), ("ordinary", ordinary))
            for seed, peak in enumerate(peaks)
        ],
        columns=["profile", "dataset", "kind", "kernel_size", "seed", "peak"],
    )


def test_printed_differences_are_those_of_the_tables():
    table = overview.classification("simple", "table2", runs("mnist")).iloc[2]
    assert table.comparison == "CIFAR-10"
    means = [
        paper.number(f"table2.cifar10.{kind}.mean").value
        for kind in ("adaptive", "ordinary")
    ]
    assert table.paper == pytest.approx(means[0] - means[1])
    # By hand: five runs an arm, deviations that divide by n, eight degrees of freedom.
    deviations = [
        100 * paper.number(f"table2.cifar10.{kind}.std").value
        for kind in ("adaptive", "ordinary")
    ]
    error = math.sqrt(sum(std**2 * 5 / 4 for std in deviations) / 5)
    reach = scipy.stats.t.ppf(0.975, 8) * error
    assert table.paper_high - table.paper == pytest.approx(reach)
    assert table.verdict == "not tested"
    assert np.isnan(table.difference)


def test_own_differences_are_by_welch_at_the_size_of_the_runs():
    table = overview.classification("simple", "table2", runs("cifar10"), 0.9)
    row = table.set_index("comparison").loc["CIFAR-10"]
    test = scipy.stats.ttest_ind(
        100 * np.array(ADAPTIVE), 100 * np.array(ORDINARY), equal_var=False
    )
    interval = test.confidence_interval(0.9)
    assert (row["size"], row.seeds) == ("5×5", 3)
    assert row.verdict == "points the same way"
    np.testing.assert_allclose([row.low, row.high], interval)
    equal = overview.classification(
        "simple", "table2", runs("cifar10", ADAPTIVE, ADAPTIVE)
    )
    assert equal["verdict"].tolist().count("open") == 1


def test_verdict_is_about_the_printed_direction():
    # The paper has ordinary kernels ahead on the faces in Table 3, and there only.
    table = overview.classification("ResNet", "table3", runs("lfw_faces"))
    assert (table["paper"] < 0).tolist() == [False] * 4 + [True]
    assert table["verdict"].tolist()[-1] == "points the other way"
    turned = runs("lfw_faces", adaptive=ORDINARY, ordinary=ADAPTIVE)
    table = overview.classification("ResNet", "table3", turned)
    assert table["verdict"].tolist()[-1] == "points the same way"


def test_segmentation_is_compared_with_either_ordinary_network():
    records = [sweeps.record(spec) for spec in grid("unet", "reduced")]
    table = overview.segmentation(scored_runs(records))
    assert table["comparison"].tolist() == [
        "against ordinary 3×3",
        "against ordinary 7×7",
    ]
    peaks = scored_runs(records).groupby(["kind", "kernel_size"])["peak"].mean()
    expected = [
        100 * (peaks["adaptive", 7] - peaks["ordinary", size]) for size in (3, 7)
    ]
    np.testing.assert_allclose(table["difference"], expected)
    assert table["seeds"].tolist() == [5, 5]


def test_without_runs_there_is_only_the_paper():
    for table in (
        overview.classification("simple", "table2", runs_frame([])),
        overview.segmentation(scored_runs([])),
    ):
        assert set(table["verdict"]) == {"not tested"}
        assert table["paper"].notna().all()
        assert set(overview_table(table)["here"]) == {"–"}
