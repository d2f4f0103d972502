"""Tables of the chapters on Tables 2 and 3."""

import numpy as np
import pandas as pd
from curves import make_runs, peaks

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.evidence import judge_comparisons
from aconv.companion.chapters.classification import show as page
from aconv.companion.chapters.classification.choices import choice_effects
from aconv.companion.pages.tables import text_table
from aconv.companion.stats import Claim

ARM = ["version", "profile", "dataset", "kernel_size", "arm"]


def judged(runs, curves, claims):
    table = accuracy.compare(
        accuracy.at_best_sizes(runs), accuracy.ADAPTIVE, accuracy.ORDINARY
    )
    return judge_comparisons(
        table, claims, curves, accuracy.ADAPTIVE, accuracy.ORDINARY
    )


def test_arms_show_rounded_numbers_one_run_no_spread_and_none_a_dash(runs):
    row = page.arms_table(accuracy.summarise_arms(runs[1:], ARM)).iloc[0]
    scores = peaks(runs[1:], "mnist", 3, "adaptive")
    mean, std, maximum = np.mean(scores), np.std(scores), max(scores)
    assert (row["data set"], row["size"], row["runs"]) == ("MNIST", "3×3", "3 / 2")
    assert row["adaptive"] == f"{mean:.2f} ± {std:.2f} ({maximum:.2f})"
    one = runs[(runs.seed == runs.seed.min()) & (runs.kernel_size == 3)]
    row = page.arms_table(
        accuracy.summarise_arms(one[one.kind == "adaptive"], ARM)
    ).iloc[0]
    assert row["adaptive"] == f"{peaks(one, 'mnist', 3, 'adaptive')[0]:.2f}"
    assert (row["ordinary"], row["runs"]) == ("–", "0 / 1")


def test_ours_are_below_each_line_of_the_paper(runs):
    compared = accuracy.compare(
        runs, accuracy.ADAPTIVE, accuracy.ORDINARY, test="student"
    )
    beside = page.table_with_printed(compared, accuracy.printed_results("table2"))
    ours = "ours, short (version paper)"
    assert beside["source"].tolist()[:4] == ["the paper", ours, ours, "the paper"]
    assert beside["data set"].tolist()[:4] == [*["MNIST"] * 3, "MNIST-Cluttered"]
    assert beside["t"][1] == f"{compared.t[0]:.2f}"


def test_differences_name_claim_verdict_and_evidence(runs, curves):
    printed = accuracy.printed_results("table3")
    claims = dict(zip(printed["dataset"], printed["claim"], strict=True))
    (row,) = page.differences_table(judged(runs, curves, claims), printed).to_dict(
        "records"
    )
    assert row["paper"] == "+0.01 (not significant)"
    assert row["verdict"] == "not tested: no claim to test"
    assert row["evidence"] == (
        "short (1 % of the paper's training), 3 seeds; version paper"
    )
    assert "paper" not in page.differences_table(judged(runs, curves, Claim(1)))


def test_gaps_choices_and_tables_without_rows(runs, curves):
    choices = text_table(choice_effects(curves), page.CHOICES)
    assert set(choices["size"]) <= {"3×3", "5×5", "3×3, 5×5", "5×5, 3×3"}
    gaps = accuracy.compare(runs, accuracy.ADAPTIVE, accuracy.ORDINARY, score="gap")
    row = text_table(gaps, page.GAPS).iloc[0]
    assert row["ordinary"] == f"{gaps.mean_second[0]:.2f}"
    assert row["adaptive"] == f"{gaps.mean_first[0]:.2f}"
    alone = curves[curves.kind == "adaptive"]
    nothing = accuracy.compare(make_runs(alone), accuracy.ADAPTIVE, accuracy.ORDINARY)
    assert text_table(nothing, page.GAPS).empty
    assert page.differences_table(judged(make_runs(alone), alone, Claim(1))).empty
    beside = page.table_with_printed(nothing, accuracy.printed_results("table2"))
    assert beside["source"].unique().tolist() == ["the paper"]


def test_coverage_is_summed_over_arms_and_lacks_what_failed():
    columns = ["profile", "done", "partial", "failed", "missing", "hours"]
    rows = [
        ("short", 5, 0, 0, 0, 0.0),
        ("short", 3, 1, 1, 0, 2.0),
        ("full", 0, 0, 2, 3, np.nan),
    ]
    arms = pd.DataFrame(rows, columns=columns).assign(dataset="mnist", version="paper")
    table = text_table(page.coverage_of_profiles(arms), page.COVERAGE).iloc[:, 2:]
    assert table.to_numpy().tolist() == [
        ["short", "8", "1", "1", "2.0 h"],
        ["full", "0", "0", "5", "not known"],
    ]


def test_versions_and_arms_of_one_kind_have_rows_of_their_own(runs):
    small = runs[runs["kernel_size"] == 3]
    other = small.assign(version="code-2020-09", peak=small["peak"] / 2)
    kept = small[small["kind"] == "adaptive"].assign(arm="kept-apertures", peak=0.1)
    table = page.arms_table(
        accuracy.summarise_arms(pd.concat([small, other, kept]), ARM)
    )
    assert table["version"].tolist() == ["paper", "code-2020-09"]
    mean = np.mean(peaks(small, "mnist", 3, "adaptive"))
    assert [cell.split(" ")[0] for cell in table["adaptive"]] == [
        f"{mean:.2f}",
        f"{mean / 2:.2f}",
    ]
