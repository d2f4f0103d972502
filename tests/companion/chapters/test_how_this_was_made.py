"""What runs were made with is counted from what their records say."""

import dataclasses

import pytest
import sweeps

from aconv.companion import runs
from aconv.companion.chapters import how_this_was_made as making
from aconv.companion.runs.results_cache import load_result


def made(seed, status="done", **origin):
    spec = runs.make_spec("simple", "mnist", "adaptive", 7, profile="short", seed=seed)
    record = sweeps.record(spec, epochs=1, seconds=1800.0)
    provenance = dataclasses.replace(record.provenance, **origin)
    return dataclasses.replace(record, provenance=provenance, status=status)


@pytest.fixture
def records():
    cpu = {"device": "cpu: A", "backend": "torch", "threads": 1, "commit": "a1"}
    gpu = {"device": "gpu: B", "backend": "jax", "threads": 2, "commit": "b2"}
    days = [
        {"started": f"2026-11-0{day}T23:00:00", "ended": f"2026-11-0{day + 1}T01:00:00"}
        for day in (1, 3, 5)
    ]
    packages = [{"python": "3.11.7", "torch": "2.13"}, {"python": "3.12.3"}]
    return [
        made(1, **cpu, **days[1], packages=packages[0], dirty=False),
        made(2, **cpu, **days[0], packages=packages[0], dirty=True),
        made(3, **gpu, **days[2], packages=packages[1], dirty=None, status="partial"),
    ]


def test_facts_are_counts_of_the_records(records):
    counts = {"runs": 3, "partial": 1, "failed": 0, "commits": 2, "dirty": 2}
    assert making.making_facts(records) == counts | {"hours": 1.5}


def test_all_parts_of_a_run_count(records):
    (first,) = records[1].provenance.sessions()
    (whole, *_) = records
    origin = dataclasses.replace(whole.provenance, commit="c3", earlier=(first,))
    record = dataclasses.replace(whole, provenance=origin)
    facts = making.making_facts([record])
    assert (facts["commits"], facts["dirty"]) == (2, 1)
    (row,) = making.runs_table([record], making.EXPERIMENT, "").data.values.tolist()
    assert row[-2:] == ["2026-11-01", "2026-11-04"]


def test_machines_and_experiments_have_their_runs_hours_and_days(records):
    table = making.runs_table(records, making.MACHINE, "caption").data
    assert table.values.tolist() == [
        ["cpu: A", 1, "torch", 2, "1.0", "2026-11-01", "2026-11-04"],
        ["gpu: B", 2, "jax", 1, "0.5", "2026-11-05", "2026-11-06"],
    ]
    (row,) = making.runs_table(records, making.EXPERIMENT, "").data.values.tolist()
    version = records[0].spec.version
    assert row[:6] == ["simple", version, "short", "MNIST", 3, "1.5"]


def test_packages_are_counted_by_version(records):
    table = making.packages_table(records, "caption").data
    assert table.values.tolist() == [
        ["Python", "3.11.7", 2],
        ["Python", "3.12.3", 1],
        ["torch", "2.13", 2],
    ]


def test_kept_results_say_where_they_are_from():
    table = making.kept_table("caption").data.set_index("chapter")
    assert table.loc["timing", "digest"] == load_result("timing").digest
    assert set(table["code"]) <= {"today's", "earlier"}


def test_without_records_tables_say_so():
    machines = making.runs_table([], making.MACHINE, "caption")
    for table in (machines, making.packages_table([], "caption")):
        assert table.data.iloc[0, 0] == "no runs yet"
