"""What single choices do to an arm, and rates tuned for each kind, against SciPy."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame, frame_row
from scipy import stats

from aconv.companion.analysis.accuracy import compare
from aconv.companion.analysis.rates import (
    chosen_arms,
    rate_arms,
    tuned,
    tuning,
    tuning_arms,
)
from aconv.companion.chapters.classification.ablations import (
    ABLATIONS,
    ablations,
    ablations_table,
    tuned_words,
    tuning_table,
)
from aconv.companion.chapters.versions import versions_table
from aconv.companion.stats import holm
from aconv.companion.studies.arms import ARMS, RATE_FACTORS, tuning_arm
from aconv.companion.studies.differences import differences
from aconv.companion.training.settings import KINDS

RATE_ARMS, TUNING_ARMS = rate_arms(KINDS), tuning_arms(KINDS)


def make_runs(arms, **values):
    return frame(arms, np.random.default_rng(5), **values)


def peaks_of(runs):
    return {arm: 100 * part.peak.to_numpy() for arm, part in runs.groupby("arm")}


def test_choices_move_the_comparison_by_what_they_add_to_their_arm():
    # Ten times the rate is chosen for ordinary kernels alone.
    arms = ["adaptive", "ordinary", "aperture-rate-0", "ordinary-rate-x10"]
    runs = make_runs([*arms, *TUNING_ARMS])
    chosen = {"adaptive-tuning-x1": 0.9, "ordinary-tuning-x10": 0.9}
    runs["peak"] = runs.arm.map(chosen).fillna(runs.peak)
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
        moves = sign * (peaks[arm].mean() - peaks[base].mean())
        assert row.moves == pytest.approx(moves)
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


# Peak accuracy of the runs that find the rate, by kind and multiple.
HELD_OUT = {
    "adaptive": dict(zip(RATE_FACTORS, (0.3, 0.5, 0.6, 0.6, 0.2), strict=True)),
    "ordinary": dict(zip(RATE_FACTORS, (0.4, 0.7, 0.6, 0.1, 0.1), strict=True)),
}
PEAKS = {
    "adaptive": (0.50, 0.54, 0.52),
    "ordinary": (0.70, 0.74, 0.75),
    "adaptive-rate-x3": (0.66, 0.61, 0.65),
}


def make_rates(held_out=HELD_OUT, peaks=PEAKS):
    rows = [
        frame_row(tuning_arm(kind, factor), 31, peak, share=0.02)
        for kind, of_kind in held_out.items()
        for factor, peak in of_kind.items()
    ]
    rows += [
        frame_row(arm, seed, peak, share=0.025)
        for arm, values in peaks.items()
        for seed, peak in zip((31, 48, 65), values, strict=True)
    ]
    return pd.DataFrame(rows)


def test_the_lowest_of_the_best_rates_is_chosen_for_each_kind():
    table = tuning(make_rates())
    assert len(table) == len(TUNING_ARMS) == 10
    chosen = table[table["chosen"]].set_index("layer")["rate_factor"]
    assert chosen.to_dict() == {"adaptive": 3, "ordinary": 1}
    (arms,) = chosen_arms(make_rates()).itertuples()
    assert (arms.adaptive, arms.ordinary) == ("adaptive-rate-x3", "ordinary")


def test_no_rate_is_chosen_before_all_are_recorded():
    for kind, factor in itertools.product(HELD_OUT, RATE_FACTORS):
        held_out = {name: dict(values) for name, values in HELD_OUT.items()}
        del held_out[kind][factor]
        runs = make_rates(held_out)
        assert set(tuning(runs)["layer"]) == set(HELD_OUT) - {kind}
        assert chosen_arms(runs).empty
        assert tuned(runs).empty
        assert ablations(runs).empty


def test_kinds_are_compared_at_their_own_rates():
    (found,) = tuned(make_rates()).itertuples()
    scores = [[100 * p for p in PEAKS[a]] for a in ("adaptive-rate-x3", "ordinary")]
    expected = stats.ttest_ind(*scores, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert [found.difference, found.low, found.high] == pytest.approx(
        [sum(scores[0]) / 3 - sum(scores[1]) / 3, interval.low, interval.high]
    )
    (moved,) = ablations(make_rates()).itertuples()
    assert moved.title == ARMS["adaptive-rate-x3"].title
    assert moved.moves == pytest.approx(12)


def test_a_run_on_training_images_is_in_no_comparison():
    runs = make_rates()
    assert set(RATE_ARMS).isdisjoint(TUNING_ARMS)
    lower = runs["arm"].isin(TUNING_ARMS)
    runs.loc[lower & (runs["arm"] != "adaptive-tuning-x3"), "peak"] /= 2
    columns = ["difference", "low", "high"]
    pd.testing.assert_frame_equal(tuned(runs)[columns], tuned(make_rates())[columns])


def test_rates_of_a_version_are_found_by_its_own_runs():
    other = make_rates().assign(version="code-2020-09")
    lower = (other["arm"] == "adaptive-tuning-x3") | (other["arm"] == "ordinary")
    other.loc[lower, "peak"] = 0.05
    both = pd.concat([make_rates(), other], ignore_index=True)
    arms = chosen_arms(both).set_index("version")["adaptive"].to_dict()
    assert arms["paper"] == "adaptive-rate-x3"
    assert arms["code-2020-09"] == "adaptive-rate-x10"
    alone = tuned(make_rates())
    of_paper = tuned(both).query("version == 'paper'").reset_index(drop=True)
    columns = ["difference", "low", "high"]
    pd.testing.assert_frame_equal(of_paper[columns], alone[columns])


def test_table_shows_every_rate_and_the_choice():
    table = tuning_table(tuning(make_rates())).set_index("kernels")
    assert list(table.columns)[-1] == "chosen"
    assert table.loc["adaptive", "chosen"] == "3"
    assert table.loc["ordinary", "× 10"] == "10.0"
    words = tuned_words(make_rates())
    assert "−9.0 [" in words
    assert "−21.0 [−26.5, −15.5] at the rate of the profile (3 seeds)" in words
    assert "edge" not in words


def of_family(runs):
    """The comparison of the two kinds, with numbers that no comparison alone has."""
    arms = {"arm": "adaptive"}, {"arm": "ordinary"}
    table = compare(runs[~runs["arm"].str.contains("tuning")], *arms)
    return table.assign(size=table["kernel_size"], low=-60.0, high=18.0, p_holm=0.5)


def test_the_printed_comparison_has_its_interval_of_every_page():
    family = of_family(make_rates())
    words = tuned_words(make_rates(), family)
    assert "−21.0 [−60.0, +18.0] at the rate of the profile (3 seeds)" in words
    # Its own rate is chosen for adaptive kernels, too.
    first = {factor: 0.9 - factor / 10 for factor in RATE_FACTORS}
    held_out = HELD_OUT | {"adaptive": first | {0.3: 0.1}}
    same = tuned_words(make_rates(held_out), family)
    assert same.endswith(
        "is −21.0 [−60.0, +18.0] points at these rates (3 seeds), which are those of "
        "the profile."
    )


def test_words_say_what_is_at_the_edge_or_missing():
    held_out = HELD_OUT | {"ordinary": dict.fromkeys(RATE_FACTORS, 0.5)}
    peaks = PEAKS | {"ordinary-rate-x0.3": (0.6, 0.7, 0.8)}
    assert "lowest or the highest that was tried" in tuned_words(
        make_rates(held_out, peaks)
    )
    without = {k: v for k, v in PEAKS.items() if k != "adaptive-rate-x3"}
    assert "not recorded" in tuned_words(make_rates(peaks=without))
