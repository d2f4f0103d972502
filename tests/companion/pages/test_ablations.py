"""What single choices do to an arm, against plain means and SciPy."""

import re

import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame
from scipy import stats

from aconv.companion.pages.ablations import (
    ABLATIONS,
    TUNING_ARMS,
    ablations,
    ablations_table,
)
from aconv.companion.pages.versions import versions_table
from aconv.companion.runs import ARMS
from aconv.companion.stats import holm
from aconv.companion.studies.differences import differences


def make_runs(arms, **values):
    return frame(arms, np.random.default_rng(5), **values)


def peaks_of(runs):
    return {arm: 100 * part.peak.to_numpy() for arm, part in runs.groupby("arm")}


def with_rates():
    """Runs whose tuning chose ten times the rate for ordinary kernels alone."""
    runs = make_runs(
        ["adaptive", "ordinary", "aperture-rate-0", "ordinary-rate-x10", *TUNING_ARMS]
    )
    chosen = {"adaptive-tuning-x1": 0.9, "ordinary-tuning-x10": 0.9}
    return runs.assign(peak=runs.arm.map(chosen).fillna(runs.peak))


def test_choices_move_the_comparison_by_what_they_add_to_their_arm():
    runs = with_rates()
    rows = ablations(runs).set_index("title")
    assert len(rows) == 2
    peaks = peaks_of(runs)
    choices = (
        ("aperture-rate-0", "adaptive", 1),
        # What ordinary kernels gain the comparison loses.
        ("ordinary-rate-x10", "ordinary", -1),
    )
    tests = [
        stats.ttest_ind(sign * peaks[arm], sign * peaks[base], equal_var=False)
        for arm, base, sign in choices
    ]
    p = [test.pvalue for test in tests]
    for (arm, base, sign), test in zip(choices, tests, strict=True):
        row = rows.loc[ARMS[arm].title]
        assert row.moves == pytest.approx(
            sign * (peaks[arm].mean() - peaks[base].mean())
        )
        # By Holm: the larger p has the narrower interval if the smaller one rejects.
        level = 0.05 if test.pvalue == max(p) and min(p) < 0.05 / 2 else 0.05 / 2
        np.testing.assert_allclose(
            [row.low, row.high], test.confidence_interval(1 - level), rtol=1e-6
        )
        assert (row.n, row.n_without) == (3, 3)
    np.testing.assert_allclose(rows["p_holm"], holm(p))


def test_choices_are_held_against_the_arm_of_their_own_version():
    arms = ["adaptive", "apertures-0.6"]
    september = make_runs(arms, version="code-2020-09")
    september["peak"] /= 2
    both = pd.concat([make_runs(arms), september], ignore_index=True)
    rows = ablations(both).set_index("version")["moves"]
    for version, runs in both.groupby("version"):
        peaks = peaks_of(runs)
        expected = peaks["apertures-0.6"].mean() - peaks["adaptive"].mean()
        assert rows[version] == pytest.approx(expected)
    lone = pd.concat([make_runs(arms[:1]), september[september.arm == arms[1]]])
    assert ablations(lone).empty


def test_every_choice_has_a_row_also_where_nothing_is_recorded():
    nothing = ablations_table(ablations(make_runs(["adaptive", "ordinary"])))
    assert set(nothing["choice"]) == {ARMS[name].title for name in ABLATIONS}
    assert set(nothing["set"]) == {"not recorded yet"}
    some = ablations_table(ablations(make_runs(["adaptive", "restandardized"])))
    assert len(some) == len(ABLATIONS)
    assert (some["set"] != "not recorded yet").sum() == 1


def test_every_choice_changes_one_setting_of_the_adaptive_arm():
    for name in ABLATIONS:
        assert ARMS[name].layer == ARMS[name].start == "adaptive"
        assert len(ARMS[name].departs) == 1, name


@pytest.mark.parametrize("study", ["simple", "resnet", "unet"])
def test_versions_are_shown_beside_each_other_in_words(study):
    html = versions_table(study).to_html()
    for column in differences(study).columns[1:]:
        assert column in html
    assert len(versions_table(study).data) == len(differences(study))
    # The names of values in the code are no words.
    assert not re.search(r"conv-|-mean|-flip|standardize", html)
    assert "`" not in html
