"""Figures of claims and of printed numbers."""

import pandas as pd

from aconv.companion.pages import figures


def test_bars_have_the_counts():
    fig = figures.verdict_counts({"holds": 3, "open": 0})
    (ax,) = fig.axes
    assert [bar.get_width() for bar in ax.patches] == [3, 0]
    assert {text.get_text() for text in ax.texts} == {"3", "0"}


def test_values_outside_their_range_are_crosses():
    table = pd.DataFrame(
        {
            "panel": ["t", "t", "maximum"],
            "label": ["a", "b", "c"],
            "value": [1.0, 5.0, 0.0],
            "low": [0.0, 0.0, -1.0],
            "high": [2.0, 4.0, 1.0],
        }
    )
    fig = figures.allowed_ranges(table)
    crosses = [
        (ax.get_title(), list(line.get_xdata()))
        for ax in fig.axes
        for line in ax.lines
        if line.get_marker() == "X" and len(line.get_xdata())
    ]
    assert crosses == [("t", [5.0])]
