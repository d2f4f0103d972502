"""The U-Net: its claims and its chapter, on records that were made up, and SciPy."""

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from asking import ask
from made_up_unets import records

from aconv.companion import paper
from aconv.companion.analysis.findings import Records
from aconv.companion.analysis.segmentation import NETWORKS, printed_comparisons
from aconv.companion.chapters.unet import show as unet
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import RunStore
from aconv.companion.stats import Verdict

ONSET = int(paper.number("unet.overfitting_from").value)
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
        for record in records(**options):
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
    runs = Runs("unet", records(), RunStore(tmp_path), are_recorded=True)
    words = unet.worth_words(runs)
    assert "adds 10.00 points" in words and "is 0.500 above its lowest" in words
    # The interval is one by which a claim is judged: those networks are equally good.
    halves = {f"{half:.2f}" for half in (rows["high"] - rows["low"]) / 2}
    assert any(f"ordinary 7×7 reaches {half} points" in words for half in halves)
    assert f"difference is {rows['paper'].iloc[-1]:.2f} points" in words
    # One seed has no interval.
    one = dataclasses.replace(runs, records=records(seeds=[31]))
    assert "reaches" not in unet.worth_words(one)
    assert unet.worth_words(one).startswith("Taking the best epoch")
    live = dataclasses.replace(runs, are_recorded=False)
    assert unet.worth_words(live) == "No run on photographs is recorded yet."


@pytest.fixture
def shown(tmp_path):
    return lambda found: Runs("unet", found, RunStore(tmp_path), are_recorded=True)


@pytest.fixture
def runs(shown):
    return shown(records())


def printed_of(arm):
    mean = paper.number(f"unet.oxford_pets.{arm}.mean").value
    std = paper.number(f"unet.oxford_pets.{arm}.std").as_fraction().value
    # Printed deviations divide by n.
    return mean, 100 * std * (5 / 4) ** 0.5, 5


def test_printed_comparisons_follow_from_the_printed_numbers():
    table = printed_comparisons()
    assert table["kernel_size"].tolist() == [3, 7]
    for row in table.itertuples():
        size = f"{row.kernel_size}x{row.kernel_size}"
        arms = *printed_of("adaptive.7x7"), *printed_of(f"ordinary.{size}")
        np.testing.assert_allclose(
            [row.t, row.p], scipy.stats.ttest_ind_from_stats(*arms)
        )
        assert row.p_printed == paper.number(f"unet.oxford_pets.{size}.p").value
    levels = unet.printed_accuracies()
    assert levels.keys() == {("ordinary", 3), ("ordinary", 7), ("adaptive", 7)}
    assert levels["adaptive", 7] == pytest.approx(printed_of("adaptive.7x7")[0] / 100)
    facts = unet.printed_facts(table)
    assert facts["paper_gap_7"] == pytest.approx(table["difference"][1])
    effects = text_table(table, unet.PRINTED_EFFECTS)
    assert effects["Hedges g (interval)"][0].startswith(f"{table['g'][0]:.1f} (")


def test_scores_have_means_and_spreads_over_seeds(runs):
    table = unet.scores_table(runs.frame, ["peak", "train_loss"], printed=True)
    assert table["network"].tolist() == ["ordinary 3×3", "ordinary 7×7", "adaptive 7×7"]
    assert table.columns[:3].tolist() == ["network", "seeds", "peak acc., paper"]
    last = table.iloc[-1]
    peaks = 100 * runs.frame.query("kind == 'adaptive'")["peak"]
    assert last["peak acc."] == f"{peaks.mean():.2f} ± {peaks.std(ddof=0):.2f}"
    mean, *_ = printed_of("adaptive.7x7")
    assert last["peak acc., paper"].startswith(f"{mean:.2f} ± ")
    one = runs.frame[runs.frame.seed == 31]
    assert "±" not in unet.scores_table(one, ["peak"])["peak acc."][0]


def test_all_adaptive_network_is_in_the_tables_once_it_is_recorded(runs):
    def rows():
        further = unet.with_further(runs).frame
        return unet.scores_table(further, ["peak"], printed=True).to_dict("records")

    alone = rows()
    assert [row["network"] for row in alone] == list(NETWORKS)
    # The latter of another profile and data set.
    pets = records("full", arms=["all-adaptive"], datasets=["oxford_pets"])
    for record in [*runs.records, *records(arms=["all-adaptive"], ahead=0.1), *pets]:
        runs.store.put(record)
    *others, last = rows()
    assert others == alone
    assert last["network"] == "adaptive, all kernels, first 7×7"
    assert (last["peak acc., paper"], last["seeds"]) == ("–", 5)
    assert last["peak acc."].startswith("70.65 ± ")
    text = unet.further_text(unet.with_further(runs).frame)
    # 0.1 ahead of the ordinary networks, where the adaptive one is 0.05 ahead.
    assert "by +5.00 [" in text and "with one adaptive layer" in text
    assert "by +10.00 [" in text.partition("layer")[2]
    assert "from that of the network with none" in text
    assert "not recorded" in unet.further_text(runs.frame)


def test_differences_have_the_digits_of_their_score(runs, shown, rng):
    # With unequal spreads, for Student's test to differ from Welch's.
    spreads = np.where(runs.frame["kind"] == "adaptive", 9, 1)
    frame = runs.frame.assign(train_loss=rng.uniform(size=15) * spreads)
    table = unet.differences_table(frame)
    assert table["score"].tolist() == [s for s in unet.LABELS.values() for _ in "37"]
    assert table["against"].tolist() == ["ordinary 3×3", "ordinary 7×7"] * 6
    assert set(table["difference"][:-2]) == {"5.00"}
    assert re.fullmatch(r"4\.\d\d to 5\.\d\d", table["interval"][0])
    arms = dict(list(frame.groupby(["kind", "kernel_size"])["train_loss"]))
    a, b = arms["adaptive", 7], arms["ordinary", 7]
    last = table.iloc[-1]
    assert last["difference"] == f"{a.mean() - b.mean():.3f}"
    assert last["p Student"] == f"{scipy.stats.ttest_ind(a, b).pvalue:.3f}"
    alone = unet.differences_table(shown(records(seeds=[31])).frame)
    assert set(alone["interval"]) == {"fewer than 2 seeds"}
    assert set(alone["p (Holm)"]) == {"–"}


def test_facts_name_the_runs(runs):
    facts = unet.runs_facts(runs)
    assert facts["where"] == runs.text
    assert f"{runs.frame['iou_border'].min():.2f} (border)" in facts["classes_found"]
    assert facts["epochs"] == 3
    assert facts["updates"].endswith(" %") and facts["images"].endswith(" %")


def test_parameters_are_those_of_networks_for_colour_images():
    facts = unet.parameter_facts("paper")
    numbers = {name: int(text.replace(",", "")) for name, text in facts.items()}
    small, large = (numbers[f"parameters_ordinary_{size}"] for size in (3, 7))
    # Only the first convolution differs: 32 filters on three channels.
    assert large - small == 32 * 3 * (7**2 - 3**2)
    assert numbers["parameters_adaptive_7"] - large == 32


def test_first_layer_is_that_of_the_first_runs_that_have_one(runs, shown):
    ordinary = shown(records(arms=["ordinary"]))
    figure, facts = unet.first_layer(ordinary, runs)
    ends = [r.apertures["conv_1"] for r in runs.records if r.spec.kind == "adaptive"]
    assert len(figure.axes) == 2
    first = np.median([path.first for path in ends])
    assert facts["aperture_first"] == pytest.approx(first, rel=1e-4)
    low = np.mean(np.array([path.last for path in ends]) <= 1 / 7)
    assert facts["at_bound"] == pytest.approx(100 * low)
    assert 1 <= facts["size_low"] <= facts["size_after"] <= facts["size_high"] <= 7
