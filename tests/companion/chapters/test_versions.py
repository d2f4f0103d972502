"""Which version comes to the printed accuracies, on records that were made up."""

import dataclasses
import re
import statistics

import pytest
import scipy.stats
import sweeps
from made_up_runs import record_with

from aconv.companion.chapters.versions import (
    PRINTED,
    levels_table,
    levels_words,
    nearest_versions,
    sources_table,
    training_table,
    version_levels,
)
from aconv.companion.paper.numbers import number
from aconv.companion.runs import SEEDS, STUDIES, RunStore, grid


def put(store, version, dataset, levels, sizes=(7,), seeds=3):
    """Runs of each arm whose best accuracies lie about a level, 0.1 points a seed."""
    options = {"datasets": [dataset], "kernel_sizes": sizes, "seeds": SEEDS[:seeds]}
    for spec in grid("simple", "full", version, arms=levels, **options):
        peak = levels[spec.arm] + 0.001 * SEEDS.index(spec.seed)
        store.put(record_with(spec, peak))


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path)
    fashion = "fashion_mnist"  # 93.31 % ordinary and 93.84 % adaptive as printed
    put(store, "paper", fashion, {"ordinary": 0.90, "adaptive": 0.99})
    put(store, "code-2020-09", fashion, {"ordinary": 0.93, "adaptive": 0.80})
    # Of another kernel size than the printed one, and of one seed alone.
    put(store, "paper", fashion, {"ordinary": 0.9331}, sizes=[5])
    put(store, "code-2020-06", fashion, {"ordinary": 0.9331}, seeds=1)
    return store


def test_printed_accuracies_stand_alone_where_there_are_no_runs(tmp_path):
    levels = version_levels(RunStore(tmp_path))
    assert set(levels["source"]) == {PRINTED}
    assert levels["arm"].tolist() == ["ordinary", "adaptive"] * 5
    assert (levels["off_print"] == 0).all()
    faces = levels.query("dataset == 'lfw_faces' and arm == 'adaptive'").iloc[0]
    printed = number("table2.lfw_faces.adaptive.mean").as_fraction().value
    assert faces["mean"] == pytest.approx(100 * printed)
    assert len(levels_table(levels)) == 5
    assert "nothing can be said" in levels_words(levels)


def test_levels_are_those_of_the_printed_size_with_two_seeds(store):
    levels = version_levels(store).query("source != @PRINTED")
    found = levels[["source", "arm", "kernel_size", "n"]]
    assert list(found.itertuples(index=False, name=None)) == [
        ("paper", "ordinary", 7, 3),
        ("paper", "adaptive", 7, 3),
        ("code-2020-09", "ordinary", 7, 3),
        ("code-2020-09", "adaptive", 7, 3),
    ]
    row = levels.iloc[0]
    accuracies = [90.0, 90.1, 90.2]
    error = statistics.stdev(accuracies) / 3**0.5
    expected = scipy.stats.t.interval(0.95, 2, 90.1, error)
    assert [row["mean"], row["low"], row["high"]] == pytest.approx([90.1, *expected])
    assert row["off_print"] == pytest.approx(90.1 - 93.31)


def test_ordinary_level_alone_chooses_the_version(store):
    levels = version_levels(store)
    # The adaptive arm of September is further from print than that of the text.
    (nearest,) = nearest_versions(levels).to_dict("records")
    assert (nearest["source"], nearest["known"]) == ("code-2020-09", 2)
    words = levels_words(levels)
    assert "of 2 of 3 versions with runs code-2020-09 comes nearest." in words
    assert "Its ordinary kernels reach 93.10 %, −0.21 points from print." in words


def test_distance_that_decides_nothing_is_named(tmp_path):
    store = RunStore(tmp_path)
    put(store, "paper", "fashion_mnist", {"ordinary": 0.90}, seeds=2)
    table = version_levels(store)
    words = levels_words(table)
    assert "of 3 versions only paper has runs" in words
    assert "too far to decide" in words
    shown = levels_table(table).query("source == 'version paper'").iloc[0]
    assert shown["adaptive"] == "no runs yet"
    assert re.fullmatch(r"90\.05 \[.*\] \(2 seeds\)", shown["ordinary"])


def test_runs_that_are_not_complete_have_no_level(tmp_path):
    store = RunStore(tmp_path)
    options = {"datasets": ["fashion_mnist"], "kernel_sizes": [7], "seeds": SEEDS[:2]}
    for spec in grid("simple", "full", **options):
        record = sweeps.record(spec, epochs=3)
        store.put(dataclasses.replace(record, status="partial"))
    for spec in grid("simple", "short", **options):
        store.put(sweeps.record(spec))
    assert set(version_levels(store)["source"]) == {PRINTED}


def test_every_version_has_a_source():
    table = sources_table()
    assert len(table) == sum(len(study.versions) for study in STUDIES.values())
    assert table["from"].str.len().gt(10).all()


def test_settings_table_keeps_the_profiles_of_a_data_set_together():
    table = training_table("simple", "paper", "").data
    assert table["profile"].tolist() == ["short", "full"] * 5
    assert table["data set"].tolist()[:3] == ["MNIST", "MNIST", "MNIST-Cluttered"]
    assert table["rate"].tolist()[2:4] == ["0.05, constant", "0.1, plateau"]
    assert table["augmented"].tolist() == ["no"] * 8 + ["yes"] * 2
    resnet = training_table("resnet", "paper", "").data
    assert set(resnet["rate"].str.split(", ").str[1]) == {"one cycle"}


def test_settings_are_those_of_the_version():
    # Multipliers of MNIST and of cluttered digits: Table 1, and the code.
    for version, first, second in (("paper", 0.01, 0.1), ("code-2020-09", 0.1, 0.01)):
        table = training_table("simple", version, "").data.query("profile == 'full'")
        rates = [f"{rate}, plateau" for rate in (first, second)]
        assert table["rate"].tolist()[:2] == rates
