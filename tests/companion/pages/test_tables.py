"""Tables of text: titles, rounded numbers, words for what is not there."""

import numpy as np
import pandas as pd
import pytest
from curves import make_curves, make_runs, peaks

from aconv.companion.analysis.accuracy import (
    ADAPTIVE,
    ORDINARY,
    at_sizes,
    best_sizes,
    compare,
    printed_results,
    summarise_arms,
)
from aconv.companion.analysis.choices import choice_effects, choice_tests
from aconv.companion.analysis.evidence import judge_comparisons
from aconv.companion.analysis.frames import settings_frame
from aconv.companion.pages.tables import (
    arms_table,
    beside_paper_table,
    captioned,
    choice_tests_table,
    choices_table,
    describe_runs,
    differences_table,
    gaps_table,
    settings_table,
    titled,
)
from aconv.companion.stats import Claim

ARM = ["version", "profile", "dataset", "kernel_size", "arm"]


@pytest.fixture
def curves():
    return make_curves()


@pytest.fixture
def runs(curves):
    return make_runs(curves)


def judged(runs, curves, claims):
    best = at_sizes(runs, best_sizes(runs, ADAPTIVE, ORDINARY))
    table = compare(best, ADAPTIVE, ORDINARY)
    return judge_comparisons(table, claims, curves, ADAPTIVE, ORDINARY)


def test_arms_show_titles_and_rounded_numbers(runs):
    row = arms_table(summarise_arms(runs[1:], ARM)).iloc[0]
    scores = peaks(runs[1:], "mnist", 3, "adaptive")
    mean, std, maximum = np.mean(scores), np.std(scores), max(scores)
    assert (row["data set"], row["size"], row["runs"]) == ("MNIST", "3×3", "3 / 2")
    assert row["adaptive"] == f"{mean:.2f} ± {std:.2f} ({maximum:.2f})"


def test_one_run_has_no_spread(runs):
    one = runs[(runs.seed == runs.seed.min()) & (runs.kernel_size == 3)]
    row = arms_table(summarise_arms(one, ARM)).iloc[0]
    assert row["adaptive"] == f"{peaks(one, 'mnist', 3, 'adaptive')[0]:.2f}"


def test_ours_are_below_each_line_of_the_paper(runs):
    compared = compare(runs, ADAPTIVE, ORDINARY, test="student")
    beside = beside_paper_table(compared, printed_results("table2"))
    ours = "version paper, short"
    assert beside["source"].tolist()[:4] == ["printed", ours, ours, "printed"]
    assert beside["data set"].tolist()[:4] == [*["MNIST"] * 3, "MNIST-Cluttered"]
    assert beside["t"][1] == f"{compared.t[0]:.2f}"
    assert set(beside_paper_table(compared)["source"]) == {ours}


def test_differences_name_claim_verdict_and_evidence(runs, curves):
    printed = printed_results("table3")
    claims = dict(zip(printed["dataset"], printed["claim"], strict=True))
    (row,) = differences_table(judged(runs, curves, claims), printed).to_dict("records")
    assert row["paper"] == "+0.01 (not significant)"
    assert row["verdict"] == "not tested: the paper claims no direction"
    assert row["evidence"] == "version paper; short; 1 % of the updates; 3 seeds"
    assert "paper" not in differences_table(judged(runs, curves, Claim(1)))


def test_runs_without_spread_leave_the_comparison_open(runs, curves):
    flat = runs.assign(peak=0.9 + 0.05 * (runs.kind == "adaptive"))
    table = differences_table(judged(flat, curves, Claim(1)))
    assert table["verdict"].tolist() == ["open"]


def test_nothing_to_compare_gives_tables_without_rows(curves):
    alone = curves[curves.kind == "adaptive"]
    runs = make_runs(alone)
    nothing = compare(runs, ADAPTIVE, ORDINARY)
    assert len(differences_table(judged(runs, alone, Claim(1)))) == 0
    assert len(beside_paper_table(nothing)) == len(gaps_table(nothing)) == 0
    effects = choice_effects(alone, ADAPTIVE, ORDINARY)
    tests = choice_tests(alone, ADAPTIVE, ORDINARY)
    assert len(choices_table(effects)) == len(choice_tests_table(tests)) == 0
    beside = beside_paper_table(nothing, printed_results("table2"))
    assert beside["source"].unique().tolist() == ["printed"]


def test_what_cannot_be_simulated_is_a_dash(curves):
    tests = choice_tests(curves.assign(val_accuracy=0.9), ADAPTIVE, ORDINARY)
    assert choice_tests_table(tests)["optimism (at most)"].tolist() == ["–"]


def test_gaps_show_ordinary_before_adaptive(runs):
    gaps = compare(runs, ADAPTIVE, ORDINARY, score="gap")
    row = gaps_table(gaps).iloc[0]
    assert row["ordinary"] == f"{gaps.mean_second[0]:.2f}"
    assert row["adaptive"] == f"{gaps.mean_first[0]:.2f}"


def test_captioned_table_has_a_caption_and_no_row_numbers(runs):
    html = captioned(titled(runs[["dataset"]])[:1], "Which sets").to_html()
    assert "Which sets" in html
    assert "MNIST" in html
    assert "row_heading" not in html


def test_arms_that_have_no_runs_yet_are_dashes(runs):
    table = arms_table(summarise_arms(runs[runs.kind == "adaptive"], ARM))
    assert set(table["ordinary"]) == {"–"}
    assert table["runs"].tolist() == ["0 / 3", "0 / 3"]


def test_runs_are_described_with_their_numbers_of_seeds():
    both = make_runs(make_curves(datasets=("mnist", "cifar10")))
    assert describe_runs(both[1:]) == (
        "version paper, profile short; MNIST 2 to 3 seeds, CIFAR-10 3 seeds"
    )
    # Two arms of one kind are not one of twice as many seeds.
    kept = both[both["kind"] == "adaptive"].assign(arm="kept-apertures")
    assert describe_runs(pd.concat([both, kept])) == (
        "version paper, profile short; MNIST 3 seeds, CIFAR-10 3 seeds"
    )
    # Nor are two versions.
    other = both[both["dataset"] == "mnist"].assign(version="code-2020-06")
    assert describe_runs(pd.concat([both, other])) == (
        "version paper, profile short; MNIST 3 seeds, CIFAR-10 3 seeds; "
        "version code-2020-06, profile short; MNIST 3 seeds"
    )


def test_versions_and_arms_of_one_kind_have_rows_of_their_own(runs):
    small = runs[runs["kernel_size"] == 3]
    other = small.assign(version="code-2020-09", peak=small["peak"] / 2)
    kept = small[small["kind"] == "adaptive"].assign(arm="kept-apertures", peak=0.1)
    table = arms_table(summarise_arms(pd.concat([small, other, kept]), ARM))
    assert table["version"].tolist() == ["paper", "code-2020-09"]
    mean = np.mean(peaks(small, "mnist", 3, "adaptive"))
    assert [cell.split(" ")[0] for cell in table["adaptive"]] == [
        f"{mean:.2f}",
        f"{mean / 2:.2f}",
    ]
    # By the kind alone they would be pooled.
    by_kind = [name for name in ARM if name != "arm"]
    with pytest.raises(ValueError, match="one `arm`"):
        summarise_arms(pd.concat([small, kept]), [*by_kind, "kind"])


def test_settings_table_keeps_the_profiles_of_a_data_set_together():
    table = settings_table(settings_frame("simple"))
    assert table["profile"].tolist() == ["short", "full"] * 5
    assert table["data set"].tolist()[:3] == ["MNIST", "MNIST", "MNIST-Cluttered"]
    assert table["rate"].tolist()[2:4] == ["0.05, constant", "0.1, plateau"]
    assert table["augmented"].tolist() == ["no"] * 8 + ["yes"] * 2
    resnet = settings_table(settings_frame("resnet"))
    assert set(resnet["rate"].str.split(", ").str[1]) == {"one cycle"}


def test_settings_are_those_of_the_version():
    rates = {
        version: settings_table(settings_frame("simple", ("full",), version))["rate"]
        for version in ("paper", "code-2020-09")
    }
    # Multipliers of MNIST and of cluttered digits: Table 1, and the code.
    assert rates["paper"].tolist()[:2] == ["0.01, plateau", "0.1, plateau"]
    assert rates["code-2020-09"].tolist()[:2] == ["0.1, plateau", "0.01, plateau"]


def test_table_without_rows_says_so():
    html = captioned(pd.DataFrame(columns=["set", "p"]), "What").to_html()
    assert html.count("no runs yet") == 1
    assert "–" in html
