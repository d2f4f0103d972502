"""Which version comes to the printed accuracies, on records that were made up."""

import re

import pytest
import scipy.stats
import sweeps
from made_up_runs import record_with

from aconv.companion.chapters import versions
from aconv.companion.paper.numbers import number
from aconv.companion.runs import SEEDS, STUDIES, grid
from aconv.companion.studies.differences import differences

FASHION = "fashion_mnist"  # 93.31 % ordinary and 93.84 % adaptive as printed


def put(store, version, levels, size=7, seeds=3):
    """Runs of each arm whose best accuracies lie about a level, 0.1 points a seed."""
    options = {"datasets": [FASHION], "kernel_sizes": [size], "seeds": SEEDS[:seeds]}
    for spec in grid("simple", "full", version, arms=levels, **options):
        peak = levels[spec.arm] + 0.001 * SEEDS.index(spec.seed)
        store.put(record_with(spec, peak))


@pytest.fixture
def levels(store):
    put(store, "paper", {"ordinary": 0.90, "adaptive": 0.99})
    put(store, "code-2020-09", {"ordinary": 0.93, "adaptive": 0.80})
    # Of another kernel size than the printed one, and of one seed alone.
    put(store, "paper", {"ordinary": 0.9331}, size=5)
    put(store, "code-2020-06", {"ordinary": 0.9331}, seeds=1)
    return versions.version_levels(store)


def test_printed_accuracies_stand_alone_where_no_run_is_complete(store):
    options = {"datasets": [FASHION], "kernel_sizes": [7], "seeds": SEEDS[:2]}
    for spec in grid("simple", "full", **options):
        store.put(sweeps.record(spec, epochs=9).first(3))
    for spec in grid("simple", "short", **options):
        store.put(sweeps.record(spec))
    levels = versions.version_levels(store)
    assert set(levels["source"]) == {versions.PRINTED}
    assert levels["arm"].tolist() == ["ordinary", "adaptive"] * 5
    assert (levels["off_print"] == 0).all()
    faces = levels.query("dataset == 'lfw_faces' and arm == 'adaptive'").iloc[0]
    printed = number("table2.lfw_faces.adaptive.mean").as_fraction().value
    assert faces["mean"] == pytest.approx(100 * printed)
    assert len(versions.levels_table(levels)) == 5
    assert "nothing can be said" in versions.levels_words(levels)


def test_levels_are_those_of_the_printed_size_with_two_seeds(levels):
    ours = levels[levels["source"] != versions.PRINTED]
    found = ours[["source", "arm", "kernel_size", "n"]]
    assert found.to_numpy().tolist() == [
        [version, arm, 7, 3]
        for arm in ("ordinary", "adaptive")
        for version in ("paper", "code-2020-09")
    ]
    row = ours.iloc[0]
    test = scipy.stats.ttest_1samp([90.0, 90.1, 90.2], 0)
    expected = 90.1, *test.confidence_interval()
    assert tuple(row[["mean", "low", "high"]]) == pytest.approx(expected)
    assert row["off_print"] == pytest.approx(90.1 - 93.31)


def test_ordinary_level_alone_chooses_the_version(levels):
    # The adaptive arm of September is further from print than that of the text.
    words = versions.levels_words(levels)
    of = "of the 2 versions, out of 3, that have two complete runs of ordinary kernels"
    assert f"code-2020-09 comes nearest {of}." in words
    assert "Its ordinary kernels reach 93.10 %, −0.21 points from print." in words


def test_begun_runs_of_the_other_kind_take_no_complete_ones_away(store):
    put(store, "paper", {"ordinary": 0.90}, seeds=2)
    options = {"datasets": [FASHION], "kernel_sizes": [7], "seeds": SEEDS[:2]}
    for spec in grid("simple", "full", arms=["adaptive"], **options):
        store.put(sweeps.record(spec, epochs=9).first(1))
    levels = versions.version_levels(store)
    assert levels.query("source == 'paper'")["arm"].tolist() == ["ordinary"]


def test_distance_that_decides_nothing_is_named(store):
    put(store, "paper", {"ordinary": 0.90}, seeds=2)
    table = versions.version_levels(store)
    words = versions.levels_words(table)
    # Its adaptive kernels may have more.
    alone = "paper alone of 3 versions has two complete runs of ordinary kernels."
    assert alone in words
    assert "too far to decide" in words
    shown = versions.levels_table(table).query("source == 'version paper'").iloc[0]
    assert shown["adaptive"] == "no two complete runs"
    assert re.fullmatch(r"90\.05 \[.*\] \(2 seeds\)", shown["ordinary"])


@pytest.mark.parametrize("study", STUDIES)
def test_versions_are_shown_beside_each_other_in_words(study):
    table, expected = versions.versions_table(study).data, differences(study)
    assert table.shape == expected.shape
    assert list(table.columns) == list(expected.columns)
    # The names of values in the code are no words.
    assert not re.search(r"conv-|-mean|-flip|standardize|`", table.to_string())


def test_settings_table_keeps_the_profiles_of_a_data_set_together():
    table = versions.training_table("simple", "paper", "").data
    assert table["profile"].tolist() == ["short", "full"] * 5
    assert table["data set"].tolist()[:3] == ["MNIST", "MNIST", "MNIST-Cluttered"]
    # Multipliers of MNIST and of cluttered digits: Table 1, and the code.
    rates = ["0.01, plateau", "0.05, constant", "0.1, plateau"]
    assert table["rate"].tolist()[1:4] == rates
    assert table["augmented"].tolist() == ["no"] * 8 + ["yes"] * 2
    resnet = versions.training_table("resnet", "paper", "").data
    assert set(resnet["rate"].str.split(", ").str[1]) == {"one cycle"}


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        ({}, "paper"),
        ({"mnist": "paper", "cifar10": "paper"}, "paper"),
        (
            {"lfw_faces": "code-2020-06", "mnist": "paper", "cifar10": "paper"},
            "paper; code-2020-06 on LFW faces",
        ),
        (
            dict.fromkeys(("mnist", "cifar10"), "code-2020-06")
            | dict.fromkeys(("lfw_faces", "fashion_mnist", "mnist_cluttered"), "paper"),
            "paper; code-2020-06 on MNIST and CIFAR-10",
        ),
    ],
)
def test_versions_judged_are_named_with_the_sets_of_all_but_one(judged, words):
    assert versions.judged_words(judged) == words
