"""The versions that claims are judged on, from records that were made up."""

import itertools

import pytest
from made_up_runs import record_with

from aconv.companion.analysis.decomposition import MATCHED_ARMS, recorded_arms
from aconv.companion.analysis.findings import Records
from aconv.companion.analysis.judging_version import (
    judging_versions,
    ordinary_levels,
    printed_ordinary,
)
from aconv.companion.paper.numbers import number
from aconv.companion.runs import make_spec
from aconv.companion.studies.catalog import ALL_SEEDS

PAPER, JUNE, SEPTEMBER = "paper", "code-2020-06", "code-2020-09"
FASHION, FACES = ("fashion_mnist", 7), ("lfw_faces", 9)


def put(
    store, version, network, off, *, study="simple", seeds=5, epochs=None, **changes
):
    """Runs whose mean lies so many points off the print of ordinary kernels."""
    level = printed_ordinary(study)[network] + off
    spec = {"study": study, "version": version, "profile": "full", "arm": "ordinary"}
    spec |= {"dataset": network[0], "kernel_size": network[1]} | changes
    for seed, shift in zip(ALL_SEEDS[:seeds], itertools.cycle((-0.1, 0.1))):
        record = record_with(make_spec(seed=seed, **spec), (level + shift) / 100)
        store.put(record if epochs is None else record.first(epochs))


def test_printed_accuracies_are_of_ordinary_kernels_at_the_printed_size():
    simple = printed_ordinary("simple")
    sizes = {name: number(f"table2.{name}.kernel_size").value for name, _ in simple}
    assert [*simple] == [*sizes.items()]
    faces = number("table2.lfw_faces.ordinary.mean").as_fraction().value
    assert simple[FACES] == pytest.approx(100 * faces)
    unet = number("unet.oxford_pets.ordinary.3x3.mean").as_fraction().value
    assert printed_ordinary("unet")["oxford_pets", 3] == pytest.approx(100 * unet)
    assert [*printed_ordinary("unet")] == [("oxford_pets", 3), ("oxford_pets", 7)]


@pytest.mark.parametrize("study", ["simple", "resnet", "unet"])
def test_without_runs_it_is_the_text(store, study):
    assert set(judging_versions(study, store).values()) == {PAPER}
    assert ordinary_levels(study, store).empty


def test_runs_by_transforms_are_runs_of_their_version(store):
    put(store, PAPER, FASHION, -3, method="fft")
    put(store, SEPTEMBER, FASHION, 2)
    assert ordinary_levels("simple", store)["version"].tolist() == [PAPER, SEPTEMBER]
    assert judging_versions("simple", store)["fashion_mnist"] == SEPTEMBER


def test_an_unknown_study_is_named(store):
    with pytest.raises(ValueError, match=r"`study` must be one of.*'lstm'"):
        judging_versions("lstm", store)


CIFAR = ("cifar10", 9)
SMALL, LARGE = ("oxford_pets", 3), ("oxford_pets", 7)
# How far from print networks of the text, of September and of June are, and which is
# judged.
CASES = {
    "the text is not judged against nothing": ({}, {FASHION: 0}, {}, PAPER),
    "equally near": ({FASHION: 1}, {FASHION: 1}, {}, PAPER),
    "nearer from above": ({FASHION: -3}, {FASHION: 2}, {}, SEPTEMBER),
    "nearer from below": ({FASHION: 3}, {FASHION: -2}, {}, SEPTEMBER),
    "the nearest": ({FASHION: -3}, {FASHION: 2}, {FASHION: -1}, JUNE),
    "other data sets": (
        {FASHION: 1, FACES: -10},
        {FASHION: 1.5, FACES: 0},
        {FACES: 0, CIFAR: 0},
        PAPER,
    ),
    "no cancelling": ({SMALL: 1, LARGE: 1}, {SMALL: 5, LARGE: -5}, {}, PAPER),
    "more networks do not count more": (
        {SMALL: 5, LARGE: 5},
        {SMALL: 3, LARGE: 3.5},
        {},
        SEPTEMBER,
    ),
    "only networks that both have": ({SMALL: 1}, {LARGE: 0}, {}, PAPER),
    "far where both have runs": ({SMALL: 1}, {LARGE: 0, SMALL: 1.5}, {}, PAPER),
    "what one has alone": ({SMALL: 1, LARGE: -30}, {SMALL: 1.5}, {}, PAPER),
    "both U-Nets": ({SMALL: 1, LARGE: 3}, {SMALL: 2, LARGE: 1}, {}, SEPTEMBER),
}


@pytest.mark.parametrize("case", CASES)
def test_the_mean_distance_of_shared_networks_decides(store, case):
    *distances, judged = CASES[case]
    study, dataset = (
        ("unet", SMALL[0]) if SMALL in distances[0] else ("simple", FASHION[0])
    )
    for version, of_version in zip((PAPER, SEPTEMBER, JUNE), distances, strict=True):
        for network, off in of_version.items():
            put(store, version, network, off, study=study)
    assert judging_versions(study, store)[dataset] == judged


@pytest.mark.parametrize(
    "options",
    [
        {"arm": "adaptive"},
        {"arm": "ordinary-adaptive-start"},
        {"profile": "short"},
        {"epochs": 90},
        {"seeds": 4},
        {"kernel_size": 9},
    ],
)
def test_other_runs_play_no_part(store, options):
    put(store, PAPER, FASHION, 1)
    put(store, SEPTEMBER, FASHION, 0, **options)
    assert set(judging_versions("simple", store).values()) == {PAPER}
    assert set(ordinary_levels("simple", store)["version"]) == {PAPER}


def test_levels_are_means_in_points_from_print(store):
    put(store, PAPER, FASHION, 1, seeds=10)
    (row,) = ordinary_levels("simple", store).itertuples()
    assert (row.version, row.dataset, row.kernel_size, row.n) == (PAPER, *FASHION, 10)
    assert row.distance == pytest.approx(1)
    assert row.mean - row.printed == pytest.approx(1)


def test_claims_are_judged_on_records_of_that_version(store):
    put(store, PAPER, FASHION, -5)
    put(store, SEPTEMBER, FASHION, 0.5)
    arms = ("adaptive", "kept-apertures", "ordinary-adaptive-start")
    for (version, ahead), arm in itertools.product(((PAPER, 3), (SEPTEMBER, 1)), arms):
        put(store, version, FASHION, ahead, arm=arm)
    records = Records(store)
    assert judging_versions("simple", store)["fashion_mnist"] == SEPTEMBER
    of_study = (records.runs, records.curves, records.apertures)
    for table in (records.family, records.steps, *(of("simple") for of in of_study)):
        assert set(table["version"]) == {SEPTEMBER}
    for found in (recorded_arms(store), recorded_arms(store, arms=MATCHED_ARMS)):
        assert {record.spec.version for record in found} == {SEPTEMBER}
    (row,) = records.comparisons.query("seeds > 0").itertuples()
    assert row.evidence.version == SEPTEMBER
    assert row.difference == pytest.approx(0.5)


def test_what_the_nearest_version_lacks_is_of_the_text(store):
    steps = ("kept-apertures", "ordinary-adaptive-start")
    for network in (FASHION, FACES):
        put(store, PAPER, network, -1)
        for arm in ("adaptive", *steps):
            put(store, PAPER, network, 1, arm=arm)
    put(store, JUNE, FACES, 0.5)
    # Of adaptive kernels it has no run, then too few; then none of the steps between.
    for seeds in (0, 2, 4):
        put(store, JUNE, FACES, 2, arm="adaptive", seeds=seeds)
        records = Records(store)
        assert judging_versions("simple", store)["lfw_faces"] == JUNE
        assert set(records.family["version"]) == {PAPER}
        assert set(records.family.query("dataset == 'lfw_faces'")["n_first"]) == {5}
    put(store, JUNE, FACES, 2, arm="adaptive", epochs=90)
    assert set(Records(store).family["version"]) == {PAPER}
    put(store, JUNE, FACES, 2, arm="adaptive")
    records = Records(store)
    versions = records.family.set_index("dataset")["version"]
    assert versions.to_dict() == {"fashion_mnist": PAPER, "lfw_faces": JUNE}
    assert set(records.steps["version"]) == {PAPER}
    assert {*records.steps["dataset"]} == {"fashion_mnist", "lfw_faces"}
