"""The picture of all comparisons: intervals, marks by verdict, arrows beyond."""

import numpy as np
import pandas as pd
import pytest

from aconv.companion.pages import figures
from aconv.companion.stats import Verdict


@pytest.fixture
def comparisons():
    rows = [
        ("same", 0.9, 0.3, 1.5, 0.8, 0.2, 1.4, Verdict.SAME_WAY),
        ("other", 0.5, 0.3, 0.7, -0.9, -1.5, -0.3, Verdict.OTHER_WAY),
        ("open", 0.1, -0.2, 0.4, 0.2, -1.0, 1.4, Verdict.OPEN),
        ("far", 0.3, 0.1, 0.5, -20.46, -24.0, -17.0, Verdict.OTHER_WAY),
        ("none", 0.2, 0.1, 0.3, np.nan, np.nan, np.nan, Verdict.NOT_TESTED),
    ]
    columns = ["label", "paper", "paper_low", "paper_high", "difference", "low", "high"]
    yield pd.DataFrame(rows, columns=[*columns, "verdict"])


def test_each_row_has_the_printed_interval_and_ours(comparisons):
    ax = figures.results(comparisons).axes[0]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == comparisons["label"].tolist()
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches[:5]]
    expected = comparisons[["paper_low", "paper_high"]].to_numpy()
    np.testing.assert_allclose(bars, expected)
    ours = [line.get_xdata() for line in ax.lines if line.get_linewidth() == 1.6]
    np.testing.assert_allclose(ours[:3], comparisons[["low", "high"]].to_numpy()[:3])
    # Rows are read from above.
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_verdicts_differ_in_colour_and_shape(comparisons):
    ax = figures.results(comparisons).axes[0]
    marks = {
        float(line.get_xdata()[0]): (line.get_marker(), line.get_color())
        for line in ax.lines
        if line.get_marker() not in ("", "None", "|")
    }
    assert set(marks) == {0.8, -0.9, 0.2}
    shapes, colors = zip(*marks.values(), strict=True)
    assert len(set(shapes)) == len(set(colors)) == 3


def test_what_lies_beyond_the_scale_is_an_arrow_with_its_number(comparisons):
    ax = figures.results(comparisons).axes[0]
    texts = {text.get_text().strip(): text for text in ax.texts}
    assert set(texts) == {"−20.5", "too few runs"}
    assert texts["−20.5"].arrow_patch is not None
    low, high = ax.get_xlim()
    assert -20 < low < -1.5 and 1.5 < high < 20


def test_legend_names_the_verdicts_that_are_there(comparisons):
    fig = figures.results(comparisons)
    (legend,) = fig.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "paper, interval",
        "here: points the same way",
        "here: points the other way",
        "here: open",
    ]


def test_picture_without_runs_has_the_papers_intervals(comparisons):
    empty = comparisons.assign(difference=np.nan, low=np.nan, high=np.nan)
    ax = figures.results(empty).axes[0]
    assert len(ax.patches) == 5
    assert [text.get_text().strip() for text in ax.texts] == ["too few runs"] * 5
