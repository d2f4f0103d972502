"""The decomposition of the difference of a version, against plain means."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame
from scipy import stats

from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY, compare
from aconv.companion.analysis.decomposition import (
    FIXED_ENVELOPE,
    STEPS,
    TRAINED_APERTURES,
    arm_means,
    decompose,
    judge_matched,
    judge_step,
    longest,
)
from aconv.companion.analysis.overview import in_family
from aconv.companion.stats import Claim, Verdict, holm
from aconv.companion.studies.arms import STEPS as ARMS

SEEDS = (31, 48, 65)
NUMBERS = ["p_holm", "low", "high"]


def make_runs(dataset="cifar10", arms=ARMS, seeds=SEEDS, seed=0, **values):
    rng = np.random.default_rng(seed)
    return frame(arms, rng, seeds, dataset=dataset, **values)


@pytest.fixture
def two_sets():
    return pd.concat([make_runs(), make_runs("mnist", seed=1)], ignore_index=True)


def peaks(runs, arm):
    return 100 * runs[runs.arm == arm].peak.to_numpy()


def test_steps_lead_from_ordinary_to_adaptive_and_add_up():
    runs = make_runs()
    table = decompose(runs, confidence=0.9).set_index("step")
    steps = [name for name, *_ in STEPS]
    assert table.index.tolist() == steps
    differences = table.difference
    assert differences[steps[:3]].sum() == pytest.approx(differences[steps[3]])
    published = peaks(runs, "adaptive").mean() - peaks(runs, "ordinary").mean()
    assert differences[steps[3]] == pytest.approx(published)
    np.testing.assert_allclose(table.mean_ordinary, peaks(runs, "ordinary").mean())
    for step, after, before in STEPS:
        test = stats.ttest_ind(peaks(runs, after), peaks(runs, before), equal_var=False)
        np.testing.assert_allclose(
            table.loc[step, ["low", "high"]].tolist(), test.confidence_interval(0.9)
        )


def test_cells_that_lack_an_arm_are_left_out():
    whole = make_runs()
    begun = make_runs("mnist", arms=ARMS[:-1])
    single = make_runs("fashion_mnist", seeds=SEEDS[:1])
    table = decompose(pd.concat([whole, begun, single], ignore_index=True))
    assert set(table.dataset) == {"cifar10"}
    for none in (begun, whole[:0]):
        assert len(decompose(none)) == len(arm_means(none)) == 0
        assert [*decompose(none)] == [*table]


def test_correction_is_over_the_cells_of_a_step(two_sets):
    table = decompose(two_sets)
    for step, rows in table.groupby("step"):
        np.testing.assert_allclose(rows.p_holm, holm(rows.p), err_msg=step)


def test_longer_runs_are_a_cell_of_their_own_and_come_first():
    long = make_runs(seed=1).assign(profile="full", share=0.3)
    both = pd.concat([make_runs(), long, make_runs("mnist")], ignore_index=True)
    table = decompose(both)
    assert table.share.tolist() == [0.3] * 4 + [0.01] * 8
    means = arm_means(both)
    of_long = means[means.share == 0.3]
    assert of_long["arm"].tolist() == list(ARMS)
    np.testing.assert_allclose(
        of_long["mean"], [peaks(long, arm).mean() for arm in ARMS]
    )
    kept = longest(table)[["dataset", "share"]].drop_duplicates()
    assert kept.to_numpy().tolist() == [["cifar10", 0.3], ["mnist", 0.01]]


def test_versions_are_decomposed_apart():
    both = [make_runs(), make_runs(version="code-2020-06", seed=1)]
    table = decompose(pd.concat(both, ignore_index=True))
    assert len(table) == 2 * len(STEPS)
    for runs in both:
        here = table[table.version == runs.version[0]].reset_index(drop=True)
        columns = ["step", "difference", *NUMBERS]
        pd.testing.assert_frame_equal(here[columns], decompose(runs)[columns])
    # An arm of one version does not complete the steps of another.
    lacking = both[0][both[0].arm != "kept-apertures"]
    other = both[1][both[1].arm == "kept-apertures"]
    assert decompose(pd.concat([lacking, other])).empty


def test_only_the_last_step_can_be_a_comparison_of_the_overview(two_sets):
    own = compare(two_sets, ADAPTIVE, ORDINARY)
    family = own.assign(size=7, p_holm=0.123, low=-7.0, high=8.0)
    family = family[family.dataset == "mnist"]
    plain, given = decompose(two_sets), decompose(two_sets, family=family)
    last = (given.step == STEPS[-1][0]) & (given.dataset == "mnist")
    assert given.loc[last, NUMBERS].to_numpy().tolist() == [[0.123, -7.0, 8.0]]
    pd.testing.assert_frame_equal(given[~last], plain[~last])
    others = given.drop(columns=NUMBERS)
    pd.testing.assert_frame_equal(others, plain.drop(columns=NUMBERS))


def test_another_comparison_keeps_its_own_numbers():
    table = compare(make_runs(), ADAPTIVE, ORDINARY)
    family = table.assign(size=7, p_holm=0.5, low=-9.0, high=9.0)
    assert in_family(table, family)["p_holm"].tolist() == [0.5]
    others = {"study": "resnet", "version": "code-2020-09", "dataset": "mnist"}
    others |= {"profile": "full", "share": 0.5, "size": 5}
    others |= {"n_first": 2, "n_second": 2, "mean_first": 1.0, "mean_second": 1.0}
    for name, other in others.items():
        kept = in_family(table, family.assign(**{name: other}))
        pd.testing.assert_frame_equal(kept, table, obj=name)


def with_gain(gain, *arms, version="paper"):
    """Runs of which some arms gain on all others, but for the ordinary arm."""
    runs = make_runs(version=version)
    values = np.tile([0.50, 0.51, 0.52], len(ARMS)) + gain * runs.arm.isin(arms)
    # Far from the others, which must not be what is judged.
    values[(runs.arm == "ordinary").to_numpy()] = [0.1, 0.9, 0.5]
    return runs.assign(peak=values)


def judged(runs):
    """The comparison from equal starts, that of the envelope, and of the training."""
    no_curves, claim = pd.DataFrame(), Claim(1)
    steps = decompose(runs)
    return [
        judge_matched(runs, no_curves, claim).iloc[0],
        judge_step(steps, FIXED_ENVELOPE, no_curves, claim).iloc[0],
        judge_step(steps, TRAINED_APERTURES, no_curves, claim).iloc[0],
    ]


@pytest.mark.parametrize("version", ["paper", "code-2020-06", "code-2020-09"])
@pytest.mark.parametrize(
    ("gain", "verdict"),
    [(0.3, Verdict.SAME_WAY), (-0.3, Verdict.OTHER_WAY), (0.0, Verdict.OPEN)],
)
def test_training_and_equal_starts_are_judged_by_their_own_difference(
    version, gain, verdict
):
    alike, kept, trained = judged(with_gain(gain, "adaptive", version=version))
    for row in (alike, trained):
        assert row.judgement.verdict is verdict
        assert row.difference == pytest.approx(100 * gain)
        assert row.evidence.version == version
    assert kept.judgement.verdict is Verdict.OPEN
    assert trained.evidence.arms == "matched"
    # In September the output of adaptive layers is re-standardised as well.
    relation = "of a version" if version == "code-2020-09" else "matched"
    assert alike.evidence.arms == relation


def test_what_an_envelope_does_by_itself_is_not_training():
    alike, kept, trained = judged(with_gain(0.3, "kept-apertures", "adaptive"))
    assert trained.judgement.verdict is Verdict.OPEN
    assert alike.judgement.verdict is kept.judgement.verdict is Verdict.SAME_WAY
