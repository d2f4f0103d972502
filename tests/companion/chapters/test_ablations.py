"""What single choices do to an arm, and rates tuned for each kind, against SciPy."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame, frame_row
from scipy import stats

from aconv.companion.analysis import rates
from aconv.companion.analysis.accuracy import compare
from aconv.companion.chapters.classification import ablations as page
from aconv.companion.stats import holm
from aconv.companion.studies.arms import ARMS, RATE_FACTORS, tuning_arm
from aconv.companion.training.settings import KINDS

RATE_ARMS, TUNING_ARMS = rates.rate_arms(KINDS), rates.tuning_arms(KINDS)


def make_runs(arms, **values):
    return frame(arms, np.random.default_rng(5), **values)


def peaks_of(runs):
    return {arm: 100 * part.peak.to_numpy() for arm, part in runs.groupby("arm")}


def test_choices_move_the_comparison_by_what_they_add_to_their_arm():
    # Ten times the rate is chosen for ordinary kernels alone. What they gain the
    # comparison loses.
    arms = {"aperture-rate-0": "adaptive", "ordinary-rate-x10": "ordinary"}
    runs = make_runs([*arms, *arms.values(), *TUNING_ARMS])
    chosen = {"adaptive-tuning-x1": 0.9, "ordinary-tuning-x10": 0.9}
    runs["peak"] = runs.arm.map(chosen).fillna(runs.peak)
    rows = page.ablations(runs).set_index("title")
    assert len(rows) == 2
    peaks = peaks_of(runs)
    tests = [
        stats.ttest_ind(*pair, equal_var=False)
        for pair in (
            (peaks["aperture-rate-0"], peaks["adaptive"]),
            (peaks["ordinary"], peaks["ordinary-rate-x10"]),
        )
    ]
    p = [test.pvalue for test in tests]
    for arm, test in zip(arms, tests, strict=True):
        row = rows.loc[ARMS[arm].title]
        # By Holm: the larger p has the narrower interval if the smaller one rejects.
        level = 0.05 if test.pvalue == max(p) and min(p) < 0.05 / 2 else 0.05 / 2
        low, high = test.confidence_interval(1 - level)
        np.testing.assert_allclose(
            [row.moves, row.low, row.high], [(low + high) / 2, low, high], rtol=1e-6
        )
        assert (row.n, row.n_without) == (3, 3)
    np.testing.assert_allclose(rows["p_holm"], holm(p))


def test_choices_are_held_against_the_arm_of_their_own_version():
    arms = ["adaptive", "apertures-0.6"]
    september = make_runs(arms, version="code-2020-09")
    september["peak"] /= 2
    both = pd.concat([make_runs(arms), september], ignore_index=True)
    rows = page.ablations(both).set_index("version")["moves"]
    for version, runs in both.groupby("version"):
        peaks = peaks_of(runs)
        expected = peaks["apertures-0.6"].mean() - peaks["adaptive"].mean()
        assert rows[version] == pytest.approx(expected)
    lone = pd.concat([make_runs(arms[:1]), september[september.arm == arms[1]]])
    assert page.ablations(lone).empty


def test_every_choice_has_a_row_also_where_nothing_is_recorded():
    nothing = page.ablations_table(page.ablations(make_runs(["adaptive", "ordinary"])))
    assert set(nothing["choice"]) == {ARMS[name].title for name in page.ABLATIONS}
    assert set(nothing["set"]) == {"not recorded yet"}
    some = page.ablations_table(
        page.ablations(make_runs(["adaptive", "restandardized"]))
    )
    assert len(some) == len(page.ABLATIONS)
    assert (some["set"] != "not recorded yet").sum() == 1


def test_every_choice_changes_one_setting_of_the_adaptive_arm():
    for name in page.ABLATIONS:
        assert ARMS[name].layer == ARMS[name].start == "adaptive"
        assert len(ARMS[name].departs) == 1, name


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
    table = rates.tuning(make_rates())
    assert len(table) == len(TUNING_ARMS) == 10
    chosen = table[table["chosen"]].set_index("layer")["rate_factor"]
    assert chosen.to_dict() == {"adaptive": 3, "ordinary": 1}
    (arms,) = rates.chosen_arms(make_rates()).itertuples()
    assert (arms.adaptive, arms.ordinary) == ("adaptive-rate-x3", "ordinary")


@pytest.mark.parametrize("factor", RATE_FACTORS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_rate_is_chosen_before_all_are_recorded(kind, factor):
    without = {name: peak for name, peak in HELD_OUT[kind].items() if name != factor}
    runs = make_rates(HELD_OUT | {kind: without})
    assert set(rates.tuning(runs)["layer"]) == set(HELD_OUT) - {kind}
    for found in (rates.chosen_arms, rates.tuned, page.ablations):
        assert found(runs).empty


def test_kinds_are_compared_at_their_own_rates():
    (found,) = rates.tuned(make_rates()).itertuples()
    scores = [[100 * p for p in PEAKS[a]] for a in ("adaptive-rate-x3", "ordinary")]
    low, high = stats.ttest_ind(*scores, equal_var=False).confidence_interval(0.95)
    assert [found.difference, found.low, found.high] == pytest.approx(
        [(low + high) / 2, low, high]
    )
    (moved,) = page.ablations(make_rates()).itertuples()
    assert moved.title == ARMS["adaptive-rate-x3"].title
    assert moved.moves == pytest.approx(12)


ESTIMATE = ["difference", "low", "high"]


def test_a_run_on_training_images_is_in_no_comparison():
    runs = make_rates()
    assert set(RATE_ARMS).isdisjoint(TUNING_ARMS)
    lower = runs["arm"].isin(TUNING_ARMS)
    runs.loc[lower & (runs["arm"] != "adaptive-tuning-x3"), "peak"] /= 2
    pd.testing.assert_frame_equal(
        rates.tuned(runs)[ESTIMATE], rates.tuned(make_rates())[ESTIMATE]
    )


def test_rates_of_a_version_are_found_by_its_own_runs():
    other = make_rates().assign(version="code-2020-09")
    lower = (other["arm"] == "adaptive-tuning-x3") | (other["arm"] == "ordinary")
    other.loc[lower, "peak"] = 0.05
    both = pd.concat([make_rates(), other], ignore_index=True)
    arms = rates.chosen_arms(both).set_index("version")["adaptive"].to_dict()
    assert arms == {"paper": "adaptive-rate-x3", "code-2020-09": "adaptive-rate-x10"}
    of_paper = rates.tuned(both).query("version == 'paper'").reset_index(drop=True)
    alone = rates.tuned(make_rates())
    pd.testing.assert_frame_equal(of_paper[ESTIMATE], alone[ESTIMATE])


def test_table_shows_every_rate_and_the_choice():
    table = page.tuning_table(rates.tuning(make_rates())).set_index("kernels")
    assert list(table.columns)[-1] == "chosen"
    assert table.loc["adaptive", "chosen"] == "3"
    assert table.loc["ordinary", "× 10"] == "10.0"


def of_family(runs):
    """The comparison of the two kinds, with numbers that no comparison alone has."""
    arms = {"arm": "adaptive"}, {"arm": "ordinary"}
    table = compare(runs[~runs["arm"].str.contains("tuning")], *arms)
    return table.assign(size=table["kernel_size"], low=-60.0, high=18.0, p_holm=0.5)


LOWEST, HIGHEST = (
    HELD_OUT | {"ordinary": {f: 0.5 + 0.1 * (f == best) for f in RATE_FACTORS}}
    for best in (RATE_FACTORS[0], RATE_FACTORS[-1])
)
BEYOND = "highest that was tried, so a better one may lie beyond."
# Its own rate is chosen for adaptive kernels, too.
OWN = HELD_OUT | {"adaptive": {f: 0.9 - f / 10 for f in RATE_FACTORS} | {0.3: 0.1}}


@pytest.mark.parametrize(
    ("held_out", "family", "expected"),
    [
        (HELD_OUT, False, "−21.0 [−26.5, −15.5] at the rate of the profile (3 seeds)."),
        # The printed comparison has its interval of every page.
        (HELD_OUT, True, "−21.0 [−60.0, +18.0] at the rate of the profile (3 seeds)."),
        (
            OWN,
            True,
            "is −21.0 [−60.0, +18.0] points at these rates (3 seeds), which are those "
            "of the profile.",
        ),
        (LOWEST, False, BEYOND),
        (HIGHEST, False, BEYOND),
    ],
)
def test_words_say_the_rates_that_were_chosen(held_out, family, expected):
    edges = dict.fromkeys(["ordinary-rate-x0.3", "ordinary-rate-x30"], (0.6, 0.7, 0.8))
    runs = make_rates(held_out, PEAKS | edges)
    words = page.tuned_words(runs, of_family(runs) if family else None)
    assert words.endswith(expected)
    assert held_out is not HELD_OUT or "is −9.0 [" in words


def test_words_say_what_is_missing():
    without = {k: v for k, v in PEAKS.items() if k != "adaptive-rate-x3"}
    assert "not recorded" in page.tuned_words(make_rates(peaks=without))
