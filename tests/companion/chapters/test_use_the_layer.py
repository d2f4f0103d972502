"""What users are told is computed: it changes with what it is computed from."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
import sweeps

from aconv.companion import runs
from aconv.companion.analysis.decomposition import STEPS
from aconv.companion.chapters import use_the_layer as page
from aconv.companion.runs.results_cache import load_result

INTERVALS = {
    "mnist": [(-1, 3), (0.5, 1.5), (1, 2), (2, 6)],
    "cifar10": [(-1, 1), (-1, 1), (-2, -1), (-1, 1)],
    "fashion_mnist": [(1, 2), (1, 2), (-1, 1), (1, 2)],
}
STEPS_OF_SETS = pd.DataFrame(
    [
        (dataset, 7, 0.02, step, (low + high) / 2, low, high)
        for dataset, intervals in INTERVALS.items()
        for (step, *_), (low, high) in zip(STEPS, intervals, strict=True)
    ],
    columns=["dataset", "kernel_size", "share", "step", "difference", "low", "high"],
)


def test_table_has_each_choice_of_each_data_set_and_training_is_counted():
    table = page.steps_table(STEPS_OF_SETS, "caption").data
    titles = ["MNIST, 7×7, 2 %", "CIFAR-10, 7×7, 2 %", "Fashion-MNIST, 7×7, 2 %"]
    assert table["data set"].tolist() == titles
    changes = ["+1.00 [−1.00, +3.00]", "+1.00 [+0.50, +1.50]", "+1.50 [+1.00, +2.00]"]
    assert table.iloc[0, 1:].tolist() == changes
    assert "train_aperture=False" in table.columns[2]
    empty = page.steps_table(STEPS_OF_SETS[:0], "caption").data
    assert empty.iloc[0, 0] == "no runs yet"
    # Of the trained step alone.
    assert page.trained_words(STEPS_OF_SETS) == (
        "raised the accuracy on 1 of 3 data sets beyond chance and lowered it on 1"
    )
    none = page.trained_words(STEPS_OF_SETS[8:].assign(low=-1.0, high=1.0))
    assert none == "changed the accuracy on none of 1 data sets beyond chance"


def test_times_are_those_that_the_chapter_kept():
    timing = load_result("timing")
    facts = page.time_facts(timing)
    for phase in ("training", "folded"):
        rows = timing.values[phase]
        assert facts[phase] == ", ".join(f"{row['median']:.2f}" for row in rows)
        assert facts["sizes"] == ", ".join(
            "{0}×{0}".format(row["size"]) for row in rows
        )
    assert facts["device"] in timing.provenance.device


def test_parameters_are_counted():
    text = page.parameters()
    small, large = (int(n.replace(",", "")) for n in re.findall(r"\d+,\d+", text))
    assert f"{large / small:.1f} times" in text
    # Nearly all weights are in kernels, of 49 coefficients in place of 9.
    assert 4.5 < large / small < 49 / 9


def test_sizes_end_at_the_grid_and_bounds_are_those_of_the_layer():
    assert re.findall(r"to ([\d.]+) pixels", page.size_range()) == ["3.0", "7.0"]
    default = np.linspace(0.1, 0.5, 32)
    for size in (3, 7):
        share = 100 * np.mean(default < 1 / size)
        assert f"{share:.0f} % at {size}×{size}" in page.share_below_bound()


@pytest.fixture
def records():
    cell = {"datasets": ["mnist"], "kernel_sizes": [7], "seeds": [31, 48]}
    found = map(sweeps.record, runs.grid("simple", "short", **cell))
    return sorted(found, key=lambda record: record.spec.kind)


def test_what_runs_say_comes_from_the_runs(records):
    words = r"of 12 comparisons.*: (open|points .* way) 1, not tested 11 \(short \("
    assert re.search(words, page.accuracy({"simple": records}))
    paths = [p for record in records[:2] for p in record.apertures.values()]
    # The layer computes with the bound where an aperture starts below it.
    moved = np.mean([np.abs(p.last - np.maximum(p.first, 1 / 7)) for p in paths])
    found = page.aperture_movement({"simple": records[:2]})
    assert f"by {moved:.3f} (Simple network, MNIST, 7×7)" in found


def test_where_there_are_no_runs_that_is_said(records):
    ordinary = [dataclasses.replace(record, apertures={}) for record in records[2:]]
    assert page.aperture_movement({"simple": ordinary}) == "no recorded runs yet"
    assert page.accuracy({"simple": ordinary}) == "no recorded runs yet"
    table = page.decision_table({})
    assert table.notna().all(axis=None)
    assert (table["found in this book"] == "no recorded runs yet").sum() == 1
