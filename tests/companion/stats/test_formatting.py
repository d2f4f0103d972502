"""Estimates as text."""

from hypothesis import given
from hypothesis import strategies as st

from aconv.companion.stats.formatting import (
    format_estimate,
    format_range,
    format_signed,
    format_span,
)

VALUES = st.floats(-1e6, 1e6)
DIGITS = st.integers(0, 6)


@given(VALUES, DIGITS)
def test_signed_is_the_value_as_rounded_and_no_negative_zero(value, digits):
    text = format_signed(value, digits)
    assert float(text) == round(value, digits)
    assert text[0] in "+-"
    assert float(text) != 0 or text[0] == "+"


def test_estimate_is_the_value_and_its_interval():
    assert format_estimate(1.236, -0.001, 20) == "+1.24 [+0.00, +20.00]"
    assert format_estimate(-2, -3.25, -1, digits=1) == "-2.0 [-3.2, -1.0]"
    assert [format_span("5", "5"), format_span("5", "9")] == ["5", "5 to 9"]


@given(VALUES, VALUES, DIGITS)
def test_spanned_names_two_numbers_only_if_they_can_be_told_apart(low, high, digits):
    text = format_range(low, high, digits)
    ends = [float(word) for word in text.split() if word not in ("between", "and")]
    expected = [round(low, digits), round(high, digits)]
    assert ends == (expected if expected[0] != expected[1] else expected[:1])
    assert "-0." not in text or any(end < 0 for end in ends)
