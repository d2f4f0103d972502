"""What users are told is computed: it changes with what it is computed from."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
import sweeps

from aconv.companion import runs
from aconv.companion.pages import decision


def taken(**factors):
    """Times of 8 rounds: ordinary 1 ms at 3, 2 ms at 7, others by their factor."""
    return pd.DataFrame(
        [
            (size, phase, kind, turn, factor * (1.0 if size == 3 else 2.0))
            for size in (3, 7)
            for phase in ("training", "inference")
            for kind, factor in {"ordinary": 1.0, **factors}.items()
            if phase == "inference" or kind != "folded"
            for turn in range(8)
        ],
        columns=["kernel_size", "phase", "kind", "round", "milliseconds"],
    )


def test_costs_are_the_ratios_of_the_times_taken():
    times = taken(adaptive=1.25, folded=0.5)
    step = decision.step_costs(times)
    assert "1.25 [1.25, 1.25] at 3×3, 1.25 [1.25, 1.25] at 7×7" in step
    assert "ordinary 7×7 over 3×3: 2.00 [2.00, 2.00]" in step
    assert "0.50 [0.50, 0.50] at 3×3" in decision.served_costs(times)


def test_parameters_are_counted():
    text = decision.parameters()
    small, large = (int(n.replace(",", "")) for n in re.findall(r"\d+,\d+", text))
    assert f"{large / small:.1f} times" in text
    # Nearly all weights are in kernels, of 49 coefficients in place of 9.
    assert 4.5 < large / small < 49 / 9


def test_room_ends_at_the_grid_and_bounds_are_those_of_the_layer():
    assert re.findall(r"to ([\d.]+) pixels", decision.size_range()) == ["3.0", "7.0"]
    default = np.linspace(0.1, 0.5, 32)
    for size in (3, 7):
        share = 100 * np.mean(default < 1 / size)
        assert f"{share:.0f} % at {size}×{size}" in decision.share_below_bound()


@pytest.fixture
def recorded():
    specs = [
        runs.make_spec("simple", "mnist", kind, 7, profile="short", seed=seed)
        for kind in ("adaptive", "ordinary")
        for seed in (1, 2)
    ]
    return {"simple": [sweeps.record(spec) for spec in specs]}


def test_what_runs_say_comes_from_the_runs(recorded):
    assert re.search(
        r"of 12 comparisons.*: (open|points .* way) 1 \(short \(",
        decision.accuracy(recorded),
    )
    adaptive = [r for r in recorded["simple"] if r.spec.kind == "adaptive"]
    moved = np.mean(
        [
            np.abs(np.subtract(a.last, a.first)).mean()
            for record in adaptive
            for a in record.apertures.values()
        ]
    )
    assert f"by {moved:.3f} (simple, 7×7)" in decision.aperture_movement(recorded)


def test_ordinary_runs_alone_say_nothing_of_apertures(recorded):
    ordinary = [
        dataclasses.replace(r, apertures={})
        for r in recorded["simple"]
        if r.spec.kind == "ordinary"
    ]
    assert decision.aperture_movement({"simple": ordinary}) == "no recorded runs yet"
    assert decision.accuracy({"simple": ordinary}) == "no recorded runs yet"


def test_table_says_where_there_are_no_runs():
    table = decision.decision_table({}, taken(adaptive=1.0, folded=1.0))
    assert table.notna().all(axis=None)
    found = table["found in this book"]
    assert (found == "no recorded runs yet").sum() == 1
