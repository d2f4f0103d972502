"""Words for evidence: what each means, and that they favour neither side."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aconv.companion.stats import Verdict, direction, direction_of_all

TURNED = {
    Verdict.SAME_WAY: Verdict.OTHER_WAY,
    Verdict.OTHER_WAY: Verdict.SAME_WAY,
    Verdict.OPEN: Verdict.OPEN,
    Verdict.NOT_TESTED: Verdict.NOT_TESTED,
}
NUMBER = st.floats(-10, 10).filter(lambda x: abs(x) > 1e-6)


@pytest.mark.parametrize(
    ("interval", "claimed", "word"),
    [
        ((0.1, 0.4), 1, "points the same way"),
        ((0.1, 0.4), -1, "points the other way"),
        ((-0.4, -0.1), -2.5, "points the same way"),
        ((-0.1, 0.4), 1, "open"),
        ((0.0, 0.4), 1, "open"),
        ((0.1, 0.4), 0, "not tested"),
        ((0.1, 0.4), math.nan, "not tested"),
        ((math.nan, math.nan), 1, "not tested"),
    ],
)
def test_direction_follows_interval_and_claim(interval, claimed, word):
    assert direction(*interval, claimed) == word


@given(st.tuples(NUMBER, NUMBER).map(sorted), NUMBER)
def test_exchanging_the_arms_turns_the_direction_around(interval, claimed):
    low, high = interval
    assert direction(-high, -low, claimed) == TURNED[direction(low, high, claimed)]


@pytest.mark.parametrize(
    ("differences", "p_values", "word"),
    [
        ([1, 2], [0.01, 0.04], "points the same way"),
        ([1, 2], [0.03, 0.06], "open"),  # Holm makes both 0.06
        ([1, -2], [0.03, 0.04], "open"),
        ([1, -2], [0.5, 0.02], "points the other way"),
        ([1, -2], [0.01, 0.02], "open"),  # one each way
        ([], [], "not tested"),
    ],
)
def test_direction_of_all_corrects_for_the_family(differences, p_values, word):
    assert direction_of_all(differences, p_values) == word


@given(st.lists(st.tuples(NUMBER, st.floats(0, 1)), max_size=6))
def test_direction_of_all_favours_neither_side(rows):
    differences = [difference for difference, _ in rows]
    p_values = [p for _, p in rows]
    turned = direction_of_all([-d for d in differences], p_values)
    assert turned == TURNED[direction_of_all(differences, p_values)]
