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
    CELL,
    ORDINARY,
    SETTING,
    compare,
    compare_with_smallest,
    printed_results,
)
from aconv.companion.analysis.evidence import (
    describe_evidence,
    evidence_of,
    judge_comparisons,
)
from aconv.companion.analysis.findings import summarise_comparisons
from aconv.companion.analysis.frames import runs_frame, settings_frame
from aconv.companion.analysis.scale import images, share_of_paper, updates
from aconv.companion.paper.numbers import number
from aconv.companion.runs import STUDIES, get_study, grid, make_spec
from aconv.companion.stats import Claim, Evidence, Verdict
from aconv.companion.stats.verdicts import Judgement


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
    expected = 4 * 480 / (100 * 60_000)
    assert share_of_paper(spec, images) == pytest.approx(expected)


OWN, MATCHED, ONE_KIND = "of a version", "matched", "one kind"


def judged(runs, first, second, claim, *, curves=None, by=CELL, **added):
    """The one comparison of two arms, judged; columns can be added to it."""
    table = compare(runs, first, second, by=by).assign(**added)
    (row,) = judge_comparisons(table, claim, curves, first, second).itertuples()
    return row


@pytest.mark.parametrize(
    ("share", "rising", "state", "verdict"),
    [
        (1, True, "complete", Verdict.HOLDS),
        (0.5, False, "stable", Verdict.HOLDS),
        (0.5, True, "short", Verdict.SAME_WAY),
    ],
)
def test_runs_of_the_papers_scale_decide(share, rising, state, verdict):
    curves = make_curves(range(5), sizes=(3,), epochs=9)
    curves = curves.assign(profile="full", share=share)
    noise = np.random.default_rng(0).normal(0, 1e-4, len(curves))
    curves["val_accuracy"] = 0.98 + 0.02 * (curves.kind == "adaptive") + noise
    curves["accuracy"] = 0.5 + 0.03 * curves.epoch * rising
    runs = make_runs(curves)
    row = judged(runs, ADAPTIVE, ORDINARY, Claim(1, 0.1), curves=curves)
    assert (row.evidence.state, row.judgement.verdict) == (state, verdict)


@pytest.mark.parametrize(
    ("profile", "share", "state"),
    [("full", 1, "complete"), ("full", 0.5, "short"), ("short", 1, "short")],
)
def test_evidence_of_runs_needs_both_kinds_and_is_complete_at_full_length_alone(
    profile, share, state
):
    runs = make_runs(make_curves(sizes=(3,)).assign(profile=profile, share=share))
    few = runs[(runs.kind == "adaptive") | (runs.seed == SEEDS[0])]
    expected = Evidence("paper", OWN, profile, share, 1, state)
    assert evidence_of(few) == expected
    assert evidence_of(runs) == dataclasses.replace(expected, seeds=3)
    assert evidence_of(runs[runs.kind == "ordinary"]) is None
    # No size has both kinds.
    apart = runs.assign(kernel_size=runs.kind.map({"adaptive": 3, "ordinary": 5}))
    assert evidence_of(apart) is None


SHORT = Evidence("paper", OWN, "short", 0.004, 3)
FULL = Evidence("paper", OWN, "full", 1, 10, "complete")
MORE = dataclasses.replace(SHORT, share=0.0271, seeds=5)
SEVERAL = "short (0.4 to 2.7 % of the paper's training), 3 to 5 seeds; version paper"


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        ([], "–"),
        ([MORE, SHORT], SEVERAL),
        (
            [Evidence("paper", MATCHED, "full", 0.15, 10, "stable")],
            "begun at full length, stable (15 % of the paper's training), 10 seeds; "
            "version paper, matched",
        ),
        # Runs of unlike lengths are no range: each has its own seeds.
        ([MORE, SHORT, FULL], f"full length, 10 seeds; {SEVERAL}"),
        (
            [SHORT, dataclasses.replace(SHORT, version="code-2020-09")],
            "short (0.4 % of the paper's training), 3 seeds; version paper, "
            "code-2020-09",
        ),
    ],
)
def test_description_names_what_verdicts_rest_on(evidence, text):
    assert describe_evidence(evidence) == text


def test_summary_names_the_clearest_comparison_at_the_papers_scale():
    # The second p decides, which is corrected.
    numbers = [
        ("short", 0.02, 0.001, 5.0, 4.0, 6.0),
        ("whole", 0.002, 0.02, 1.0, 0.5, 1.5),
        ("open", 0.001, 0.3, 0.1, -1.0, 1.2),
    ]
    names = ["label", "p", "p_holm", "difference", "low", "high"]
    verdicts = (Verdict.SAME_WAY, Verdict.HOLDS, Verdict.OPEN)
    rows = pd.DataFrame(numbers, columns=names).assign(
        unit=" points",
        judgement=list(map(Judgement, verdicts)),
        evidence=[SHORT, FULL, FULL],
    )
    text = summarise_comparisons(rows).ours
    assert text.startswith("of 3 comparisons 2 for, 0 against, 1 open; at the paper's")
    assert "scale: whole +1.0" in text
    text = summarise_comparisons(rows[:1].assign(label="one")).ours
    assert text.startswith("one +5.0")
    text = summarise_comparisons(rows.assign(evidence=[SHORT] * 3)).ours
    assert "clearest: short +5.0" in text


def test_description_says_how_far_ordinary_networks_are_from_print():
    def described(*values):
        return describe_evidence(
            dataclasses.replace(FULL, off_print=value) for value in values
        )

    near = described(-1.9, 1.9)
    assert near == "full length, 10 seeds; version paper"
    assert described(-14.85, -3.04, 2.5, 0.1) == (
        f"{near}; ordinary kernels 3.0 to 14.8 points below the paper's; "
        "ordinary kernels 2.5 points above the paper's"
    )
    begun = dataclasses.replace(FULL, share=0.5, state="short", off_print=-14.85)
    assert "ordinary kernels" not in describe_evidence([begun])
    # Also where the seeds are too few to decide.
    few = dataclasses.replace(FULL, seeds=2, off_print=-3.25)
    assert "ordinary kernels 3.2 points below" in describe_evidence([few])


def test_ordinary_networks_are_held_against_what_is_printed_at_their_size():
    printed = printed_results("table2").set_index("dataset").loc["mnist"]
    size = printed["kernel_size"]
    # Of another size the paper prints nothing: that of its best size stands for it.
    runs = make_runs(make_curves(sizes=(size, size - 2)))
    for n, of_size in runs.groupby("kernel_size"):
        row = judged(of_size, ADAPTIVE, ORDINARY, Claim(1))
        off = peaks(runs, "mnist", n, "ordinary").mean() - printed["mean_second"]
        assert row.evidence.off_print == pytest.approx(off)
        row = judged(of_size, ADAPTIVE, ORDINARY, Claim(1), mean_ordinary=90.0)
        assert row.evidence.off_print == pytest.approx(90 - printed["mean_second"])


WHOLE = ("adaptive", "ordinary")
ALIKE = ("adaptive", "ordinary-adaptive-start")
KEPT = ("kept-apertures", "ordinary-adaptive-start")
TRAINED = ("adaptive", "kept-apertures")
# Which arms of a version differ in the envelope alone: from the facts of the versions,
# not from their settings. In September the output of adaptive layers is re-standardised
# as well. Both kinds of the U-Net begin alike, without a bias.
RELATIONS = {
    ("simple", "paper"): {WHOLE: OWN, ALIKE: MATCHED, KEPT: MATCHED, TRAINED: MATCHED},
    ("simple", "code-2020-06"): {
        **{WHOLE: OWN, ALIKE: MATCHED},
        **{KEPT: MATCHED, TRAINED: MATCHED},
    },
    ("simple", "code-2020-09"): {WHOLE: OWN, ALIKE: OWN, KEPT: OWN, TRAINED: MATCHED},
    ("resnet", "paper"): {WHOLE: OWN, ALIKE: MATCHED},
    ("resnet", "code-2020-06"): {WHOLE: OWN, ALIKE: MATCHED},
    ("resnet", "code-2020-09"): {WHOLE: OWN, ALIKE: OWN, TRAINED: MATCHED},
    ("unet", "paper"): {WHOLE: MATCHED, ALIKE: MATCHED},
    ("unet", "code-2020-09"): {WHOLE: OWN, TRAINED: MATCHED},
}


@pytest.mark.parametrize("profile", ["short", "full"])
@pytest.mark.parametrize(
    ("study", "version"), [(s.name, v) for s in STUDIES.values() for v in s.versions]
)
def test_only_arms_that_differ_in_the_envelope_alone_are_matched(
    study, version, profile, rng
):
    dataset = "oxford_pets" if study == "unet" else "fashion_mnist"
    names = {"study": study, "version": version, "profile": profile}
    for arms, relation in RELATIONS[study, version].items():
        runs = frame(arms, rng, dataset=dataset, share=1.0, **names)
        row = judged(runs, *({"arm": arm} for arm in arms), Claim(1))
        assert row.evidence.arms == relation
        # Neither of these arms has ordinary kernels.
        assert (row.evidence.off_print == 0) == (arms == TRAINED)


def test_first_layers_of_two_sizes_are_not_matched_but_held_against_print(rng):
    runs = frame(
        WHOLE, rng, study="unet", dataset="oxford_pets", profile="full", share=1.0
    )
    runs.loc[runs.kind == "ordinary", "kernel_size"] = 3
    arms = [{"arm": a, "kernel_size": n} for a, n in (("adaptive", 7), ("ordinary", 3))]
    row = judged(runs, *arms, Claim(1), by=SETTING)
    assert row.evidence.arms == OWN
    printed = number("unet.oxford_pets.ordinary.3x3.mean").as_fraction().value
    ordinary = 100 * runs[runs.kind == "ordinary"].peak.mean()
    assert row.evidence.off_print == pytest.approx(ordinary - 100 * printed)
    assert not row.evidence.decides


def test_arms_of_one_kind_are_not_called_matched():
    table = compare_with_smallest(make_runs(make_curves()), ORDINARY)
    (row,) = judge_comparisons(table, Claim(1), None, ORDINARY, ORDINARY).itertuples()
    assert row.evidence.arms == ONE_KIND


def test_losses_and_gap_of_a_run_are_those_of_its_curves():
    record = sweeps.record(grid("unet", "short")[0])
    curves = {"loss": (3.0, 1.0, 2.0), "val_loss": (4.0, 2.5, 3.0)}
    curves |= {"accuracy": (0.1, 0.5, 0.75), "val_accuracy": (0.5, 0.5, 0.25)}
    curves = record.curves | curves
    runs = runs_frame([dataclasses.replace(record, curves=curves)])
    columns = ["train_loss", "val_loss", "val_loss_epoch", "val_loss_rise", "gap"]
    assert runs[columns].to_numpy().tolist() == [[1.0, 2.5, 1.0, 0.5, 0.5]]
