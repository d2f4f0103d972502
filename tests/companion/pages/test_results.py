"""The split of a version's difference in the chapter on all results."""

import pandas as pd
import pytest

from aconv.companion.analysis.split import STEPS
from aconv.companion.pages.results import (
    PAIRS,
    describe_steps,
    envelope_facts,
    means_table,
    steps_figure,
)
from aconv.companion.pages.results import (
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


def test_facts_of_the_envelope_are_of_complete_runs_of_the_paper_alone(steps):
    assert envelope_facts(steps) == {
        **dict.fromkeys(
            ["start", "kept", "trained"], "an amount that is not recorded yet"
        ),
        "training": "What training the apertures adds is not recorded yet.",
    }
    faces = steps["dataset"] == "lfw_faces"
    steps.loc[faces, ["profile", "share"]] = ["full", 1.0]
    steps.loc[~faces, ["profile", "share"]] = ["full", 0.5]
    steps.loc[faces & (steps["step"] == STEPS[2][0]), "difference"] = 0.5
    facts = envelope_facts(steps)
    assert facts.pop("start").endswith("points on LFW faces, 7×7")
    assert "nothing that can be seen" in facts.pop("training")
    assert facts == {
        "kept": "+1.50 [−0.25, +3.00] points on LFW faces, 7×7",
        "trained": "+0.50 [−0.25, +3.00] points on LFW faces, 7×7",
    }


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.1, 0.9, "it adds accuracy on LFW faces, 7×7."), (-2, -1, "it takes accuracy")],
)
def test_training_the_apertures_is_said_to_matter_where_it_does(
    steps, low, high, expected
):
    faces = steps["dataset"] == "lfw_faces"
    steps.loc[faces, ["profile", "share"]] = ["full", 1.0]
    trained = faces & (steps["step"] == STEPS[2][0])
    assert "nothing that can be seen" in envelope_facts(steps)["training"]
    steps.loc[trained, ["low", "high"]] = [low, high]
    assert expected in envelope_facts(steps)["training"]


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
