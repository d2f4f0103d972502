"""What is recorded and what is missing: one answer for all pages and the command."""

import numpy as np
import sweeps

from aconv.companion.analysis.coverage import coverage, expected, recorded_coverage
from aconv.companion.chapters.classification.show import coverage_of_profiles
from aconv.companion.chapters.unet.show import MISSING
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import RunRecord, RunStore, grid


def records(specs, **options):
    return [sweeps.record(spec, **options) for spec in specs]


def failed(spec):
    return RunRecord(spec, "failed", sweeps.provenance(), error="it broke")


def test_runs_are_counted_by_arm():
    specs = grid("simple", "short", datasets=["mnist"], kernel_sizes=[3])
    found = [*records(specs[:5]), failed(specs[5])]
    table = coverage(specs, found)
    columns = ["arm", "done", "failed", "missing", "seeds"]
    assert table[columns].to_numpy().tolist() == [
        ["adaptive", 3, 0, 2, (82, 99)],
        ["ordinary", 2, 1, 2, (65, 82, 99)],
    ]
    assert table.hours.isna().all()


def test_what_is_missing_is_timed_by_others_of_its_study():
    specs = grid("simple", "short", datasets=["mnist"], kernel_sizes=[3])
    found = [sweeps.record(spec, seconds=30 + spec.seed) for spec in specs[:4]]
    wanted = expected("simple", found)
    table = coverage(wanted, found, timed=found)
    mnist = table[table.dataset == "mnist"]
    assert (mnist.profile == "short").all()
    assert (mnist.done.sum(), mnist.missing.sum()) == (4, 36)
    # The other seeds of 3x3 take the median of two runs of seed 31 and two of 48, and
    # larger kernels more, in proportion to their size and two.
    median = 30 + (31 + 48) / 2
    others = 10 * median * (7 + 9 + 11) / 5
    np.testing.assert_allclose(mnist.hours.sum(), (6 * median + others) / 3600)
    cifar = table[table.dataset == "cifar10"]
    assert (cifar.done.sum(), cifar.missing.sum()) == (0, 40)
    assert cifar.hours.sum() > mnist.hours.sum()


def test_a_run_that_was_begun_lacks_the_rest_of_its_epochs():
    spec, *others = grid(
        "simple", "short", datasets=["mnist"], kernel_sizes=[3], arms=["adaptive"]
    )
    epochs = spec.settings.epochs
    timed = records(others, epochs=epochs, seconds=36)
    begun = sweeps.record(spec, epochs=epochs).first(1)
    for record, done in ((begun, 1 / epochs), (failed(spec), 0)):
        (row,) = coverage([spec], [record], timed).itertuples()
        assert row.epochs == done
        np.testing.assert_allclose(row.hours, (1 - done) * 0.01)


def test_begun_runs_count_where_complete_ones_are_shown(tmp_path):
    options = {"datasets": ["lfw_faces"], "kernel_sizes": [9], "seeds": [31, 48, 65]}
    store = RunStore(tmp_path)
    for spec in grid("simple", "full", **options):
        record = sweeps.record(spec, epochs=spec.settings.epochs)
        store.put(record.first(2) if spec.seed == 65 else record)
    table = recorded_coverage("simple", store=store)
    counts = table[table.profile == "full"][["done", "partial", "missing"]]
    assert counts.to_numpy().tolist() == [[2, 1, 2], [2, 1, 2]]


def test_runs_of_versions_and_of_arms_of_one_kind_are_counted_apart():
    options = {"datasets": ["mnist"], "kernel_sizes": [7], "seeds": [31]}
    arms = ("adaptive", "kept-apertures")
    specs = [
        spec
        for version in ("paper", "code-2020-09")
        for spec in grid("simple", "short", version, arms=arms, **options)
    ]
    table = coverage(specs, records([specs[0], specs[-1]]))
    assert table["done"].tolist() == [1, 0, 0, 1]
    cells = [(spec.version, spec.arm, "adaptive") for spec in specs]
    assert [*table[["version", "arm", "kind"]].itertuples(index=False)] == cells


def test_expected_runs_are_of_one_version_and_the_recorded_profile():
    found = records(grid("unet", "full", "code-2020-09", seeds=[31]))
    for version, rows in (("paper", []), ("code-2020-09", [["full", 12]])):
        wanted = expected("unet", found, version)
        assert {spec.version for spec in wanted} == {version}
        table = coverage_of_profiles(coverage(wanted, found)).query("done > 0")
        assert table[["profile", "lacking"]].to_numpy().tolist() == rows


def test_only_what_is_not_done_is_listed():
    specs = grid("unet", "short")
    covered = coverage(specs, records(specs[:-2]), records(specs))
    table = text_table(covered, MISSING).set_index("network")["seeds"]
    assert table.to_dict() == {
        "ordinary 3×3": "",
        "ordinary 7×7": "99",
        "adaptive 7×7": "99",
    }
