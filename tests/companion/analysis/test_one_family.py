"""A comparison has one corrected p and one interval, wherever it is shown.

Made-up records at full length of two studies and of the U-Net, more comparisons than
any page or claim shows together.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from asking import ask
from made_up_runs import record_with

from aconv.companion.analysis.decomposition import STEPS, TRAINED_APERTURES
from aconv.companion.analysis.findings import Records
from aconv.companion.analysis.judging_version import printed_ordinary
from aconv.companion.analysis.overview import printed_comparisons
from aconv.companion.chapters.classification import judges
from aconv.companion.chapters.classification import show as classification
from aconv.companion.chapters.results import OVERVIEW
from aconv.companion.chapters.unet import judges as unet_judges
from aconv.companion.chapters.unet import show as unet
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import COMPARED, RunStore, grid, load_comparable_runs
from aconv.companion.stats import holm
from aconv.companion.studies.arms import STEPS as STEP_ARMS

NUMBERS = ["p_holm", "low", "high"]
# Clear and unclear gains in percentage points, so that a correction changes verdicts.
GAINS = {
    ("simple", "mnist"): 0.02,
    ("simple", "cifar10"): 0.9,
    ("simple", "fashion_mnist"): 0.15,
    ("resnet", "cifar10"): -0.1,
    ("resnet", "fashion_mnist"): 0.2,
    ("resnet", "lfw_faces"): 0.4,
}


UNET = [("unet", "ordinary 3×3"), ("unet", "ordinary 7×7")]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("records"))
    rng = np.random.default_rng(8)

    def put(specs, level, gain):
        for spec in specs:
            of_arm = {"adaptive": gain, "kept-apertures": 0.7 * gain}.get(spec.arm, 0)
            record = record_with(spec, (level + of_arm + rng.normal(0, 0.05)) / 100)
            if spec.study == "unet":
                names = ("mean_iou", "iou_border", "border_accuracy")
                scores = {name: float(rng.uniform()) for name in names}
                record = dataclasses.replace(record, scores=scores)
            store.put(record)

    for study, arms in (("simple", STEP_ARMS), ("resnet", COMPARED)):
        for (dataset, size), level in printed_ordinary(study).items():
            if (study, dataset) in GAINS:
                options = {"datasets": [dataset], "kernel_sizes": [size], "arms": arms}
                put(grid(study, "full", **options), level, GAINS[study, dataset])
    put(grid("unet", "full"), 90, 0.1)
    # Sizes of one data set besides the best one, shorter.
    put(grid("simple", "short", datasets=["cifar10"]), 50, 0.1)
    return store


@pytest.fixture(scope="module")
def records(store):
    return Records(store)


@pytest.fixture(scope="module")
def judged(records):
    """What the overview says, by study and name of the comparison."""
    return records.family.set_index(["study", "name"])


def check(rows, judged, keys, name="dataset"):
    """These rows have the numbers, and any judgement, that the overview has."""
    rows = rows.set_index(["study", name], drop=False)
    assert set(rows.index) == set(keys)
    for key, row in rows.iterrows():
        expected = judged.loc[key]
        np.testing.assert_allclose(
            [row[name] for name in NUMBERS], expected[NUMBERS].to_numpy(dtype=float)
        )
        if "judgement" in row:
            assert row["judgement"] == expected["judgement"]
            assert row["evidence"] == expected["evidence"]


def test_the_family_is_that_of_all_printed_comparisons(records, judged):
    assert len(judged) == len(GAINS) + 2
    # Five seeds at full length count tenfold.
    p = np.minimum(judged["p"] / 0.1, 1)
    np.testing.assert_allclose(judged["p_holm"], holm(p))
    # More than any part would be corrected for, for these to tell.
    part = judged.loc["simple"]
    assert not np.allclose(part["p_holm"], holm(np.minimum(part["p"] / 0.1, 1)))
    table = records.comparisons.query("seeds > 0")
    place = printed_comparisons().set_index(["network", "comparison"])
    shown = place.loc[pd.MultiIndex.from_frame(table[["network", "comparison"]])]
    there = judged.loc[pd.MultiIndex.from_frame(shown[["study", "name"]])]
    np.testing.assert_allclose(table["p_holm"], there["p_holm"])
    assert table["judgement"].tolist() == there["judgement"].tolist()
    assert text_table(table, OVERVIEW)["verdict"].tolist() == [
        str(judgement) for judgement in there["judgement"]
    ]


def test_chapters_judge_by_it(store, judged, monkeypatch):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(store.folder))
    for study in ("simple", "resnet"):
        runs = Runs.from_store(study, "paper")
        keys = [key for key in GAINS if key[0] == study]
        check(classification.judge(runs), judged, keys)
        rows = classification.at_every_size(runs).query("profile == 'full'")
        check(rows, judged, keys)


def test_runs_of_another_version_are_a_family_of_their_own(store, records, tmp_path):
    other = [
        record_with(spec, 0.5 + spec.seed / 1e4)
        for spec in grid("simple", "full", "code-2020-06", datasets=["mnist"])
    ]
    runs = Runs("simple", other, store, are_recorded=True)
    assert len(runs.family) == len(records.family) > 0
    alone = Runs("simple", other, RunStore(tmp_path))
    pd.testing.assert_frame_equal(
        classification.at_every_size(runs), classification.at_every_size(alone)
    )


@pytest.fixture
def seen(monkeypatch):
    """The rows that judges have summed up."""
    rows, summarise = [], judges.summarise_comparisons
    for module in (judges, unet_judges):
        monkeypatch.setattr(
            module, "summarise_comparisons", lambda r: rows.append(r) or summarise(r)
        )
    return rows


def test_claims_are_judged_by_it(records, judged, seen):
    ask("best_size simple resnet", records)
    ask("best_size_but_faces resnet", records)
    check(seen[0], judged, list(GAINS))
    check(seen[1], judged, [("resnet", "cifar10"), ("resnet", "fashion_mnist")])
    ask("segmentation peak train_loss", records)
    check(seen[2].head(2), judged, UNET, name="against")
    loss = seen[2].tail(2)
    np.testing.assert_allclose(loss["p_holm"], holm(np.minimum(loss["p"] / 0.1, 1)))
    for (study, dataset), row in judged.iterrows():
        found = ask(f"comparison {study} {dataset.replace(' ', '_')}", records)
        assert found.verdict is row["judgement"].verdict


def test_the_whole_of_the_steps_has_it_and_the_training_is_judged_as_the_split_shows_it(
    records, judged, seen
):
    steps = dict(iter(records.steps.groupby("step")))
    keys = [key for key in GAINS if key[0] == "simple"]
    check(steps[STEPS[-1][0]], judged, keys)
    ask("trained", records)
    (rows,) = seen
    shown = steps[TRAINED_APERTURES].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[NUMBERS], shown[NUMBERS])
    assert set(rows["dataset"]) == {"mnist", "cifar10", "fashion_mnist"}
    assert {evidence.arms for evidence in rows["evidence"]} == {"matched"}


def test_the_chapter_on_the_u_net_has_it(store, records, judged):
    runs = Runs("unet", load_comparable_runs("unet", store), store, are_recorded=True)
    scores = unet.compare_scores(runs.frame, family=runs.family)
    peaks = scores.query("score == 'peak'")
    check(peaks, judged, UNET, name="against")
    shown = unet.differences_table(runs.frame, runs.family)
    chosen = shown["score"] == unet.LABELS["peak"]
    assert shown.loc[chosen, "p (Holm)"].tolist() == [
        f"{p:.3f}" for p in judged.loc["unet", "p_holm"]
    ]
