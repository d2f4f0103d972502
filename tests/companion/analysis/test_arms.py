import dataclasses

import numpy as np
import scipy.stats
import sweeps

from aconv.companion.analysis.arms import (
    arm_differences,
    arm_summaries,
    largest,
    missing_runs,
    scored_runs,
)
from aconv.companion.runs import RunRecord, grid

ARMS = (("ordinary", 3), ("ordinary", 7), ("adaptive", 7))
SCORES = ["peak", "border_accuracy"]


def records(specs, random):
    return [
        sweeps.record(
            spec, scores={"border_accuracy": random.uniform(0.4, 0.6)}, seconds=60.0
        )
        for spec in specs
    ]


def specs(profile="reduced", **options):
    return grid("unet", profile, **options)


def test_differences_are_those_of_scipy(rng):
    runs = scored_runs(records(specs(), rng))
    table = arm_differences(runs, ARMS[2], ARMS[:2], SCORES)
    assert list(zip(table["score"], table["against"], strict=True)) == [
        (score, name) for score in SCORES for name in ("ordinary 3×3", "ordinary 7×7")
    ]
    adaptive = runs.loc[runs["kind"] == "adaptive"]
    for _, row in table.iterrows():
        size = int(row["against"][-1])
        other = runs[(runs["kind"] == "ordinary") & (runs["kernel_size"] == size)]
        test = scipy.stats.ttest_ind(adaptive[row["score"]], other[row["score"]])
        interval = test.confidence_interval()
        np.testing.assert_allclose(
            row[["p", "low", "high"]].to_numpy(float), [test.pvalue, *interval]
        )


def test_arms_without_enough_runs_are_no_error(rng):
    found = records(specs(seeds=[31, 48], arms=["ordinary"]), rng)
    found += records(specs(seeds=[31], arms=["adaptive"]), rng)
    runs = scored_runs(found)
    table = arm_differences(runs, ARMS[2], ARMS[:2], SCORES)
    assert len(table) == 4
    assert table[["difference", "low", "p"]].isna().all().all()
    assert arm_summaries(runs, ARMS, SCORES)["n"].tolist() == [2, 2, 1]
    alone = scored_runs(records(specs(seeds=[31, 48], arms=["adaptive"]), rng))
    assert arm_summaries(alone, ARMS, SCORES).index.tolist() == ["adaptive 7×7"]
    some = records(specs(seeds=[31, 48], kernel_sizes=[7]), rng)
    known = arm_differences(scored_runs(some), ARMS[2], ARMS[:2], SCORES)["low"]
    assert known.notna().tolist() == [False, True, False, True]


def test_losses_of_a_run_are_those_of_its_curves(rng):
    (record,) = records(specs(seeds=[31], arms=["adaptive"]), rng)
    curves = {**record.curves, "loss": (3.0, 1.0, 2.0), "val_loss": (4.0, 2.5, 3.0)}
    failed = RunRecord(
        specs(seeds=[48])[0], "failed", sweeps.provenance(), error="it broke"
    )
    runs = scored_runs([dataclasses.replace(record, curves=curves), failed])
    columns = ["train_loss", "val_loss", "val_loss_epoch", "val_loss_rise"]
    assert runs[columns].to_numpy().tolist() == [[1.0, 2.5, 1.0, 0.5]]


def test_largest_is_one_profile_on_one_data_set(rng):
    small = records(specs(), rng)
    other = records(specs(datasets=["oxford_pets"], seeds=[31]), rng)
    paper = records(specs("paper", seeds=[31, 48]), rng)
    assert largest([*other, *small]) == small
    assert largest([*small, *paper, *other]) == paper
    assert largest([]) == []


def test_missing_runs_are_named_and_timed_by_others_of_their_arm(rng):
    wanted = specs()
    present = records(wanted[:-2], rng)  # all but two of the last seed
    table = missing_runs(wanted, present, timed=present)
    assert table["arm"].tolist() == ["ordinary 7×7", "adaptive 7×7"]
    assert table["seeds"].tolist() == ["99", "99"]
    np.testing.assert_allclose(table["hours"], 60 / 3600)  # as the other seeds
    longer = specs(epochs=28)
    twice = missing_runs(longer, [], timed=present)
    np.testing.assert_allclose(twice["hours"], 2 * 5 * 60 / 3600)
    assert missing_runs(wanted, [], timed=[])["hours"].isna().all()
    assert len(missing_runs(wanted, records(wanted, rng), timed=[])) == 0
