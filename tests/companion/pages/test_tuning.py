import itertools

import pandas as pd
import pytest
from made_up_runs import frame_row
from scipy import stats

from aconv.companion.pages.ablations import (
    RATE_ARMS,
    TUNING_ARMS,
    ablations,
    chosen_arms,
    tuned,
    tuned_words,
    tuning,
    tuning_table,
)
from aconv.companion.studies.arms import ARMS, RATE_FACTORS, tuning_arm

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


def row(arm, seed, peak, share):
    cell = {"dataset": "mnist_cluttered", "kernel_size": 5, "share": share}
    return frame_row(arm, seed, peak, **cell)


def make_runs(held_out=HELD_OUT, peaks=PEAKS):
    rows = [
        row(tuning_arm(kind, factor), 31, peak, 0.02)
        for kind, of_kind in held_out.items()
        for factor, peak in of_kind.items()
    ]
    rows += [
        row(arm, seed, peak, 0.025)
        for arm, values in peaks.items()
        for seed, peak in zip((31, 48, 65), values, strict=True)
    ]
    return pd.DataFrame(rows)


def test_the_lowest_of_the_best_rates_is_chosen_for_each_kind():
    table = tuning(make_runs())
    assert len(table) == len(TUNING_ARMS) == 10
    chosen = table[table["chosen"]].set_index("kind")["rate_factor"]
    assert chosen.to_dict() == {"adaptive": 3, "ordinary": 1}
    (arms,) = chosen_arms(make_runs()).itertuples()
    assert (arms.adaptive, arms.ordinary) == ("adaptive-rate-x3", "ordinary")


def test_no_rate_is_chosen_before_all_are_recorded():
    for kind, factor in itertools.product(HELD_OUT, RATE_FACTORS):
        held_out = {name: dict(values) for name, values in HELD_OUT.items()}
        del held_out[kind][factor]
        runs = make_runs(held_out)
        assert set(tuning(runs)["kind"]) == set(HELD_OUT) - {kind}
        assert chosen_arms(runs).empty
        assert tuned(runs).empty
        assert ablations(runs).empty


def test_kinds_are_compared_at_their_own_rates():
    (found,) = tuned(make_runs()).itertuples()
    scores = [[100 * p for p in PEAKS[a]] for a in ("adaptive-rate-x3", "ordinary")]
    expected = stats.ttest_ind(*scores, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert [found.difference, found.low, found.high] == pytest.approx(
        [sum(scores[0]) / 3 - sum(scores[1]) / 3, interval.low, interval.high]
    )
    (moved,) = ablations(make_runs()).itertuples()
    assert moved.title == ARMS["adaptive-rate-x3"].title
    assert moved.moves == pytest.approx(12)


def test_a_run_on_training_images_is_in_no_comparison():
    runs = make_runs()
    assert set(RATE_ARMS).isdisjoint(TUNING_ARMS)
    lower = runs["arm"].isin(TUNING_ARMS)
    runs.loc[lower & (runs["arm"] != "adaptive-tuning-x3"), "peak"] /= 2
    columns = ["difference", "low", "high"]
    pd.testing.assert_frame_equal(tuned(runs)[columns], tuned(make_runs())[columns])


def test_rates_of_a_version_are_found_by_its_own_runs():
    other = make_runs().assign(version="code-2020-09")
    lower = (other["arm"] == "adaptive-tuning-x3") | (other["arm"] == "ordinary")
    other.loc[lower, "peak"] = 0.05
    both = pd.concat([make_runs(), other], ignore_index=True)
    arms = chosen_arms(both).set_index("version")["adaptive"].to_dict()
    assert arms["paper"] == "adaptive-rate-x3"
    assert arms["code-2020-09"] == "adaptive-rate-x10"
    alone = tuned(make_runs())
    of_paper = tuned(both).query("version == 'paper'").reset_index(drop=True)
    columns = ["difference", "low", "high"]
    pd.testing.assert_frame_equal(of_paper[columns], alone[columns])


def test_table_shows_every_rate_and_the_choice():
    table = tuning_table(tuning(make_runs())).set_index("kernels")
    assert list(table.columns)[-1] == "chosen"
    assert table.loc["adaptive", "chosen"] == "3"
    assert table.loc["ordinary", "× 10"] == "10.0"
    words = tuned_words(make_runs())
    assert "−9.0 [" in words
    assert "−21.0 [−26.5, −15.5] at the rate of the profile (3 seeds)" in words
    assert "edge" not in words


def test_words_say_what_is_at_the_edge_or_missing():
    held_out = HELD_OUT | {"ordinary": dict.fromkeys(RATE_FACTORS, 0.5)}
    peaks = PEAKS | {"ordinary-rate-x0.3": (0.6, 0.7, 0.8)}
    assert "lowest or the highest that was tried" in tuned_words(
        make_runs(held_out, peaks)
    )
    without = {k: v for k, v in PEAKS.items() if k != "adaptive-rate-x3"}
    assert "not recorded" in tuned_words(make_runs(peaks=without))
