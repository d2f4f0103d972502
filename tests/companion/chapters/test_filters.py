"""Errors of Section 4.1 beside the recorded ones, and what penalty these are of."""

import numpy as np
import pytest
from asking import ask

from aconv.companion import paper
from aconv.companion.chapters.filters import show as filters
from aconv.companion.chapters.filters.compute import FilterBanks
from aconv.companion.runs.results_cache import save_result
from aconv.companion.stats import Verdict

MINIMA = {0.0: 0.0, 0.5: 0.0021}


def bank(kind, loss):
    return FilterBanks(kind, (1, 2), loss, *[None] * 6)


@pytest.fixture
def banks():
    long = np.linspace([0.2, 0.4], [0.001, 0.003], 601).T
    return {
        (0.0, "adaptive"): bank("adaptive", long[:, :20]),
        (0.5, "ordinary"): bank("ordinary", long),
    }


def test_errors_stand_beside_the_recorded_ones(banks):
    table = filters.errors_table(banks, MINIMA, recorded=True)
    rows = table.set_index(["kernels", "trained"])
    ours = rows.loc[("ordinary", "here")]
    assert ours["first"] == "300.000 (200.000 to 400.000)"
    assert ours["last"] == "2.000 (1.000 to 3.000)"
    assert (ours["penalty"], ours["minimum"]) == ("0.5", "2.100")
    # Before update 500, of 0 to 600, five sixths of the way are gone.
    assert ours["at update 500"].startswith("51.667 ")
    for kind in ("ordinary", "adaptive"):
        last = paper.number(f"records.filters.{kind}.last").value
        assert float(rows.loc[(kind, "by the authors")]["last"]) == 1e3 * last


def test_training_that_is_too_short_has_a_dash(banks):
    table = filters.errors_table(banks, MINIMA, recorded=False)
    assert set(table["trained"]) == {"here"}
    (short,) = table.query("kernels == 'adaptive'").to_dict("records")
    assert (short["at update 500"], short["minimum"]) == ("–", "–")


def test_one_penalty_gives_the_recorded_error():
    table = filters.penalty_table().set_index("L2 penalty")
    assert dict(table["the same"]) == {"0.001": "no", "0.01": "yes"}
    facts = filters.penalty_facts()
    assert facts["at"] == facts["recorded"] == table["recorded"].iloc[0]
    assert facts["penalty_low"] < 0.01 < facts["penalty_high"]


def test_settings_are_those_of_the_paper_and_of_both_penalties():
    settings = filters.settings_facts()
    for name in ("learning_rate", "momentum"):
        assert float(settings[name]) == paper.number(f"filters.{name}").value
    assert float(settings["recorded"]) == 10 * float(settings["code"])


def test_claims_say_of_what_the_kernels_explain_so_much(results):
    values = {
        "explained_adaptive": [0.99] * 9,
        "explained_ordinary": [0.5] + [0.99] * 8,
        "moved": [0.2] * 9,
        "settled": [100, 300],
        "early": [0.25, 0.25],
        "updates": 2500,
    }
    save_result("filter_learning", values, {})
    explain = "explain over 90 % of the variance of their targets"
    assert ask("filters learned").ours == f"the outputs of 9 of 9 kernels {explain}"
    assert ask("filters both_learn").ours == (
        f"the outputs of 9 of 9 adaptive and 8 of 9 ordinary kernels {explain}"
    )
    latest = paper.number("filters.convergence.high").value
    early = f"25 % of the apertures by update {latest}"
    assert ask("filters most_converge").ours == early
    # By the last update that is printed, and not before it.
    save_result("filter_learning", values | {"settled": [latest, latest]}, {})
    assert ask("filters converges").verdict is Verdict.SAME_WAY


def test_loss_has_a_row_for_each_seed_and_update(banks):
    rows = filters.loss_rows(banks, {0.0: "none", 0.5: "half"})
    assert dict(rows["panel"].value_counts()) == {"half": 2 * 601, "none": 2 * 20}
    last = rows.query("panel == 'half' and seed == 2 and update == 600")
    assert last["loss"].tolist() == pytest.approx([0.003])
