"""The body of the chapters on Tables 2 and 3, on records that were made up."""

import dataclasses
import types

import numpy as np
import pandas as pd
import pytest
import sweeps
from curves import make_runs, peaks
from made_up_runs import short_records as records

from aconv.companion import runs
from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import printed_results
from aconv.companion.analysis.apertures import at_largest_size
from aconv.companion.analysis.evidence import judge_comparisons
from aconv.companion.chapters.classification import apertures
from aconv.companion.chapters.classification import show as classification
from aconv.companion.chapters.classification.choices import choice_effects
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import RunStore, grid
from aconv.companion.stats import Claim, Evidence, Verdict

JUNE = "code-2020-06"
FULL = Evidence("paper", "of a version", "full", 1, 5, "complete")


@pytest.fixture
def shown(tmp_path):
    """Makes the recorded runs of a study, two sets of both kinds by default."""

    def make(found=None, study="simple"):
        found = records() if found is None else found
        return Runs(study, found, RunStore(tmp_path), are_recorded=True)

    return make


def test_live_runs_take_the_records_that_are_there(tmp_path, monkeypatch):
    store = RunStore(tmp_path)
    sets = ["digits", "face_patches"]
    cell = {"datasets": sets, "kernel_sizes": [3]}
    specs = grid("simple", "demo", JUNE, **cell, seeds=[31])
    for spec in [*specs, *grid("simple", "demo", **cell, seeds=[31])]:
        store.put(sweeps.record(spec))
    monkeypatch.setattr(runs, "store_for", lambda profile: store)
    live = Runs.live("simple", "demo", version=JUNE, **cell, seeds=1, epochs=None)
    assert [record.spec for record in live.records] == specs
    assert live.version == JUNE
    assert live.printed is None
    facts = classification.live_facts(live)
    titles = "Digits, Face patches (1 seed each)"
    assert facts["live"] == f"version {JUNE}, demo: {titles}"
    # Of the 480 images that the profile asks for, the small set has 150.
    trained = "Digits 480 images, 4 epochs; Face patches 150 images, 4 epochs"
    assert facts["live_training"] == trained


def test_recorded_runs_of_both_kinds_are_shown_instead(tmp_path, monkeypatch):
    live = Runs("simple", records(version=JUNE), RunStore(tmp_path))
    asked, found = [], []

    def recorded(study, *, version, profile):
        asked.append((study, version, profile))
        return found

    monkeypatch.setattr(runs, "load_comparable_runs", recorded)
    # One kind alone is no comparison.
    for few in ([], [r for r in records() if r.spec.kind == "ordinary"]):
        found[:] = few
        assert live.recorded_instead() is live
    found[:] = records()
    assert live.recorded_instead("short").are_recorded
    assert asked[-1] == ("simple", JUNE, "short")
    printed = live.recorded_instead().printed
    assert printed["t"].tolist() == printed_results("table2")["t"].tolist()


@pytest.mark.parametrize(
    ("study", "of_mnist"),
    [("simple", Verdict.SAME_WAY), ("resnet", Verdict.NOT_TESTED)],
)
def test_best_size_is_compared_and_judged_by_the_print(shown, study, of_mnist):
    judged = classification.judge(shown(study=study))
    assert judged.dataset.tolist() == ["mnist", "fashion_mnist"]
    assert judged.kernel_size.tolist() == [5, 5]
    np.testing.assert_allclose(judged.difference, 5)
    assert [j.verdict for j in judged.judgement] == [of_mnist, Verdict.SAME_WAY]


def test_what_was_found_is_said_with_its_evidence(shown):
    judged = classification.judge(shown())
    printed = printed_results("table2")
    words = classification.found_words(judged, printed)
    start = "Of 2 printed comparisons with recorded runs: points the same way 2 (short"
    assert words.startswith(start)
    assert "At full length" not in words
    assert classification.at_scale_text(judged, None) == ""
    assert "nothing is decided" in classification.found_words(judged[:0], printed)
    first = judged.head(1).assign(evidence=[FULL], mean_second=12.25, difference=-3.5)
    words = classification.found_words(first, printed)
    mean = printed.set_index("dataset").loc["mnist", "mean_second"]
    assert (
        "At full length: MNIST 5×5 −3.50 points, in the paper +0.05 (ordinary kernels "
        f"12.2 %, in the paper {mean:.1f} %; adaptive kernels "
    ) in words
    assert "Fashion" not in words


def test_runs_of_two_versions_are_not_shown_together(shown):
    both = shown([*records(seeds=[31]), *records(version=JUNE, seeds=[31])])
    with pytest.raises(ValueError, match="too many values"):
        _ = both.version


def test_what_the_last_epoch_would_change_is_said():
    rows = [
        ("mnist", "best", "either", 1.0, 0.01),
        ("mnist", "last", "either", -0.5, 0.2),
        ("cifar10", "best", "the images", 2.0, 0.3),
        # The paper's way of choosing the size comes first.
        ("cifar10", "best", "other runs", -9.0, 0.01),
        ("cifar10", "last", "the images", 1.0, 0.4),
    ]
    names = ["dataset", "epoch", "size", "difference", "p"]
    effects = pd.DataFrame(rows, columns=names)
    assert classification.choice_words(effects) == (
        "With the last epoch in place of the best one, the sign of the difference "
        "changes on MNIST, and p passes 0.05 on MNIST (+1.00 against −0.50 points, "
        "p = 0.01 against 0.2)."
    )
    some = classification.choice_words(effects[2:])
    assert some.endswith("changes on no data set, and p passes 0.05 on none.")
    assert classification.choice_words(effects[:0]) == ""


def test_text_of_a_comparison_names_its_runs_only(shown):
    runs = shown([*records(), *records(datasets=["cifar10"], seeds=[31])])
    assert "CIFAR-10 (1 seed)" in runs.text
    compared = classification.at_every_size(runs)
    text = (
        "version paper, short (0.6 to 1.9 % of the paper's training): MNIST, "
        "Fashion-MNIST (5 seeds each)"
    )
    assert classification.describe_compared(runs, compared) == text


def test_apertures_are_those_of_fashion_mnist_if_there_are_any(shown):
    moving = apertures.Apertures.of(shown())
    assert moving.dataset == "fashion_mnist"
    assert moving.text == (
        "version paper, short (1.9 % of the paper's training): Fashion-MNIST (5 seeds)"
    )
    assert set(moving.shown_paths()["seed"]) == {31}
    other = shown(records(datasets=["mnist", "cifar10"]))
    assert apertures.Apertures.of(other).dataset == "mnist"
    # Of the first runs that have any, and of the version's own adaptive arm alone.
    none = shown(records(arms=["ordinary"]))
    assert apertures.Apertures.of(none, other).dataset == "mnist"
    kept = records(datasets=["mnist"], arms=["kept-apertures"])
    of = apertures.Apertures.of(shown([*kept, *records(datasets=["mnist"])]))
    assert set(of.paths["arm"]) == {"adaptive"}


def test_facts_of_apertures_are_those_of_the_records(shown):
    runs = shown(records(datasets=["fashion_mnist"]))
    facts = apertures.Apertures.of(runs).facts()
    paths = [r.apertures["conv_1"] for r in runs.records if r.apertures]
    starts = np.concatenate([path.first for path in paths])
    assert facts["start_low"] == starts.min()
    assert facts["below"] == pytest.approx(100 * np.mean(starts < 1 / 3))
    assert (facts["small"], facts["largest"]) == (3, 5)
    words = apertures.Apertures.of(runs).words()
    assert words.startswith(f"At 5×5 at least {facts['width']:.1f} pixels")
    assert f"moves an aperture by {facts['moved']:.3f}" in words


def test_kernels_are_of_the_largest_run_that_kept_its_weights(shown):
    kernel = np.arange(5 * 5 * 3 * 4).reshape(5, 5, 3, 4).astype("float16")
    found = [
        dataclasses.replace(record, weights_sha256="0" * 64 if record.apertures else "")
        for record in records(seeds=[31])
    ]
    store = types.SimpleNamespace(weights=lambda record: {"conv_1/kernel": kernel})
    runs = dataclasses.replace(shown(found), store=store)
    moving = apertures.Apertures.of(runs)
    name, kernels, ordered = apertures.learned_kernels(moving, runs)
    assert name == "Fashion-MNIST, 5×5, seed 31, short, version paper"
    assert (np.diff(ordered) >= 0).all()
    last = at_largest_size(moving.changes).sort_values("filter")["last"].to_numpy()
    np.testing.assert_allclose(ordered, np.sort(last))
    order = np.argsort(last)
    np.testing.assert_allclose(kernels, kernel.mean(axis=2)[..., order], rtol=1e-3)


def test_sizes_are_named_by_data_set():
    cells = [("mnist", 7), ("mnist", 3), ("mnist", 5), ("cifar10", 7), ("cifar10", 7)]
    runs = pd.DataFrame(cells, columns=["dataset", "kernel_size"])
    assert classification.sizes_text(runs) == "MNIST 3×3, 5×5 and 7×7; CIFAR-10 7×7"


ARM = ["version", "profile", "dataset", "kernel_size", "arm"]


def judged(runs, curves, claims):
    table = accuracy.compare(
        accuracy.at_best_sizes(runs), accuracy.ADAPTIVE, accuracy.ORDINARY
    )
    return judge_comparisons(
        table, claims, curves, accuracy.ADAPTIVE, accuracy.ORDINARY
    )


def test_arms_show_rounded_numbers_one_run_no_spread_and_none_a_dash(runs):
    row = classification.arms_table(accuracy.summarise_arms(runs[1:], ARM)).iloc[0]
    scores = peaks(runs[1:], "mnist", 3, "adaptive")
    mean, std, maximum = np.mean(scores), np.std(scores), max(scores)
    assert (row["data set"], row["size"], row["runs"]) == ("MNIST", "3×3", "3 / 2")
    assert row["adaptive"] == f"{mean:.2f} ± {std:.2f} ({maximum:.2f})"
    one = runs[(runs.seed == runs.seed.min()) & (runs.kernel_size == 3)]
    row = classification.arms_table(
        accuracy.summarise_arms(one[one.kind == "adaptive"], ARM)
    ).iloc[0]
    assert row["adaptive"] == f"{peaks(one, 'mnist', 3, 'adaptive')[0]:.2f}"
    assert (row["ordinary"], row["runs"]) == ("–", "0 / 1")


def test_ours_are_below_each_line_of_the_paper(runs):
    compared = accuracy.compare(
        runs, accuracy.ADAPTIVE, accuracy.ORDINARY, test="student"
    )
    beside = classification.table_with_printed(
        compared, accuracy.printed_results("table2")
    )
    ours = "ours, short (version paper)"
    assert beside["source"].tolist()[:4] == ["the paper", ours, ours, "the paper"]
    assert beside["data set"].tolist()[:4] == [*["MNIST"] * 3, "MNIST-Cluttered"]
    assert beside["t"][1] == f"{compared.t[0]:.2f}"


def test_differences_name_claim_verdict_and_evidence(runs, curves):
    printed = accuracy.printed_results("table3")
    claims = dict(zip(printed["dataset"], printed["claim"], strict=True))
    (row,) = classification.differences_table(
        judged(runs, curves, claims), printed
    ).to_dict("records")
    assert row["paper"] == "+0.01 (not significant)"
    assert row["verdict"] == "not tested: no claim to test"
    assert row["evidence"] == (
        "short (1 % of the paper's training), 3 seeds; version paper"
    )
    assert "paper" not in classification.differences_table(
        judged(runs, curves, Claim(1))
    )


def test_gaps_choices_and_tables_without_rows(runs, curves):
    choices = text_table(choice_effects(curves), classification.CHOICES)
    assert set(choices["size"]) <= {"3×3", "5×5", "3×3, 5×5", "5×5, 3×3"}
    gaps = accuracy.compare(runs, accuracy.ADAPTIVE, accuracy.ORDINARY, score="gap")
    row = text_table(gaps, classification.GAPS).iloc[0]
    assert row["ordinary"] == f"{gaps.mean_second[0]:.2f}"
    assert row["adaptive"] == f"{gaps.mean_first[0]:.2f}"
    alone = curves[curves.kind == "adaptive"]
    nothing = accuracy.compare(make_runs(alone), accuracy.ADAPTIVE, accuracy.ORDINARY)
    assert text_table(nothing, classification.GAPS).empty
    assert classification.differences_table(
        judged(make_runs(alone), alone, Claim(1))
    ).empty
    beside = classification.table_with_printed(
        nothing, accuracy.printed_results("table2")
    )
    assert beside["source"].unique().tolist() == ["the paper"]


def test_coverage_is_summed_over_arms_and_lacks_what_failed():
    columns = ["profile", "done", "partial", "failed", "missing", "hours"]
    rows = [
        ("short", 5, 0, 0, 0, 0.0),
        ("short", 3, 1, 1, 0, 2.0),
        ("full", 0, 0, 2, 3, np.nan),
    ]
    arms = pd.DataFrame(rows, columns=columns).assign(dataset="mnist", version="paper")
    table = text_table(
        classification.coverage_of_profiles(arms), classification.COVERAGE
    ).iloc[:, 2:]
    assert table.to_numpy().tolist() == [
        ["short", "8", "1", "1", "2.0 h"],
        ["full", "0", "0", "5", "not known"],
    ]


def test_versions_and_arms_of_one_kind_have_rows_of_their_own(runs):
    small = runs[runs["kernel_size"] == 3]
    other = small.assign(version="code-2020-09", peak=small["peak"] / 2)
    kept = small[small["kind"] == "adaptive"].assign(arm="kept-apertures", peak=0.1)
    table = classification.arms_table(
        accuracy.summarise_arms(pd.concat([small, other, kept]), ARM)
    )
    assert table["version"].tolist() == ["paper", "code-2020-09"]
    mean = np.mean(peaks(small, "mnist", 3, "adaptive"))
    assert [cell.split(" ")[0] for cell in table["adaptive"]] == [
        f"{mean:.2f}",
        f"{mean / 2:.2f}",
    ]
