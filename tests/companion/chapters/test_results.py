"""The chapter on all results: the split of a difference, and pairs of seeds."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame_row
from scipy import stats

from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY
from aconv.companion.analysis.decomposition import STEPS
from aconv.companion.chapters import results as page
from aconv.companion.pages.tables import text_table, with_cells

TITLES = ["MNIST, 7×7, 0.4 %", "LFW faces, 7×7, 2.7 %"]


@pytest.fixture
def steps():
    cells = [("mnist", 0.004), ("lfw_faces", 0.027)]
    rows = [(*cell, step) for cell in cells for step, *_ in STEPS]
    table = pd.DataFrame(rows, columns=["dataset", "share", "step"])
    table = table.assign(version="paper", profile="short", kernel_size=7, n=5)
    return table.assign(difference=1.5, low=-0.25, high=3.0, p_holm=0.04)


def test_table_has_a_line_for_each_step_of_each_set(steps):
    table = text_table(with_cells(steps, share=True), page.STEPS)
    assert len(table) == 2 * len(STEPS)
    assert table["difference"].unique().tolist() == ["+1.50 [-0.25, +3.00]"]
    assert table["set"].unique().tolist() == TITLES


def test_figure_has_a_panel_for_each_set_and_says_when_there_is_none(steps):
    fig = page.steps_figure(steps)
    titles = [ax.get_title() for ax in fig.axes]
    assert titles == [
        "MNIST, 7×7\n0.4 % of the updates",
        "LFW faces, 7×7\n2.7 % of the updates",
    ]
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert labels == [step for step, *_ in STEPS]
    many = pd.concat(steps.assign(share=share) for share in (0.1, 0.2, 0.3))
    # Three panels to a row.
    assert len({ax.get_position().y0 for ax in page.steps_figure(many).axes}) == 2
    empty = page.steps_figure(steps[:0])
    assert "no recorded runs" in empty.axes[0].texts[0].get_text()


def test_caption_names_version_and_seeds(steps):
    assert page.describe_steps(steps) == "version paper, 5 seeds of each variant"
    fewer = steps.assign(n=[2, 5, 5, 5, *steps["n"][4:]])
    assert "2 to 5 seeds" in page.describe_steps(fewer)
    assert "no data set" in page.describe_steps(steps[:0])


def test_training_is_judged_by_complete_runs_at_full_length_alone(steps):
    lacking = "What training them adds at full length is not recorded yet."
    assert page.training_words(steps) == lacking
    assert page.training_words(steps.assign(profile="full", share=0.5)) == lacking
    assert page.training_words(steps.assign(profile="full", share=1.0)) != lacking


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 0.9, "apertures adds accuracy on LFW faces, 7×7."),
        (-2, -1, "apertures takes accuracy"),
    ],
)
def test_training_the_apertures_is_said_to_matter_where_it_does(
    steps, low, high, expected
):
    faces = steps["dataset"] == "lfw_faces"
    steps.loc[faces, ["profile", "share"]] = ["full", 1.0]
    trained = faces & (steps["step"] == STEPS[2][0])
    assert "no measurable gain or loss" in page.training_words(steps)
    steps.loc[trained, ["low", "high"]] = [low, high]
    assert expected in page.training_words(steps)


def test_pairs_stand_beside_the_independent_samples():
    pairs = pd.DataFrame({"correlation": [0.7, float("nan")], "comparison": "matched"})
    pairs = pairs.assign(dataset="mnist", kernel_size=7, share=1.0, n=10)
    pairs = pairs.assign(difference=1.24, low=-0.04, high=2.52)
    pairs = pairs.assign(paired_low=0.49, paired_high=2.0)
    first, second = text_table(with_cells(pairs, share=True), page.PAIRS).to_dict(
        "records"
    )
    assert first == {
        "set": "MNIST, 7×7, 100 %",
        "networks": "matched",
        "seeds": "10",
        "correlation": "+0.70",
        "Welch": "+1.24 [-0.04, +2.52]",
        "paired": "[+0.49, +2.00]",
    }
    assert second["correlation"] == "–"


def test_means_have_a_column_for_each_arm():
    means = pd.DataFrame(
        [("ordinary", 96.0), ("adaptive", 97.0)], columns=["title", "mean"]
    ).assign(dataset="mnist", kernel_size=7, share=0.004, n=5, std=0.25)
    (row,) = page.means_table(means).to_dict("records")
    assert row == {
        "set": "MNIST, 7×7, 0.4 %",
        "ordinary": "96.00 ± 0.25 (5)",
        "adaptive": "97.00 ± 0.25 (5)",
    }


BOTH = {"different starts": (ADAPTIVE, ORDINARY)}


def make_runs(adaptive, ordinary, **cell):
    """Runs of two arms, peaks by seed."""
    return pd.DataFrame(
        frame_row(arm, seed, peak, **cell)
        for arm, peaks in (("adaptive", adaptive), ("ordinary", ordinary))
        for seed, peak in peaks.items()
    )


def draw(seeds, rng):
    return dict(zip(seeds, rng.uniform(0.5, 0.9, len(seeds)), strict=True))


def test_pairs_are_compared_by_scipy_at_the_seeds_of_both_arms(rng):
    adaptive, ordinary = draw([1, 2, 3, 4, 5], rng), draw([5, 4, 3, 2, 9], rng)
    (row,) = page.pairing(make_runs(adaptive, ordinary), BOTH).itertuples()
    common = [2, 3, 4, 5]
    a, b = (np.array([100 * arm[s] for s in common]) for arm in (adaptive, ordinary))
    paired = stats.ttest_rel(a, b).confidence_interval(0.95)
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose([row.paired_low, row.paired_high], paired)
    np.testing.assert_allclose([row.low, row.high], welch)
    assert row.difference == pytest.approx(a.mean() - b.mean())
    assert row.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert (row.comparison, row.n) == ("different starts", 4)


def test_longest_runs_come_first_and_cells_and_versions_stay_apart(rng):
    first, *others = (
        make_runs(draw([1, 2, 3], rng), draw([1, 2, 3], rng), **cell)
        for cell in ({"share": 0.1}, {"share": 1.0}, {"version": "code-2020-09"})
    )
    table = page.pairing(pd.concat([first, *others]), BOTH)
    assert table["share"].tolist() == [1.0, 0.1, 0.01]
    assert table["version"].tolist() == ["paper", "paper", "code-2020-09"]
    adaptive = others[0][others[0].arm == "adaptive"]
    ordinary = first[first.arm == "ordinary"].assign(share=1.0, version="code-2020-09")
    assert not len(page.pairing(pd.concat([adaptive, ordinary]), BOTH))


@pytest.mark.parametrize("common", [0, 1, 2])
def test_two_pairs_tell_nothing(common, rng):
    seeds = [3 - common + i for i in (1, 2, 3)]
    runs = make_runs(draw([1, 2, 3], rng), draw(seeds, rng))
    assert not len(page.pairing(runs, BOTH))


def test_arms_without_spread_have_no_correlation(rng):
    runs = make_runs(dict.fromkeys([1, 2, 3], 0.5), draw([1, 2, 3], rng))
    (row,) = page.pairing(runs, BOTH).itertuples()
    assert np.isnan(row.correlation)
    assert np.isfinite(row.paired_low)
