import numpy as np
import pandas as pd
import pytest
from scipy import stats

from aconv.companion.analysis.ablations import ABLATIONS, ablations
from aconv.companion.pages.ablations import ablations_table, choices_made
from aconv.companion.runs import ARMS


def make_runs(arms, dataset="cifar10"):
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "study": "simple",
            "profile": "reduced",
            "share": 0.01,
            "dataset": dataset,
            "kernel_size": 7,
            "arm": arm,
            "kind": ARMS[arm].kind,
            "seed": seed,
            "peak": rng.uniform(0.4, 0.6),
        }
        for arm in arms
        for seed in (31, 48, 65)
    )


def test_choices_move_the_comparison_by_what_they_add_to_their_arm():
    runs = make_runs(
        ["adaptive", "ordinary", "rate-0", "adaptive-no-dropout", "ordinary-no-dropout"]
    )
    rows = ablations(runs).set_index("title")
    assert len(rows) == 3
    peaks = {arm: 100 * part.peak.to_numpy() for arm, part in runs.groupby("arm")}
    for arm, sign in (("rate-0", 1), ("ordinary-no-dropout", -1)):
        test = stats.ttest_ind(
            sign * peaks[arm], sign * peaks[ABLATIONS[arm]], equal_var=False
        )
        row = rows.loc[ARMS[arm].title]
        assert row.moves == pytest.approx(
            sign * (peaks[arm].mean() - peaks[ABLATIONS[arm]].mean())
        )
        np.testing.assert_allclose(
            [row.low, row.high], test.confidence_interval(0.95), rtol=1e-6
        )
        assert (row.n, row.n_without) == (3, 3)


def test_every_choice_has_a_row_also_where_nothing_is_recorded():
    nothing = ablations_table(ablations(make_runs(["adaptive", "ordinary"])))
    assert set(nothing["choice"]) == {ARMS[name].title for name in ABLATIONS}
    assert set(nothing["set"]) == {"not recorded yet"}
    some = ablations_table(ablations(make_runs(["adaptive", "rate-1"])))
    assert len(some) == len(ABLATIONS)
    assert (some["set"] != "not recorded yet").sum() == 1


def test_choices_are_shown_beside_each_other():
    html = choices_made("simple").to_html()
    assert "published code" in html
    assert "arm adaptive-swapped" in html
    assert "`" not in html
