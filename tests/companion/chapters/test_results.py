"""The chapter on all results: the steps of a difference, and pairs of seeds."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame
from scipy import stats

from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY
from aconv.companion.analysis.decomposition import (
    INITIALIZATION,
    STEPS,
    TRAINED_APERTURES,
)
from aconv.companion.chapters import results as page
from aconv.companion.pages.tables import text_table, with_cells


@pytest.fixture
def steps():
    cells = [("mnist", 0.004), ("lfw_faces", 0.027)]
    rows = [(*cell, step) for cell in cells for step, *_ in STEPS]
    table = pd.DataFrame(rows, columns=["dataset", "share", "step"])
    table = table.assign(version="paper", profile="short", kernel_size=7, n=5)
    return table.assign(difference=1.5, low=-0.25, high=3.0, p_holm=0.04)


def test_table_has_a_line_for_each_step_of_each_set(steps):
    table = text_table(with_cells(steps, share=True), page.STEPS)
    assert table["difference"].tolist() == ["+1.50 [-0.25, +3.00]"] * 2 * len(STEPS)
    titles = ["MNIST, 7×7, 0.4 %", "LFW faces, 7×7, 2.7 %"]
    assert table["set"].unique().tolist() == titles


def test_figure_has_a_panel_for_each_set_and_says_when_there_is_none(steps):
    fig = page.steps_figure(steps)
    assert [ax.get_title() for ax in fig.axes] == [
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


def test_words_on_the_scale_name_what_is_there_and_nothing_where_there_is_none():
    assert page.scale_words(0, "") == "none is at the paper's scale"
    assert page.scale_words(1, "") == "1 is at the paper's scale"
    words = page.scale_words(2, "MNIST 9×9 +0.1 points")
    assert words == "2 are at the paper's scale (simple network: MNIST 9×9 +0.1 points)"


def test_caption_names_version_and_seeds(steps):
    assert page.describe_steps(steps.assign(share=0.004)) == (
        "version paper, 5 seeds of each variant, 0.4 % of the paper's updates"
    )
    fewer = steps.assign(n=[2, 5, 5, 5, *steps["n"][4:]])
    assert "2 to 5 seeds" in page.describe_steps(fewer)
    assert "no data set" in page.describe_steps(steps[:0])


@pytest.mark.parametrize(
    ("length", "low", "high", "expected"),
    [
        (("short", 1.0), 0.1, 0.9, "is not recorded yet"),
        (("full", 0.5), 0.1, 0.9, "is not recorded yet"),
        (
            ("full", 1.0),
            -0.1,
            0.9,
            "not change the accuracy beyond chance on LFW faces, 7×7 (5",
        ),
        (("full", 1.0), 0.1, 0.9, "raises the accuracy on LFW faces, 7×7 (5 seeds)."),
        (("full", 1.0), -2, -1, "lowers the accuracy on LFW faces"),
    ],
)
def test_training_matters_where_complete_runs_at_full_length_say_so(
    steps, length, low, high, expected
):
    faces = steps["dataset"] == "lfw_faces"
    steps.loc[faces, ["profile", "share"]] = length
    trained = faces & (steps["step"] == TRAINED_APERTURES)
    steps.loc[trained, ["low", "high"]] = [low, high]
    assert expected in page.training_words(steps)


def test_steps_that_change_the_accuracy_by_themselves_are_named(steps):
    steps = steps.assign(low=-1.0, high=1.0, difference=0.0, share=0.02)
    assert page.step_words(steps).count("nowhere") == 3
    faces = steps["dataset"] == "lfw_faces"
    ends = ["difference", "low", "high"]
    steps.loc[faces & (steps["step"] == INITIALIZATION), ends] = 3, 1, 5
    steps.loc[faces & (steps["step"] == TRAINED_APERTURES), ends] = -3, -5, -1
    # All together are no step.
    steps.loc[steps["step"] == "all three", ends] = 9, 8, 10
    assert page.step_words(steps) == (
        "Single steps change accuracies beyond chance as follows: initialisation, on "
        "LFW faces, 7×7, 2 % (+3.00 [+1.00, +5.00] points); envelope, apertures kept, "
        "nowhere; training the apertures, on LFW faces, 7×7, 2 % (−3.00 [−5.00, −1.00] "
        "points)."
    )
    assert "yet" in page.step_words(steps[:0])


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((-0.1, 2.5, 0.5, 2.0), "[−0.10, +2.50] to [+0.50"),
        ((0.1, 2.5, 0.5, 2.0), "no interval across zero"),
        ((-0.1, 2.5, -0.5, 2.0), "no interval across zero"),
        ((-2.5, -0.1, -3.0, 0.5), "of matched networks on MNIST"),
    ],
)
def test_where_pairs_would_say_another_thing_is_said(ends, expected):
    cell = {"dataset": "mnist", "kernel_size": 7, "share": 1.0, "comparison": "matched"}
    names = ["low", "high", "paired_low", "paired_high"]
    pairs = pd.DataFrame([cell | dict(zip(names, ends, strict=True))])
    assert expected in page.pairing_words(pairs)
    assert "yet" in page.pairing_words(pairs[:0])


def test_pairs_stand_beside_the_independent_samples():
    cell = {"dataset": "mnist", "kernel_size": 7, "share": 1.0}
    welch = {"difference": 1.24, "low": -0.04, "high": 2.52}
    pairs = pd.DataFrame({"correlation": [0.7, np.nan], "comparison": "matched"})
    pairs = pairs.assign(n=10, **cell, **welch, paired_low=0.49, paired_high=2.0)
    first, second = text_table(with_cells(pairs), page.PAIRS).to_numpy().tolist()
    intervals = ["+1.24 [-0.04, +2.52]", "[+0.49, +2.00]"]
    assert first == ["MNIST, 7×7", "matched", "10", "+0.70", *intervals]
    assert second[3] == "–"


def test_means_have_a_column_for_each_arm():
    rows = [("mnist", "ordinary"), ("mnist", "adaptive"), ("cifar10", "ordinary")]
    means = pd.DataFrame(rows, columns=["dataset", "title"])
    means = means.assign(kernel_size=7, share=0.004, n=5, std=0.25, mean=[96, 97, 70])
    table = page.means_table(means)
    assert list(table.columns) == ["set", "ordinary", "adaptive"]
    assert table.to_numpy().tolist() == [
        ["MNIST, 7×7, 0.4 %", "96.00 ± 0.25 (5)", "97.00 ± 0.25 (5)"],
        ["CIFAR-10, 7×7, 0.4 %", "70.00 ± 0.25 (5)", "–"],
    ]


def paired(runs):
    return page.pairing(runs, {"different starts": (ADAPTIVE, ORDINARY)})


def make_runs(rng, ordinary=(1, 2, 3), adaptive=(1, 2, 3), **cell):
    """Runs of two arms with these seeds."""
    arms = {"adaptive": adaptive, "ordinary": ordinary}
    tables = [frame([arm], rng, seeds, **cell) for arm, seeds in arms.items()]
    return pd.concat(tables, ignore_index=True)


def test_pairs_are_compared_by_scipy_at_the_seeds_of_both_arms(rng):
    runs = make_runs(rng, [5, 4, 3, 2, 9], [1, 2, 3, 4, 5])
    (row,) = paired(runs).itertuples()
    both = runs[runs["seed"].between(2, 5)]
    peaks = 100 * both.pivot(index="seed", columns="arm", values="peak")
    a, b = peaks["adaptive"].to_numpy(), peaks["ordinary"].to_numpy()
    by_pairs = stats.ttest_rel(a, b).confidence_interval(0.95)
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose([row.paired_low, row.paired_high], by_pairs)
    np.testing.assert_allclose([row.low, row.high], welch)
    assert row.difference == pytest.approx(a.mean() - b.mean())
    assert row.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert (row.comparison, row.n) == ("different starts", 4)
    runs.loc[runs["arm"] == "adaptive", "peak"] = 0.9
    (level,) = paired(runs).itertuples()
    assert np.isnan(level.correlation)
    assert np.isfinite(level.paired_low)


def test_longest_runs_come_first_and_cells_and_versions_stay_apart(rng):
    first, *others = (
        make_runs(rng, **cell)
        for cell in ({"share": 0.1}, {"share": 1.0}, {"version": "code-2020-09"})
    )
    table = paired(pd.concat([first, *others]))
    assert table["share"].tolist() == [1.0, 0.1, 0.01]
    assert table["version"].tolist() == ["paper", "paper", "code-2020-09"]
    adaptive = others[0][others[0].arm == "adaptive"]
    ordinary = first[first.arm == "ordinary"].assign(share=1.0, version="code-2020-09")
    assert paired(pd.concat([adaptive, ordinary])).empty


@pytest.mark.parametrize("common", [0, 1, 2])
def test_two_pairs_tell_nothing(common, rng):
    assert paired(make_runs(rng, [3 - common + i for i in (1, 2, 3)])).empty
