"""The split of the difference of a version, against plain means."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame
from scipy import stats

from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY, compare
from aconv.companion.analysis.overview import in_family
from aconv.companion.analysis.split import (
    KEPT,
    START,
    STEPS,
    TRAINED,
    arm_means,
    judge_matched,
    judge_step,
    longest,
    split,
)
from aconv.companion.runs import STEPS as ARMS
from aconv.companion.stats import Claim, Verdict

SEEDS = (31, 48, 65)


def make_runs(dataset="cifar10", arms=ARMS, seeds=SEEDS, seed=0, **values):
    rng = np.random.default_rng(seed)
    return frame(arms, rng, seeds, dataset=dataset, **values)


def peaks(runs, arm):
    return 100 * runs[runs.arm == arm].peak.to_numpy()


def test_steps_lead_from_ordinary_to_adaptive_and_add_up():
    runs = make_runs()
    table = split(runs).set_index("step")
    steps = [name for name, *_ in STEPS]
    assert table.index.tolist() == steps
    assert table.difference[steps[:3]].sum() == pytest.approx(
        table.difference[steps[3]]
    )
    published = peaks(runs, "adaptive").mean() - peaks(runs, "ordinary").mean()
    assert table.difference[steps[3]] == pytest.approx(published)


def test_intervals_of_steps_are_welchs():
    runs = make_runs()
    table = split(runs, confidence=0.9).set_index("step")
    for step, after, before in STEPS:
        test = stats.ttest_ind(peaks(runs, after), peaks(runs, before), equal_var=False)
        np.testing.assert_allclose(
            table.loc[step, ["low", "high"]].tolist(), test.confidence_interval(0.9)
        )


def test_cells_that_lack_an_arm_are_left_out():
    whole = make_runs()
    begun = make_runs("mnist", arms=ARMS[:-1])
    single = make_runs("fashion_mnist", seeds=SEEDS[:1])
    table = split(pd.concat([whole, begun, single], ignore_index=True))
    assert set(table.dataset) == {"cifar10"}
    assert len(split(begun)) == len(arm_means(begun)) == 0


def test_correction_is_over_the_cells_of_a_step():
    both = pd.concat([make_runs(), make_runs("mnist", seed=1)], ignore_index=True)
    table = split(both)
    for step, after, before in STEPS:
        p = [
            stats.ttest_ind(
                peaks(rows, after), peaks(rows, before), equal_var=False
            ).pvalue
            for _, rows in both.groupby("dataset")
        ]
        low, high = sorted(p)
        of_step = np.sort(table[table.step == step].p_holm)
        np.testing.assert_allclose(
            of_step, [min(2 * low, 1), min(max(2 * low, high), 1)]
        )


def test_means_of_all_arms_are_in_the_order_of_the_split():
    runs = make_runs()
    table = arm_means(runs)
    assert table.arm.tolist() == list(ARMS)
    np.testing.assert_allclose(table["mean"], [peaks(runs, a).mean() for a in ARMS])


def test_longer_runs_are_a_cell_of_their_own_and_come_first():
    long = make_runs(seed=1).assign(profile="full", share=0.3)
    both = pd.concat([make_runs(), long, make_runs("mnist")], ignore_index=True)
    table = split(both)
    assert table.share.tolist() == [0.3] * 4 + [0.01] * 8
    means = arm_means(both)
    of_long = means[means.share == 0.3]
    np.testing.assert_allclose(
        of_long["mean"], [peaks(long, arm).mean() for arm in ARMS]
    )
    kept = longest(table)
    assert kept[["dataset", "share"]].drop_duplicates().to_numpy().tolist() == [
        ["cifar10", 0.3],
        ["mnist", 0.01],
    ]


def test_steps_change_one_thing_each():
    changes = {step: (after, before) for step, after, before in STEPS}
    assert changes[START] == ("ordinary-adaptive-start", "ordinary")
    assert changes[KEPT] == ("kept-apertures", "ordinary-adaptive-start")
    assert changes[TRAINED] == ("adaptive", "kept-apertures")


def test_nothing_recorded_is_a_table_without_rows():
    empty = make_runs()[:0]
    assert split(empty).empty
    assert arm_means(empty).empty
    assert list(split(empty).columns) == list(split(make_runs()).columns)


def test_versions_are_split_apart():
    both = [make_runs(), make_runs(version="code-2020-06", seed=1)]
    table = split(pd.concat(both, ignore_index=True))
    assert len(table) == 2 * len(STEPS)
    for runs in both:
        alone = split(runs)
        here = table[table.version == runs.version[0]].reset_index(drop=True)
        columns = ["step", "difference", "p_holm", "low", "high"]
        pd.testing.assert_frame_equal(here[columns], alone[columns])
    # An arm of one version does not complete the steps of another.
    lacking = both[0][both[0].arm != "kept-apertures"]
    other = both[1][both[1].arm == "kept-apertures"]
    assert split(pd.concat([lacking, other])).empty


def test_only_the_last_step_can_be_a_comparison_of_the_overview():
    runs = pd.concat([make_runs(), make_runs("mnist", seed=1)], ignore_index=True)
    own = compare(runs, ADAPTIVE, ORDINARY)
    family = own.assign(size=7, p_holm=0.123, low=-7.0, high=8.0)
    family = family[family.dataset == "mnist"]
    plain, given = split(runs), split(runs, family=family)
    columns = ["p_holm", "low", "high"]
    last = (given.step == STEPS[-1][0]) & (given.dataset == "mnist")
    assert given.loc[last, columns].to_numpy().tolist() == [[0.123, -7.0, 8.0]]
    pd.testing.assert_frame_equal(given[~last], plain[~last])
    pd.testing.assert_frame_equal(
        given.drop(columns=columns), plain.drop(columns=columns)
    )


@pytest.mark.parametrize(
    "other",
    [
        {"version": "code-2020-09"},
        {"profile": "full"},
        {"share": 0.5},
        {"dataset": "mnist"},
        {"study": "resnet"},
        {"size": 5},
        {"n_first": 2},
        {"mean_second": 1.0},
    ],
)
def test_another_comparison_keeps_its_own_numbers(other):
    table = compare(make_runs(), ADAPTIVE, ORDINARY)
    family = table.assign(size=7, p_holm=0.5, low=-9.0, high=9.0)
    assert in_family(table, family)["p_holm"].tolist() == [0.5]
    kept = in_family(table, family.assign(**other))
    pd.testing.assert_frame_equal(kept, table)


GAINS = [(0.3, Verdict.SAME_WAY), (-0.3, Verdict.OTHER_WAY), (0.0, Verdict.OPEN)]


def with_gain(of_arm, gain, version="paper"):
    """Runs of which one arm gains on all others, but for the ordinary arm."""
    runs = make_runs(version=version)
    values = np.tile([0.50, 0.51, 0.52], len(ARMS)) + gain * (runs.arm == of_arm)
    # Far from the others, which must not be what is judged.
    values[(runs.arm == "ordinary").to_numpy()] = [0.1, 0.9, 0.5]
    return runs.assign(peak=values)


@pytest.mark.parametrize(("gain", "verdict"), GAINS)
@pytest.mark.parametrize(
    ("version", "relation"),
    # In September the output of adaptive layers is re-standardised as well.
    [("paper", "matched"), ("code-2020-09", "of a version")],
)
def test_arms_that_start_alike_are_judged_by_their_own_difference(
    gain, verdict, version, relation
):
    runs = with_gain("adaptive", gain, version)
    judged = judge_matched(runs, pd.DataFrame(), Claim(1))
    assert judged.judgement.item().verdict is verdict
    assert judged.evidence.item().arms == relation
    assert judged.evidence.item().version == version
    assert judged.difference.item() == pytest.approx(100 * gain)


@pytest.mark.parametrize(("gain", "verdict"), GAINS)
@pytest.mark.parametrize("version", ["paper", "code-2020-06", "code-2020-09"])
def test_training_is_judged_by_the_step_from_kept_to_trained_apertures(
    gain, verdict, version
):
    steps = split(with_gain("adaptive", gain, version))
    (row,) = judge_step(steps, TRAINED, pd.DataFrame(), Claim(1)).itertuples()
    assert row.judgement.verdict is verdict
    assert row.evidence.arms == "matched"
    assert row.difference == pytest.approx(100 * gain)
    # What the envelope does by itself is another step.
    kept = judge_step(steps, KEPT, pd.DataFrame(), Claim(1))
    assert kept.judgement.item().verdict is Verdict.OPEN


def test_what_an_envelope_does_by_itself_is_not_training():
    runs = with_gain("kept-apertures", 0.3)
    runs.loc[runs.arm == "adaptive", "peak"] += 0.3
    steps = split(runs)
    trained = judge_step(steps, TRAINED, pd.DataFrame(), Claim(1)).judgement.item()
    assert trained.verdict is Verdict.OPEN
    assert (
        judge_matched(runs, pd.DataFrame(), Claim(1)).judgement.item().verdict
        is Verdict.SAME_WAY
    )


def test_steps_know_how_accurate_the_ordinary_arm_is():
    runs = make_runs()
    steps = split(runs)
    np.testing.assert_allclose(steps.mean_ordinary, peaks(runs, "ordinary").mean())
