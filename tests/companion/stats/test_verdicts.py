"""Words for evidence: what each means, and that they favour neither side."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aconv.companion.stats import Claim, Evidence, Verdict, direction, judge
from aconv.companion.stats import verdicts as stats

TURNED = {
    Verdict.SAME_WAY: Verdict.OTHER_WAY,
    Verdict.OTHER_WAY: Verdict.SAME_WAY,
    Verdict.OPEN: Verdict.OPEN,
    Verdict.NOT_TESTED: Verdict.NOT_TESTED,
}
INTERVAL = st.tuples(*[st.floats(-10, 10)] * 2).map(sorted)

SHORT = Evidence("paper", "of a version", "short", share=0.01, seeds=5)
COMPLETE = Evidence("paper", "matched", "full", share=1, seeds=5, state="complete")
STABLE = Evidence("paper", "of a version", "full", share=0.15, seeds=5, state="stable")
CUT = Evidence("paper", "of a version", "full", share=0.15, seeds=5)
# Before the first analysis that was planned.
FEW = [dataclasses.replace(known, seeds=4) for known in (STABLE, COMPLETE)]
# Two points off print exactly are not more than two.
NEAR, FAR = (
    [
        dataclasses.replace(evidence, off_print=off)
        for evidence in (COMPLETE, STABLE)
        for off in of_print
    ]
    for of_print in ((-2.0, 0.0, 2.0), (-14.85, -2.0001, 2.0001))
)


@pytest.mark.parametrize(
    ("interval", "claimed", "word"),
    [
        ((0.1, 0.4), 1, "points the same way"),
        ((0.1, 0.4), -1, "points the other way"),
        ((-0.4, -0.1), -2.5, "points the same way"),
        ((-0.4, -0.1), 1, "points the other way"),
        ((-0.4, 0.0), 1, "open"),
        ((-0.1, 0.4), 1, "open"),
        ((0.0, 0.4), 1, "open"),
        ((0.1, 0.4), 0, "not tested"),
        ((0.1, 0.4), math.nan, "not tested"),
        ((math.nan, math.nan), 1, "not tested"),
    ],
)
def test_direction_follows_interval_and_claim(interval, claimed, word):
    assert direction(*interval, claimed) == word


# The printed effect is 1 point, so that the margin is half a point.
@pytest.mark.parametrize(
    ("interval", "word"),
    [
        ((0.1, 0.8), "holds"),
        ((0.1, 0.5), "holds"),
        ((0.6, 0.8), "holds"),
        ((0.1, 0.4), "holds in part"),
        ((0.0, 0.4), "does not hold"),
        ((-0.9, -0.2), "does not hold"),
        ((-0.2, 0.8), "open"),
        ((0.0, 0.5), "open"),
    ],
)
@pytest.mark.parametrize("evidence", NEAR)
def test_words_of_the_papers_scale_follow_the_margin(interval, word, evidence):
    assert evidence.at_scale
    assert judge(*interval, Claim(1, margin=0.5), evidence).verdict == word


@pytest.mark.parametrize("evidence", [SHORT, CUT, *FEW, *FAR])
@settings(deadline=None)
@given(interval=INTERVAL, sign=st.sampled_from([-1, 1]), margin=st.floats(0, 5))
def test_shorter_runs_and_other_networks_only_point(evidence, interval, sign, margin):
    assert evidence.at_scale == (evidence in FAR)
    assert not evidence.decides
    found = judge(*interval, Claim(sign, margin), evidence)
    assert found.verdict == direction(*interval, sign)


@pytest.mark.parametrize("evidence", [SHORT, CUT, STABLE, COMPLETE])
@settings(deadline=None)
@given(interval=INTERVAL, sign=st.sampled_from([-1, 0, 1]), margin=st.floats(0, 5))
def test_exchanging_arms_and_sign_changes_nothing(evidence, interval, sign, margin):
    low, high = interval
    assert judge(low, high, Claim(sign, margin), evidence) == judge(
        -high, -low, Claim(-sign, margin), evidence
    )


@pytest.mark.parametrize(
    ("interval", "claim", "evidence", "text"),
    [
        ((1, 2), Claim(0), COMPLETE, "not tested: no claim to test"),
        ((math.nan,) * 2, Claim(1), None, "not tested: no runs of both kinds"),
        ((math.nan,) * 2, Claim(1), SHORT, "not tested: fewer than two seeds per arm"),
        ((1, 2), Claim(1), SHORT, "points the same way"),
    ],
)
def test_judgement_says_why_nothing_is_tested(interval, claim, evidence, text):
    assert str(judge(*interval, claim, evidence)) == text


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        ([], "not tested"),
        (["not tested", "open"], "open"),
        (["points the same way", "open", "not tested"], "points the same way"),
        (["points the other way", "open"], "points the other way"),
        (["points the same way", "points the other way"], "open"),
        (["holds", "holds"], "holds"),
        (["holds", "open"], "holds in part"),
        (["holds in part", "does not hold"], "holds in part"),
        (["does not hold", "does not hold"], "does not hold"),
        (["does not hold", "open"], "does not hold"),
        (["does not hold", "points the other way", "open"], "does not hold"),
        (["points the same way", "points the other way", "open"], "open"),
        (["does not hold", "points the same way"], "open"),
    ],
)
def test_claim_about_several_comparisons(verdicts, word):
    assert stats.combine(map(Verdict, verdicts)) == word


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(TURNED))))
def test_combination_favours_neither_side(verdicts):
    assert stats.combine(TURNED[v] for v in verdicts) == TURNED[stats.combine(verdicts)]


@pytest.mark.parametrize(
    ("gain", "change", "stable"),
    [
        (0.3, 0.5, True),
        (0.39, 0.0, True),
        (0.4, 0.0, False),
        (0.5, 0.0, False),
        (-5, 0.5, True),
        (0.3, 0.6, False),
        (0.3, -0.6, False),
    ],
)
@pytest.mark.parametrize("arms", [[0, 1], [1, 0]])
def test_stability_has_two_bounds_over_the_last_third(gain, change, stable, arms):
    steep = [-60, -40, -30, -20, -10, -5]
    training = np.array([[*steep, 0, gain, gain], [0.0] * 9])
    # What both arms do alike does not count.
    scores = np.array([[*steep, 3, 2 + change, 1], [0.0] * 6 + [3, 2, 1]])
    assert stats.is_stable(training[arms], scores[arms], 0.5) is stable


def test_few_epochs_are_never_stable():
    assert not stats.is_stable(np.ones((2, 5)), np.ones((2, 5)), 1)
    assert stats.is_stable(np.ones((2, 6)), np.ones((2, 6)), 1)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.2, 1.3, Verdict.SAME_WAY),
        (1.15, 1.35, Verdict.SAME_WAY),
        (1.0, 1.1, Verdict.OTHER_WAY),
        (1.4, 1.5, Verdict.OTHER_WAY),
        (1.1, 1.25, Verdict.OPEN),
        (1.25, 1.4, Verdict.OPEN),
        # The ends of the range belong to it.
        (1.1, 1.15, Verdict.OPEN),
        (1.35, 1.4, Verdict.OPEN),
        (1.0, 2.0, Verdict.OPEN),
    ],
)
def test_range_is_judged_by_the_whole_interval(low, high, verdict):
    assert stats.interval_in_range(low, high, (1.15, 1.35)) is verdict


@pytest.mark.parametrize(
    ("agree", "verdict"),
    [
        ([True, True], Verdict.SAME_WAY),
        ([False, False], Verdict.OTHER_WAY),
        ([True, False], Verdict.OPEN),
    ],
)
def test_all_cases_must_agree_for_a_direction(agree, verdict):
    cases = np.array(agree)
    assert stats.verdict_from_cases(cases) is verdict
    assert stats.verdict_from_convergence(cases, 400, 200) is verdict
    assert stats.verdict_from_convergence(cases, 399, 200) is Verdict.NOT_TESTED


@pytest.mark.parametrize(
    ("passed", "checks", "misprint"),
    [
        ([True, True], Verdict.HOLDS, Verdict.HOLDS),
        ([True, False], Verdict.IN_PART, Verdict.MISPRINT),
        ([False, False], Verdict.DOES_NOT_HOLD, Verdict.MISPRINT),
    ],
)
def test_exact_checks_decide(passed, checks, misprint):
    assert stats.verdict_from_checks(iter(passed)) is checks
    assert stats.misprint_verdict(passed) is misprint


def test_formula_is_a_misprint_only_if_the_mended_one_is_exact():
    exact = [(True, True), (True, False), (False, True), (False, False)]
    words = [stats.verdict_from_formula(*one) for one in exact]
    assert words == ["holds", "holds", "misprint", "open"]


def test_every_verdict_is_for_a_claim_or_against_it_or_on_no_side():
    on_no_side = {Verdict.OPEN, Verdict.MISPRINT, Verdict.NOT_TESTED}
    assert {*stats.FOR, *stats.AGAINST, *on_no_side} == set(Verdict)
    assert len(stats.FOR) + len(stats.AGAINST) + len(on_no_side) == len(Verdict)
    assert direction(0.1, 0.9, 1) in stats.FOR
    assert direction(-0.9, -0.1, 1) in stats.AGAINST
