"""The split of the published difference, against plain means."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from aconv.companion.analysis.split import (
    STEPS,
    arm_means,
    judge_matched,
    longest,
    split,
)
from aconv.companion.runs import SPLIT
from aconv.companion.stats import Claim, Verdict

SEEDS = (31, 48, 65)


def make_runs(dataset="cifar10", arms=SPLIT, seeds=SEEDS, size=7, seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        ("reduced", 0.01, dataset, size, arm, seed, rng.uniform(0.4, 0.6))
        for arm in arms
        for seed in seeds
    ]
    columns = ["profile", "share", "dataset", "kernel_size", "arm", "seed", "peak"]
    return pd.DataFrame(rows, columns=columns)


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
    begun = make_runs("mnist", arms=SPLIT[:-1])
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
    assert table.arm.tolist() == list(SPLIT)
    np.testing.assert_allclose(table["mean"], [peaks(runs, a).mean() for a in SPLIT])


def test_longer_runs_are_a_cell_of_their_own_and_come_first():
    long = make_runs(seed=1).assign(profile="paper", share=0.3)
    both = pd.concat([make_runs(), long, make_runs("mnist")], ignore_index=True)
    table = split(both)
    assert table.share.tolist() == [0.3] * 4 + [0.01] * 8
    means = arm_means(both)
    of_long = means[means.share == 0.3]
    np.testing.assert_allclose(
        of_long["mean"], [peaks(long, arm).mean() for arm in SPLIT]
    )
    kept = longest(table)
    assert kept[["dataset", "share"]].drop_duplicates().to_numpy().tolist() == [
        ["cifar10", 0.3],
        ["mnist", 0.01],
    ]


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [(0.3, Verdict.SAME_WAY), (-0.3, Verdict.OTHER_WAY), (0.0, Verdict.OPEN)],
)
def test_matched_arms_are_judged_as_matched_and_by_their_own_difference(gain, verdict):
    runs = make_runs()
    # Far from the published difference, which must not be what is judged.
    adaptive = (runs.arm == "ordinary-swapped").to_numpy()
    values = np.tile([0.50, 0.51, 0.52], len(SPLIT))
    swapped = np.where(adaptive, values, values + gain)
    swapped[(runs.arm == "ordinary").to_numpy()] = [0.1, 0.9, 0.5]
    judged = judge_matched(runs.assign(peak=swapped), pd.DataFrame(), Claim(1))
    assert judged.judgement.item().verdict is verdict
    assert judged.evidence.item().arms == "matched"
    assert judged.difference.item() == pytest.approx(100 * gain)
