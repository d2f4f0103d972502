"""The chapter on all results: the split of a difference, and pairs of seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY
from aconv.companion.analysis.split import STEPS
from aconv.companion.chapters.results import (
    PAIRS,
    describe_steps,
    means_table,
    pairing,
    steps_figure,
    training_words,
)
from aconv.companion.chapters.results import (
    STEPS as STEP_COLUMNS,
)
from aconv.companion.pages.tables import text_table, with_cells

TITLES = ["MNIST, 7×7, 0.4 %", "LFW faces, 7×7, 2.7 %"]


@pytest.fixture
def steps():
    return pd.DataFrame(
        [
            [
                *("paper", "short", share, dataset, 7, step, 5),
                *(1.5, -0.25, 3.0, 0.04),
            ]
            for dataset, share in (("mnist", 0.004), ("lfw_faces", 0.027))
            for step, *_ in STEPS
        ],
        columns=[
            *("version", "profile", "share", "dataset", "kernel_size", "step", "n"),
            *("difference", "low", "high", "p_holm"),
        ],
    )


def test_table_has_a_line_for_each_step_of_each_set(steps):
    table = text_table(with_cells(steps, share=True), STEP_COLUMNS)
    assert len(table) == 2 * len(STEPS)
    assert table["difference"].unique().tolist() == ["+1.50 [-0.25, +3.00]"]
    assert table["set"].unique().tolist() == TITLES


def test_figure_has_a_panel_for_each_set_and_says_when_there_is_none(steps):
    fig = steps_figure(steps)
    titles = [ax.get_title() for ax in fig.axes]
    assert titles == [
        "MNIST, 7×7\n0.4 % of the updates",
        "LFW faces, 7×7\n2.7 % of the updates",
    ]
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert labels == [step for step, *_ in STEPS]
    many = pd.concat(steps.assign(share=share) for share in (0.1, 0.2, 0.3))
    # Three panels to a row.
    assert len({ax.get_position().y0 for ax in steps_figure(many).axes}) == 2
    empty = steps_figure(steps[:0])
    assert "no recorded runs" in empty.axes[0].texts[0].get_text()


def test_caption_names_scale_and_seeds(steps):
    assert describe_steps(steps).endswith(
        "shares of the paper's updates (seeds of each): version paper, profile short: "
        "MNIST, 7×7, 0.4 % (5); LFW faces, 7×7, 2.7 % (5)"
    )
    fewer = steps.assign(n=[2, 5, 5, 5, *steps["n"][4:]])
    assert "MNIST, 7×7, 0.4 % (2 to 5); LFW faces, 7×7, 2.7 % (5)" in describe_steps(
        fewer
    )
    assert "no data set" in describe_steps(steps[:0])


def test_training_is_judged_by_complete_runs_at_full_length_alone(steps):
    lacking = "What training the apertures adds is not recorded yet."
    assert training_words(steps) == lacking
    assert training_words(steps.assign(profile="full", share=0.5)) == lacking
    assert training_words(steps.assign(profile="full", share=1.0)) != lacking


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
    assert "nothing that can be seen" in training_words(steps)
    steps.loc[trained, ["low", "high"]] = [low, high]
    assert expected in training_words(steps)


def test_pairs_stand_beside_the_independent_samples():
    pairs = pd.DataFrame(
        {
            "comparison": "matched",
            "dataset": "mnist",
            "kernel_size": 7,
            "share": 1.0,
            "n": 10,
            "correlation": [0.7, float("nan")],
            "difference": 1.24,
            "low": -0.04,
            "high": 2.52,
            "paired_low": 0.49,
            "paired_high": 2.0,
        }
    )
    first, second = text_table(with_cells(pairs, share=True), PAIRS).to_dict("records")
    assert first == {
        "set": "MNIST, 7×7, 100 %",
        "arms": "matched",
        "seeds": "10",
        "correlation": "+0.70",
        "Welch": "+1.24 [-0.04, +2.52]",
        "paired": "[+0.49, +2.00]",
    }
    assert second["correlation"] == "–"


def test_means_have_a_column_for_each_arm():
    means = pd.DataFrame(
        {
            "dataset": "mnist",
            "kernel_size": 7,
            "share": 0.004,
            "title": ["ordinary", "adaptive"],
            "n": 5,
            "mean": [96.0, 97.0],
            "std": 0.25,
        }
    )
    (row,) = means_table(means).to_dict("records")
    assert row == {
        "set": "MNIST, 7×7, 0.4 %",
        "ordinary": "96.00 ± 0.25 (5)",
        "adaptive": "97.00 ± 0.25 (5)",
    }


PAIR = {
    "study": "simple",
    "version": "paper",
    "profile": "full",
    "share": 1.0,
    "dataset": "mnist",
}
BOTH = {"different starts": (ADAPTIVE, ORDINARY)}


def make_runs(adaptive, ordinary, **cell):
    """Runs of two arms, peaks by seed."""
    rows = [
        {"arm": arm, "seed": seed, "peak": peak, "kernel_size": 7} | PAIR | cell
        for arm, peaks in (("adaptive", adaptive), ("ordinary", ordinary))
        for seed, peak in peaks.items()
    ]
    return pd.DataFrame(rows)


def draw(seeds, rng):
    return dict(zip(seeds, rng.uniform(0.5, 0.9, len(seeds)), strict=True))


def test_pairs_are_compared_by_scipy_at_the_seeds_of_both_arms():
    rng = np.random.default_rng(0)
    adaptive, ordinary = draw([1, 2, 3, 4, 5], rng), draw([5, 4, 3, 2, 9], rng)
    (row,) = pairing(make_runs(adaptive, ordinary), BOTH).itertuples()
    common = [2, 3, 4, 5]
    a, b = (np.array([100 * arm[s] for s in common]) for arm in (adaptive, ordinary))
    paired = stats.ttest_rel(a, b).confidence_interval(0.95)
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose([row.paired_low, row.paired_high], paired)
    np.testing.assert_allclose([row.low, row.high], welch)
    assert row.difference == pytest.approx(a.mean() - b.mean())
    assert row.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert (row.comparison, row.n) == ("different starts", 4)


def test_longest_runs_come_first_and_cells_stay_apart():
    rng = np.random.default_rng(1)
    runs = [
        make_runs(draw([1, 2, 3], rng), draw([1, 2, 3], rng), share=share)
        for share in (0.1, 1.0)
    ]
    assert pairing(pd.concat(runs), BOTH)["share"].tolist() == [1.0, 0.1]


def test_seeds_of_two_versions_are_no_pairs():
    rng = np.random.default_rng(4)
    seeds = [1, 2, 3]
    versions = ("paper", "code-2020-09")
    runs = [
        make_runs(draw(seeds, rng), draw(seeds, rng), version=version)
        for version in versions
    ]
    assert sorted(pairing(pd.concat(runs), BOTH)["version"]) == sorted(versions)
    mixed = [
        runs[0][runs[0].arm == "adaptive"],
        runs[1][runs[1].arm == "ordinary"],
    ]
    assert not len(pairing(pd.concat(mixed), BOTH))


@pytest.mark.parametrize("common", [0, 1, 2])
def test_two_pairs_tell_nothing(common):
    rng = np.random.default_rng(2)
    runs = make_runs(
        draw([1, 2, 3], rng), draw([3 - common + i for i in (1, 2, 3)], rng)
    )
    assert not len(pairing(runs, BOTH))


def test_arms_without_spread_have_no_correlation():
    runs = make_runs(
        dict.fromkeys([1, 2, 3], 0.5), draw([1, 2, 3], np.random.default_rng(3))
    )
    (row,) = pairing(runs, BOTH).itertuples()
    assert np.isnan(row.correlation)
    assert np.isfinite(row.paired_low)
