"""What comparisons of runs are worth, beside the paper's runs."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import sweeps
from curves import SEEDS, make_curves, make_runs, peaks
from made_up_runs import frame

from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    ORDINARY,
    SETTING,
    compare,
    compare_with_smallest,
    printed_results,
)
from aconv.companion.analysis.evidence import (
    describe,
    evidence_of,
    judge_comparisons,
)
from aconv.companion.analysis.frames import runs_frame, settings_frame
from aconv.companion.analysis.scale import images, share_of_paper, updates
from aconv.companion.paper.numbers import number
from aconv.companion.runs import get_study, grid, make_spec
from aconv.companion.stats import Claim, Evidence, Verdict


@pytest.mark.parametrize("study", ["simple", "resnet", "unet"])
def test_share_is_that_of_the_settings_of_both_profiles(study):
    steps = settings_frame(study).set_index(["profile", "dataset"])["steps"]
    for dataset in get_study(study).datasets_of("short"):
        spec = grid(study, "short", datasets=[dataset])[0]
        original = "oxford_pets" if study == "unet" else dataset
        expected = steps["short", dataset] / steps["full", original]
        assert share_of_paper(spec) == pytest.approx(expected)


def test_share_of_stand_ins_is_of_what_they_stand_for():
    spec = make_spec("simple", "digits", "adaptive", 3, seed=31)
    # 4 epochs of 480 images, 32 at a time; 100 epochs of 60,000, 128 at a time.
    assert updates(spec.settings, "digits") == 60
    assert share_of_paper(spec) == pytest.approx(60 / (100 * math.ceil(60_000 / 128)))
    complete = make_spec("simple", "mnist", "adaptive", 3, seed=31, profile="full")
    assert share_of_paper(complete) == 1
    assert images(spec.settings, "digits") == 4 * 480
    expected = 4 * 480 / (100 * 60_000)
    assert share_of_paper(spec, images) == pytest.approx(expected)


def judged(runs, curves, claims=None):
    table = compare(runs, ADAPTIVE, ORDINARY)
    claims = Claim(1, 0.1) if claims is None else claims
    return judge_comparisons(table, claims, curves, ADAPTIVE, ORDINARY)


def test_short_runs_point():
    curves = make_curves(sizes=(3,))
    curves["val_accuracy"] += 0.1 * (curves.kind == "adaptive")
    (row,) = judged(make_runs(curves), curves).itertuples()
    assert row.judgement.verdict == Verdict.SAME_WAY
    expected = Evidence("paper", "of a version", "short", 0.01, len(SEEDS))
    assert dataclasses.replace(row.evidence, off_print=0.0) == expected
    (row,) = judged(make_runs(curves), curves, {"mnist": Claim(-1)}).itertuples()
    assert row.judgement.verdict == Verdict.OTHER_WAY


@pytest.mark.parametrize(
    ("share", "rising", "state", "verdict"),
    [
        (1, True, "complete", Verdict.HOLDS),
        (0.5, False, "stable", Verdict.HOLDS),
        (0.5, True, "short", Verdict.SAME_WAY),
    ],
)
def test_runs_of_the_papers_scale_decide(share, rising, state, verdict):
    curves = make_curves(sizes=(3,), epochs=9).assign(profile="full", share=share)
    noise = np.random.default_rng(0).normal(0, 1e-4, len(curves))
    ahead = 0.02 * (curves.kind == "adaptive")
    curves["val_accuracy"] = 0.98 + ahead + noise
    curves["accuracy"] = 0.5 + 0.03 * curves.epoch * rising
    (row,) = judged(make_runs(curves), curves).itertuples()
    assert row.evidence.state == state
    assert row.judgement.verdict == verdict


def test_evidence_of_runs_needs_both_kinds():
    specs = grid("unet", "short", seeds=[31, 48])
    runs = runs_frame([sweeps.record(spec) for spec in specs[:-1]])
    assert evidence_of(runs[runs.kernel_size == 7]).seeds == 1
    assert evidence_of(runs[runs.kind == "ordinary"]) is None


def test_description_names_what_verdicts_rest_on():
    several = [
        Evidence("paper", "of a version", "short", share, seeds)
        for share, seeds in ((0.0271, 5), (0.004, 3))
    ]
    assert describe(several) == (
        "short (0.4 to 2.7 % of the paper's training), 3 to 5 seeds; version paper"
    )
    stable = Evidence("paper", "matched", "full", 0.15, 10, "stable")
    assert describe([stable]) == (
        "begun at full length, stable (15 % of the paper's training), 10 seeds; "
        "version paper, matched"
    )
    # Runs of unlike lengths are no range: each has its own seeds.
    full = Evidence("paper", "of a version", "full", 1, 10, "complete")
    assert describe([*several, full]) == (
        "full length, 10 seeds; short (0.4 to 2.7 % of the paper's training), 3 to 5 "
        "seeds; version paper"
    )
    september = Evidence("code-2020-09", "of a version", "short", 0.004, 5)
    assert describe([several[1], september]).endswith("; version paper, code-2020-09")
    assert describe([]) == "–"


def test_description_says_how_far_ordinary_networks_are_from_print():
    def at_scale(off_print):
        return Evidence("paper", "of a version", "full", 1, 5, "complete", off_print)

    text = "full length, 5 seeds; version paper"
    assert describe([at_scale(-1.9), at_scale(1.9)]) == text
    assert describe([at_scale(-14.85)]) == (
        f"{text}; ordinary kernels 14.8 points below print"
    )
    far = [at_scale(off) for off in (-14.85, -3.04, 2.5, 0.1)]
    assert describe(far) == (
        f"{text}; ordinary kernels 3.0 to 14.8 points below print; ordinary kernels "
        "2.5 points above print"
    )
    short = Evidence("paper", "of a version", "full", 0.5, 5, off_print=-14.85)
    assert "print" not in describe([short])


def test_ordinary_networks_are_held_against_what_is_printed_at_their_size():
    printed = printed_results("table2").set_index("dataset").loc["mnist"]
    size = printed["kernel_size"]
    curves = make_curves(sizes=(size, size - 2)).assign(profile="full", share=1)
    runs = make_runs(curves)
    found = judged(runs, curves).set_index("kernel_size")["evidence"]
    ordinary = peaks(runs, "mnist", size, "ordinary").mean()
    assert found[size].off_print == pytest.approx(ordinary - printed["mean_second"])
    # Of another size the paper prints nothing: that of its best size stands for it.
    other = peaks(runs, "mnist", size - 2, "ordinary").mean()
    assert found[size - 2].off_print == pytest.approx(other - printed["mean_second"])


OWN, MATCHED, ONE_KIND = "of a version", "matched", "one kind"
WHOLE = ("adaptive", "ordinary")
ALIKE = ("adaptive", "ordinary-adaptive-start")
KEPT = ("kept-apertures", "ordinary-adaptive-start")
TRAINED = ("adaptive", "kept-apertures")
# Which arms of a version differ in the envelope alone: from the facts of the versions,
# not from their settings. In September the output of adaptive layers is re-standardised
# as well. Both kinds of the U-Net begin alike, without a bias.
RELATIONS = {
    ("simple", "paper"): {WHOLE: OWN, ALIKE: MATCHED, KEPT: MATCHED, TRAINED: MATCHED},
    ("simple", "code-2020-06"): {WHOLE: OWN, ALIKE: MATCHED, TRAINED: MATCHED},
    ("simple", "code-2020-09"): {WHOLE: OWN, ALIKE: OWN, KEPT: OWN, TRAINED: MATCHED},
    ("resnet", "paper"): {WHOLE: OWN, ALIKE: MATCHED},
    ("resnet", "code-2020-06"): {WHOLE: OWN, ALIKE: MATCHED},
    ("resnet", "code-2020-09"): {WHOLE: OWN, ALIKE: OWN, TRAINED: MATCHED},
    ("unet", "paper"): {WHOLE: MATCHED, ALIKE: MATCHED},
    ("unet", "code-2020-09"): {WHOLE: OWN, TRAINED: MATCHED},
}


@pytest.mark.parametrize("study", ["simple", "resnet", "unet"])
def test_every_version_is_in_the_table_of_relations(study):
    versions = {version for of, version in RELATIONS if of == study}
    assert versions == set(get_study(study).versions)


@pytest.mark.parametrize("profile", ["short", "full"])
@pytest.mark.parametrize(("study", "version"), RELATIONS)
def test_only_arms_that_differ_in_the_envelope_alone_are_matched(
    study, version, profile, rng
):
    dataset = "oxford_pets" if study == "unet" else "fashion_mnist"
    for arms, relation in RELATIONS[study, version].items():
        names = {"study": study, "version": version, "profile": profile}
        runs = frame(arms, rng, dataset=dataset, **names)
        selections = [{"arm": arm} for arm in arms]
        table = compare(runs.assign(share=1.0), *selections)
        (row,) = judge_comparisons(
            table, Claim(1), pd.DataFrame(), *selections
        ).itertuples()
        assert row.evidence.arms == relation
        words = f"; version {version}, matched"
        assert (words in describe([row.evidence])) == (relation == MATCHED)
        assert f"; version {version}" in describe([row.evidence])


def test_first_layers_of_two_sizes_are_not_matched(rng):
    runs = frame(WHOLE, rng, study="unet", dataset="oxford_pets")
    small = runs.kind == "ordinary"
    runs.loc[small, "kernel_size"] = 3
    arms = [
        {"arm": arm, "kernel_size": size}
        for arm, size in zip(WHOLE, (7, 3), strict=True)
    ]
    table = compare(runs, *arms, by=SETTING)
    (row,) = judge_comparisons(table, Claim(1), pd.DataFrame(), *arms).itertuples()
    assert row.evidence.arms == OWN


@pytest.mark.parametrize("arms", [WHOLE, ALIKE, TRAINED])
@pytest.mark.parametrize("off", [-14.85, -1.9, 1.9, 2.1])
def test_at_full_length_a_network_far_from_print_only_points(arms, off, rng):
    printed = printed_results("table2").set_index("dataset").loc["fashion_mnist"]
    level = (printed["mean_second"] + off) / 100
    runs = frame(arms, rng, dataset="fashion_mnist", profile="full", share=1.0)
    ahead = (runs.arm == arms[0]).to_numpy() * 0.1
    runs["peak"] = level + ahead + 1e-4 * np.tile([-1, 0, 1], 2)
    assert printed["kernel_size"] == runs.kernel_size[0]
    selections = [{"arm": arm} for arm in arms]
    table = compare(runs, *selections)
    if arms == TRAINED:  # neither has ordinary kernels
        table["mean_ordinary"] = 100 * level
    (row,) = judge_comparisons(
        table, Claim(1, 5), pd.DataFrame(), *selections
    ).itertuples()
    near = abs(off) < 2
    assert row.judgement.verdict == (Verdict.HOLDS if near else Verdict.SAME_WAY)
    words = f"ordinary kernels {abs(off):.1f} points {'below' if off < 0 else 'above'}"
    assert (words in describe([row.evidence])) == (not near)


def test_unets_are_held_against_the_print_of_their_ordinary_network(rng):
    arms = [{"arm": a, "kernel_size": n} for a, n in (("adaptive", 7), ("ordinary", 3))]
    runs = frame(
        WHOLE, rng, study="unet", dataset="oxford_pets", profile="full", share=1.0
    )
    runs.loc[runs.kind == "ordinary", "kernel_size"] = 3
    table = compare(runs, *arms, by=SETTING)
    (row,) = judge_comparisons(table, Claim(1), pd.DataFrame(), *arms).itertuples()
    printed = number("unet.oxford_pets.ordinary.3x3.mean").as_fraction().value
    ordinary = 100 * runs[runs.kind == "ordinary"].peak.mean()
    assert row.evidence.off_print == pytest.approx(ordinary - 100 * printed)
    assert not row.evidence.decides


def test_arms_of_one_kind_are_not_called_matched():
    curves = make_curves(sizes=(3, 7))
    table = compare_with_smallest(make_runs(curves), ORDINARY)
    (row,) = judge_comparisons(table, Claim(1), curves, ORDINARY, ORDINARY).itertuples()
    assert row.evidence.arms == ONE_KIND


def test_losses_and_gap_of_a_run_are_those_of_its_curves():

    record = sweeps.record(grid("unet", "short")[0])
    curves = {
        **record.curves,
        "loss": (3.0, 1.0, 2.0),
        "val_loss": (4.0, 2.5, 3.0),
        "accuracy": (0.1, 0.5, 0.75),
        "val_accuracy": (0.5, 0.5, 0.25),
    }
    runs = runs_frame([dataclasses.replace(record, curves=curves)])
    columns = ["train_loss", "val_loss", "val_loss_epoch", "val_loss_rise", "gap"]
    assert runs[columns].to_numpy().tolist() == [[1.0, 2.5, 1.0, 0.5, 0.5]]
