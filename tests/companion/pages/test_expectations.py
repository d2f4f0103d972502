"""What users are told to expect is computed from runs and from kept times."""

import pandas as pd

from aconv.companion.analysis.split import STEPS
from aconv.companion.pages import expectations
from aconv.companion.runs.results_cache import load_result


def steps(*cells):
    """Steps of data sets, each with one interval for each step."""
    rows = [
        {
            "dataset": dataset,
            "kernel_size": 7,
            "share": 0.02,
            "step": step,
            "difference": (low + high) / 2,
            "low": low,
            "high": high,
        }
        for dataset, intervals in cells
        for (step, *_), (low, high) in zip(STEPS, intervals, strict=True)
    ]
    return pd.DataFrame(rows)


TABLE = steps(
    ("mnist", [(-1, 3), (0.5, 1.5), (1, 2), (2, 6)]),
    ("cifar10", [(-1, 1), (-1, 1), (-2, -1), (-1, 1)]),
    ("fashion_mnist", [(1, 2), (1, 2), (-1, 1), (1, 2)]),
)


def test_intervals_without_zero_are_counted_of_the_trained_step_alone():
    assert expectations.step_facts(TABLE) == {"sets": 3, "above": 1, "below": 1}


def test_table_has_each_choice_of_each_data_set():
    table = expectations.steps_table(TABLE, "caption").data
    assert table["data set"].tolist() == [
        "MNIST, 7×7, 2 %",
        "CIFAR-10, 7×7, 2 %",
        "Fashion-MNIST, 7×7, 2 %",
    ]
    assert table.iloc[0, 1:].tolist() == [
        "+1.00 [−1.00, +3.00]",
        "+1.00 [+0.50, +1.50]",
        "+1.50 [+1.00, +2.00]",
    ]
    assert "train_aperture=False" in table.columns[2]


def test_without_runs_the_table_says_so():
    table = expectations.steps_table(TABLE[:0], "caption").data
    assert table.iloc[0, 0] == "no runs yet"


def test_times_are_those_that_the_chapter_kept():
    timing = load_result("timing")
    facts = expectations.time_facts(timing)
    for phase in ("training", "folded"):
        ratios = [float(ratio) for ratio in facts[phase].split(", ")]
        assert ratios == [round(row["median"], 2) for row in timing.values[phase]]
        sizes = [f"{row['size']}×{row['size']}" for row in timing.values[phase]]
        assert facts["sizes"].split(", ") == sizes
    assert facts["device"] in timing.provenance.device
