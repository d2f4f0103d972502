"""What comparisons of runs are worth, beside the paper's runs."""

import dataclasses
import math

import numpy as np
import pytest
import sweeps
from curves import SEEDS, make_curves, make_runs, peaks

from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    ORDINARY,
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
from aconv.companion.runs import get_study, grid, make_spec
from aconv.companion.stats import Claim, Evidence, Verdict


@pytest.mark.parametrize("study", ["simple", "resnet", "unet"])
def test_share_is_that_of_the_settings_of_both_profiles(study):
    steps = settings_frame(study).set_index(["profile", "dataset"])["steps"]
    for dataset in get_study(study).datasets_of("reduced"):
        spec = grid(study, "reduced", datasets=[dataset])[0]
        original = "oxford_pets" if study == "unet" else dataset
        expected = steps["reduced", dataset] / steps["paper", original]
        assert share_of_paper(spec) == pytest.approx(expected)


def test_share_of_stand_ins_is_of_what_they_stand_for():
    spec = make_spec("simple", "digits", "adaptive", 3, seed=31)
    # 4 epochs of 480 images, 32 at a time; 100 epochs of 60,000, 128 at a time.
    assert updates(spec.settings, "digits") == 60
    assert share_of_paper(spec) == pytest.approx(60 / (100 * math.ceil(60_000 / 128)))
    complete = make_spec("simple", "mnist", "adaptive", 3, seed=31, profile="paper")
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
    assert row.evidence == Evidence("different starts", "reduced", 0.01, len(SEEDS))
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
    curves = make_curves(sizes=(3,), epochs=9).assign(profile="paper", share=share)
    noise = np.random.default_rng(0).normal(0, 1e-4, len(curves))
    ahead = 0.02 * (curves.kind == "adaptive")
    curves["val_accuracy"] = 0.9 + ahead + noise
    curves["accuracy"] = 0.5 + 0.03 * curves.epoch * rising
    (row,) = judged(make_runs(curves), curves).itertuples()
    assert row.evidence.state == state
    assert row.judgement.verdict == verdict


def test_evidence_of_runs_needs_both_kinds():
    specs = grid("unet", "reduced", seeds=[31, 48])
    runs = runs_frame([sweeps.record(spec) for spec in specs[:-1]])
    assert evidence_of(runs[runs.kernel_size == 7]).seeds == 1
    assert evidence_of(runs[runs.kind == "ordinary"]) is None


def test_description_names_what_verdicts_rest_on():
    several = [
        Evidence("different starts", "reduced", share, seeds)
        for share, seeds in ((0.0271, 5), (0.004, 3))
    ]
    assert describe(several) == (
        "different starts; reduced; 0.4 to 2.7 % of the updates; 3 to 5 seeds"
    )
    stable = Evidence("matched", "paper", 0.15, 10, "stable")
    assert describe([stable]) == (
        "matched; paper, stable; 15 % of the updates; 10 seeds"
    )
    assert describe([]) == "–"


def test_description_says_how_far_ordinary_networks_are_from_print():
    def at_scale(off_print):
        return Evidence("different starts", "paper", 1, 5, "complete", off_print)

    text = "different starts; paper; 100 % of the updates; 5 seeds"
    assert describe([at_scale(-1.9), at_scale(1.9)]) == text
    assert describe([at_scale(-14.85)]) == (
        f"{text}; ordinary kernels 14.8 points below print"
    )
    far = [at_scale(off) for off in (-14.85, -3.04, 2.5, 0.1)]
    assert describe(far) == (
        f"{text}; ordinary kernels 3.0 to 14.8 points below print; ordinary kernels "
        "2.5 points above print"
    )
    short = Evidence("different starts", "paper", 0.5, 5, off_print=-14.85)
    assert "print" not in describe([short])


def test_ordinary_networks_are_held_against_what_is_printed_at_their_size():
    printed = printed_results("table2").set_index("dataset").loc["mnist"]
    size = printed["kernel_size"]
    curves = make_curves(sizes=(size, size - 2)).assign(profile="paper", share=1)
    runs = make_runs(curves)
    found = judged(runs, curves).set_index("kernel_size")["evidence"]
    ordinary = peaks(runs, "mnist", size, "ordinary").mean()
    assert found[size].off_print == pytest.approx(ordinary - printed["mean_second"])
    assert found[size - 2].off_print == 0


def test_arms_of_one_kind_are_not_called_matched():
    curves = make_curves(sizes=(3, 7))
    table = compare_with_smallest(make_runs(curves), ORDINARY)
    (row,) = judge_comparisons(table, Claim(1), curves, ORDINARY, ORDINARY).itertuples()
    assert row.evidence.arms == "one kind"


def test_losses_and_gap_of_a_run_are_those_of_its_curves():

    record = sweeps.record(grid("unet", "reduced")[0])
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
