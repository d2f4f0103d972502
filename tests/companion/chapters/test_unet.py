"""What the paper says of the U-Net, judged once for all pages."""

import dataclasses
from types import SimpleNamespace

import made_up_unets
import pandas as pd
import pytest
from asking import ask

from aconv.companion.analysis.findings import Records
from aconv.companion.chapters.unet.show import worth_words
from aconv.companion.pages.runs import Runs
from aconv.companion.paper.numbers import number
from aconv.companion.runs import RunStore
from aconv.companion.stats import Verdict

ONSET = int(number("unet.overfitting_from").value)
LATE, EARLY = ONSET + 5, ONSET // 4


@pytest.mark.parametrize(
    ("lowest", "rises", "epochs", "verdict"),
    [
        ([LATE, LATE + 1], True, ONSET + 20, "points the same way"),
        ([EARLY, EARLY + 1], True, ONSET + 20, "points the other way"),
        ([EARLY, LATE], True, ONSET + 20, "open"),
        # The loss still falls: there is no overfitting that could begin.
        ([ONSET + 20, ONSET + 20], False, ONSET + 20, "open"),
        ([EARLY, EARLY], True, ONSET, "not tested"),
    ],
)
def test_onset_of_overfitting_needs_runs_that_overfit(lowest, rises, epochs, verdict):
    runs = pd.DataFrame({"val_loss_epoch": [epoch - 1 for epoch in lowest]})
    runs = runs.assign(epochs=epochs, val_loss_rise=0.1 * rises, kind="adaptive")
    found = ask("segmentation_onset", SimpleNamespace(runs=lambda study: runs))
    assert found.verdict == verdict
    span = "epochs {} to {} of ".format(*lowest) if epochs > ONSET else ""
    assert f"{span}{epochs}" in found.ours


SCORES = ("train_loss", "peak", "border_accuracy", "iou_border")


@pytest.fixture
def recorded(tmp_path):
    """Makes the records of a project, by ``made_up_unets.records``."""

    def make(**options):
        store = RunStore(tmp_path)
        for record in made_up_unets.records(**options):
            store.put(record)
        return Records(store)

    return make


@pytest.mark.parametrize(
    ("ahead", "verdict", "counts"),
    [
        (0.05, Verdict.SAME_WAY, "2 for, 0 against, 0 open"),
        (-0.05, Verdict.OTHER_WAY, "0 for, 2 against, 0 open"),
    ],
)
def test_claims_turn_around_with_the_runs(recorded, ahead, verdict, counts):
    records = recorded(ahead=ahead)
    for score in SCORES:
        found = ask(f"segmentation {score}", records)
        assert found.verdict is verdict
        # The paper claims nothing of the peak accuracy from ordinary 3×3.
        assert found.ours.startswith(f"of 2 comparisons {counts}") == (score != "peak")
        assert found.evidence.startswith("short (")
        assert found.evidence.endswith("5 seeds; version paper, matched")
    assert ask("comparison unet ordinary_7×7", records).verdict is verdict
    small = ask("comparison unet ordinary_3×3", records)
    assert small.verdict is Verdict.NOT_TESTED
    assert "no claim to test" in small.ours


def test_one_seed_overfits_and_compares_nothing(recorded):
    records = recorded(seeds=[31], epochs=ONSET + 10)
    found = ask("segmentation_onset", records)
    assert found.verdict is Verdict.SAME_WAY
    assert str(ONSET + 10) in found.ours and str(ONSET) in found.paper
    for judge in ("segmentation peak", "comparison unet ordinary_7×7"):
        assert ask(judge, records).verdict is Verdict.NOT_TESTED


def test_text_says_what_a_verdict_by_recorded_runs_is_worth(recorded, tmp_path):
    comparisons = recorded().comparisons
    rows = comparisons[comparisons["comparison"].str.startswith("against ordinary")]
    runs = Runs("unet", made_up_unets.records(), RunStore(tmp_path), are_recorded=True)
    words = worth_words(runs)
    assert "adds 10.00 points" in words and "is 0.500 above its lowest" in words
    # The interval is one by which a claim is judged: those networks are equally good.
    halves = {f"{half:.2f}" for half in (rows["high"] - rows["low"]) / 2}
    assert any(f"ordinary 7×7 reaches {half} points" in words for half in halves)
    assert f"difference is {rows['paper'].iloc[-1]:.2f} points" in words
    # One seed has no interval.
    one = dataclasses.replace(runs, records=made_up_unets.records(seeds=[31]))
    assert "reaches" not in worth_words(one)
    assert worth_words(one).startswith("Taking the best epoch")
    live = dataclasses.replace(runs, are_recorded=False)
    assert worth_words(live) == "No run on photographs is recorded yet."
