"""Figures of claims and of printed numbers."""

import pandas as pd

from aconv.companion.analysis.kept import keep
from aconv.companion.pages import figures
from aconv.companion.pages.heatmaps import kept_gaps_figure


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


def test_heatmaps_open_with_every_kept_interval(tmp_path, monkeypatch):
    monkeypatch.setenv("ACONV_RESULTS_DIR", str(tmp_path))
    (ax,) = kept_gaps_figure().axes
    assert "no recorded" in ax.texts[0].get_text()
    bounds = {"mean": 0.1, "low": -0.1, "high": 0.3}
    images = [
        {
            "dataset": name,
            "gaps": [
                {"measure": measure, "claim": claim, **bounds}
                for measure in ("total variation", "Gini index")
                for claim in ("a smoother than b", "b sharper than a")
            ],
        }
        for name in ("mnist", "cifar10")
    ]
    keep("heatmaps", {"images": []}, {}, ["aconv.layers.envelope"])
    (ax,) = kept_gaps_figure().axes
    assert "no recorded" in ax.texts[0].get_text()
    keep("heatmaps", {"images": images}, {}, ["aconv.layers.envelope"])
    fig = kept_gaps_figure()
    gaps = [gap for of_set in images for gap in of_set["gaps"]]
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    measures = {gap["measure"] for gap in gaps}
    assert [ax.get_title() for ax in fig.axes] == list(
        dict.fromkeys(gap["measure"] for gap in gaps)
    )
    assert len(labels) == len(gaps) / len(measures)
