"""The body of the chapters on Tables 2 and 3, on records that were made up."""

import dataclasses

import numpy as np
import pytest
import sweeps

from aconv.companion import paper
from aconv.companion.analysis.accuracy import printed_results
from aconv.companion.pages import classification
from aconv.companion.pages.apertures import (
    Apertures,
    aperture_claims,
    learned_kernels,
)
from aconv.companion.runs import RunStore, grid
from aconv.companion.stats import Claim, Verdict

SETS = ("mnist", "fashion_mnist")


def records(profile="reduced", ahead=0.05, gap=0.0, **options):
    """Adaptive kernels ahead by so much; so much more accurate in training."""
    options = {"datasets": SETS, "kernel_sizes": [3, 5]} | options
    found = []
    for spec in grid("simple", profile, **options):
        record = sweeps.record(spec)
        adaptive = spec.kind == "adaptive"
        peak = 0.5 + spec.seed / 1e4 + ahead * adaptive + 0.001 * spec.kernel_size
        curves = {
            **record.curves,
            "val_accuracy": (0.1, peak - 0.1, peak),
            "accuracy": (0.1, 0.2, peak + spec.seed / 1e3 + gap * adaptive),
        }
        apertures = record.apertures if adaptive else {}
        found.append(dataclasses.replace(record, curves=curves, apertures=apertures))
    return found


def shown(tmp_path, found=None, table="table2"):
    found = records() if found is None else found
    return classification.Runs(
        found, RunStore(tmp_path), "simple", printed_results(table), "the recorded runs"
    )


def test_live_runs_take_the_records_that_are_there(tmp_path, monkeypatch):
    store = RunStore(tmp_path)
    specs = grid("simple", "quick", datasets=["digits"], kernel_sizes=[3], seeds=[31])
    for spec in specs:
        store.put(sweeps.record(spec))
    monkeypatch.setattr(classification, "store_for", lambda profile: store)
    live = classification.Runs.live(
        "simple", "quick", datasets=None, kernel_sizes=[3], seeds=1, epochs=None
    )
    assert [record.spec for record in live.records] == specs
    assert live.printed is None
    facts = classification.live_facts(live)
    assert facts["live"] == "profile quick; Digits 1 seed"
    assert (facts["live_epochs"], facts["live_images"]) == (4, 480)
    monkeypatch.setattr(classification, "recorded", lambda study: [])
    assert live.recorded_instead() is live
    monkeypatch.setattr(classification, "recorded", lambda study: records())
    assert live.recorded_instead().printed["t"].tolist() == (
        printed_results("table2")["t"].tolist()
    )


def test_best_size_is_compared_and_judged_by_the_print(tmp_path):
    judged = shown(tmp_path).judged()
    assert judged.dataset.tolist() == list(SETS)
    assert judged.kernel_size.tolist() == [5, 5]
    np.testing.assert_allclose(judged.difference, 5)
    assert {j.verdict for j in judged.judgement} == {Verdict.SAME_WAY}
    facts = classification.verdict_facts(judged)
    assert (facts["sets"], facts["same_way"], facts["open"]) == (2, 2, 0)
    in_table3 = shown(tmp_path, table="table3").judged()
    assert [j.verdict for j in in_table3.judgement] == [
        Verdict.NOT_TESTED,
        Verdict.SAME_WAY,
    ]


def test_text_of_a_comparison_names_its_runs_only(tmp_path):
    found = [*records(), *records(datasets=["cifar10"], seeds=[31])]
    runs = shown(tmp_path, found)
    assert "CIFAR-10 1 seed" in runs.text
    assert runs.text_of(runs.at_every_size()) == (
        "profile reduced; MNIST 5 seeds, Fashion-MNIST 5 seeds"
    )


@pytest.mark.parametrize(
    ("gap", "verdict"), [(-0.1, Verdict.SAME_WAY), (0.1, Verdict.OTHER_WAY)]
)
def test_claim_that_a_difference_is_negative(tmp_path, gap, verdict):
    runs = shown(tmp_path, records(gap=gap))
    gaps = runs.at_every_size("gap")
    row = classification.judge_claim("overfits less", gaps, Claim(-1), runs)
    counts = {Verdict.SAME_WAY: "4 for, 0 against", Verdict.OTHER_WAY: "0 for, 4"}
    assert row["verdict"] == verdict
    assert row["intervals here"].startswith(counts[verdict])
    assert row["evidence"].startswith("as published; reduced; ")


def test_what_the_paper_does_not_claim_is_not_counted(tmp_path):
    runs = shown(tmp_path, table="table3")
    row = classification.judge_claim("better", runs.judged(), runs.claims, runs)
    assert row["intervals here"] == "1 for, 0 against, 1 in all"
    mnist = runs.judged().query("dataset == 'mnist'")
    row = classification.judge_claim("better", mnist, runs.claims, runs)
    assert (row["verdict"], row["evidence"]) == ("not tested", "–")


def test_claim_without_comparisons_is_not_tested(tmp_path):
    runs = shown(tmp_path, records(kernel_sizes=[3]))
    for row in classification.size_claims(runs):
        assert row["verdict"] == "not tested"
        assert row["intervals here"] == "0 for, 0 against, 0 in all"


def test_sizes_are_judged_for_either_kind(tmp_path):
    rows = classification.size_claims(shown(tmp_path))
    assert [row["claim"] for row in rows] == [
        "adaptive: larger sizes better than 3×3",
        "ordinary: larger sizes better than 3×3",
    ]
    assert {row["intervals here"][-8:] for row in rows} == {"2 in all"}


@pytest.mark.parametrize("place", ["Table 2", "Table 3"])
def test_printed_tables_are_checked_against_themselves(place):
    facts = classification.printed_facts(place)
    assert facts["t_all"] == 5
    assert 0 <= facts["t_ddof1"] <= facts["t_ddof0"] <= 5
    faces = paper.number("table2.lfw_faces.ordinary.max").value
    assert (f"{faces:.2f} %" in facts["impossible"]) == (place == "Table 2")


def test_apertures_are_those_of_fashion_mnist_if_there_are_any(tmp_path):
    moving = Apertures.of(shown(tmp_path))
    assert moving.dataset == "fashion_mnist"
    assert moving.text == "profile reduced; Fashion-MNIST 5 seeds"
    assert set(moving.shown_paths()["seed"]) == {31}
    other = Apertures.of(shown(tmp_path, records(datasets=["mnist", "cifar10"])))
    assert other.dataset == "mnist"


def test_facts_of_apertures_are_those_of_the_records(tmp_path):
    runs = shown(tmp_path)
    facts = Apertures.of(runs).facts()
    starts = [
        value
        for record in runs.records
        if record.apertures and record.spec.dataset == "fashion_mnist"
        for value in record.apertures["conv_1"].first
    ]
    assert facts["start_low"] == min(starts)
    assert facts["below"] == pytest.approx(100 * np.mean(np.array(starts) < 1 / 3))
    assert (facts["small"], facts["largest"]) == (3, 5)


def test_claim_on_learned_sizes_follows_the_change_of_their_spread(tmp_path):
    found = []
    for record in records(datasets=["fashion_mnist"], kernel_sizes=[5]):
        if record.apertures:
            path = record.apertures["conv_1"]
            shift = record.spec.seed / 1e4
            ends = ((0.2, 0.3, 0.4, 0.5), (0.2, 0.3, 0.4, 0.5), (0.2, 0.21, 0.2, 0.2))
            path = dataclasses.replace(
                path,
                epochs=(0, 2, 3),
                values=(*ends[:2], tuple(v + shift for v in ends[2])),
            )
            record = dataclasses.replace(record, apertures={"conv_1": path})
        found.append(record)
    runs = shown(tmp_path, found)
    several, learned = aperture_claims(Apertures.of(runs), runs)
    assert several["verdict"] == learned["verdict"] == Verdict.OTHER_WAY
    assert learned["evidence"].endswith("5 seeds")


def test_kernels_are_of_the_largest_run_that_kept_its_weights(tmp_path):
    found = []
    for record in records(seeds=[31]):
        weights = {"conv_1/kernel": np.ones((5, 5, 1, 4), "float16")}
        if record.apertures:
            record = dataclasses.replace(record, weights_sha256="0" * 64)
        found.append((record, weights))
    runs = shown(tmp_path, [record for record, _ in found])
    moving = Apertures.of(runs)

    class Kept:
        def weights(self, record):
            return next(weights for known, weights in found if known == record)

    runs = dataclasses.replace(runs, store=Kept())
    name, kernels, ordered = learned_kernels(moving, runs)
    assert name == "simple fashion_mnist adaptive 5x5 seed 31 (reduced)"
    assert kernels.shape == (5, 5, 4)
    assert (np.diff(ordered) >= 0).all()
