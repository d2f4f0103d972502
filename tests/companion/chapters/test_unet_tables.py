"""The body of the U-Net's chapter, on records that were made up, and SciPy."""

import numpy as np
import pytest
import scipy.stats
from made_up_unets import records

from aconv.companion import paper
from aconv.companion.analysis.segmentation import (
    ADAPTIVE,
    NETWORKS,
    ORDINARY,
    printed_comparisons,
)
from aconv.companion.chapters.unet import show as unet
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import RunStore
from aconv.companion.stats import holm


@pytest.fixture
def runs(tmp_path):
    return Runs("unet", records(), RunStore(tmp_path), are_recorded=True)


def test_networks_are_those_of_the_study():
    assert NETWORKS["adaptive 7×7"] == ADAPTIVE
    assert [arm["kernel_size"] for arm in ORDINARY.values()] == [3, 7]


@pytest.mark.parametrize("test", ["student", "welch"])
def test_the_two_comparisons_of_a_score_are_one_family(runs, test):
    table = unet.compare_scores(runs.frame, test).set_index("score")
    assert len(table) == 2 * len(unet.LABELS)
    at = runs.frame
    for score, of_score in table.groupby("score"):
        factor = 1 if score == "train_loss" else 100
        a = factor * at.loc[at.kind == "adaptive", score]
        for row in of_score.itertuples():
            size = int(row.against[-1])
            of_size = (at.kind == "ordinary") & (at.kernel_size == size)
            b = factor * at.loc[of_size, score]
            theirs = scipy.stats.ttest_ind(a, b, equal_var=test == "student")
            assert row.difference == pytest.approx(a.mean() - b.mean())
            assert row.p == pytest.approx(theirs.pvalue)
        np.testing.assert_allclose(of_score.p_holm, holm(of_score.p))


def test_printed_comparisons_follow_from_the_printed_numbers():
    table = printed_comparisons().set_index("kernel_size")
    for size, row in table.iterrows():
        adaptive, ordinary = (
            paper.number(f"unet.oxford_pets.{arm}.mean").value
            for arm in ("adaptive.7x7", f"ordinary.{size}x{size}")
        )
        stds = [
            100 * paper.number(f"unet.oxford_pets.{arm}.std").as_fraction().value
            for arm in ("adaptive.7x7", f"ordinary.{size}x{size}")
        ]
        # Printed deviations divide by n.
        a, b = (std * (5 / 4) ** 0.5 for std in stds)
        theirs = scipy.stats.ttest_ind_from_stats(adaptive, a, 5, ordinary, b, 5)
        np.testing.assert_allclose([row.t, row.p], theirs)
        printed = paper.number(f"unet.oxford_pets.{size}x{size}.p").value
        assert row.p_printed == printed
    levels = unet.printed_accuracies()
    assert levels.keys() == {("ordinary", 3), ("ordinary", 7), ("adaptive", 7)}
    mean = paper.number("unet.oxford_pets.adaptive.7x7.mean").value
    assert levels["adaptive", 7] == pytest.approx(mean / 100)
    facts = unet.printed_facts(printed_comparisons())
    assert facts["paper_gap_7"] == pytest.approx(table.loc[7, "difference"])
    effects = text_table(printed_comparisons(), unet.PRINTED_EFFECTS)
    assert effects["Hedges g (interval)"][0].startswith(f"{table['g'].iloc[0]:.1f} (")


def test_scores_have_means_and_spreads_over_seeds(runs):
    table = unet.scores_table(runs.frame, ["peak", "train_loss"], printed=True)
    assert table["network"].tolist() == ["ordinary 3×3", "ordinary 7×7", "adaptive 7×7"]
    peaks = 100 * runs.frame.query("kind == 'adaptive'")["peak"]
    expected = f"{peaks.mean():.2f} ± {peaks.std(ddof=0):.2f}"
    assert table["peak acc."].tolist()[-1] == expected
    mean = paper.number("unet.oxford_pets.adaptive.7x7.mean").value
    assert table["peak acc., paper"].tolist()[-1].startswith(f"{mean:.2f} ± ")
    one = runs.frame[runs.frame.seed == 31]
    assert "±" not in unet.scores_table(one, ["peak"])["peak acc."][0]


def test_all_adaptive_network_is_in_the_tables_once_it_is_recorded(tmp_path):
    store = RunStore(tmp_path)
    published = records()
    for record in published:
        store.put(record)
    runs = Runs("unet", published, store, are_recorded=True)
    alone = unet.scores_table(unet.with_further(runs).frame, ["peak"], printed=True)
    assert alone["network"].tolist() == ["ordinary 3×3", "ordinary 7×7", "adaptive 7×7"]

    for record in records(arms=["all-adaptive"], ahead=0.1):
        store.put(record)
    # Of another profile and data set.
    for record in records("full", arms=["all-adaptive"], datasets=["oxford_pets"]):
        store.put(record)
    table = unet.scores_table(unet.with_further(runs).frame, ["peak"], printed=True)
    *others, last = table.to_dict("records")
    assert others == alone.to_dict("records")
    assert last["network"] == "adaptive, all kernels, first 7×7"
    assert last["peak acc., paper"] == "–"
    assert last["seeds"] == 5
    assert last["peak acc."].startswith("70.65 ± ")
    text = unet.further_text(unet.with_further(runs).frame)
    # 0.1 ahead of the ordinary networks, where the adaptive one is 0.05 ahead.
    assert "by +5.00 [" in text and "with one adaptive layer" in text
    assert "by +10.00 [" in text.partition("layer")[2]
    assert "from that of the network with none" in text
    assert "not recorded" in unet.further_text(runs.frame)
    # The comparisons with the paper are about its own networks.
    assert set(runs.frame["arm"]) == {"adaptive", "ordinary"}


def test_one_seed_compares_nothing(tmp_path):
    runs = Runs("unet", records(seeds=[31]), RunStore(tmp_path), are_recorded=True)
    shown = unet.differences_table(runs.frame)
    assert set(shown["interval"]) == {"fewer than 2 seeds"}
    assert set(shown["p (Holm)"]) == {"–"}


def test_facts_name_the_runs(runs):
    facts = unet.runs_facts(runs)
    assert facts["where"] == runs.text
    lowest = runs.frame["iou_border"].min()
    assert f"{lowest:.2f} (border)" in facts["classes_found"]
    assert "background" not in facts["classes_found"]
    assert facts["epochs"] == 3
    assert facts["updates"].endswith(" %")
    assert facts["images"].endswith(" %")
    assert unet.parameter_facts(runs) == {
        "parameters_adaptive_7": "100",
        "parameters_ordinary_3": "100",
        "parameters_ordinary_7": "100",
    }


def test_first_layer_is_that_of_the_first_runs_that_have_one(runs, tmp_path):
    ordinary = Runs("unet", records(arms=["ordinary"]), RunStore(tmp_path))
    figure, facts = unet.first_layer(ordinary, runs)
    ends = [r.apertures["conv_1"] for r in runs.records if r.spec.kind == "adaptive"]
    assert len(figure.axes) == 2
    first = np.median([path.first for path in ends])
    assert facts["aperture_first"] == pytest.approx(first, rel=1e-4)
    low = np.mean(np.array([path.last for path in ends]) <= 1 / 7)
    assert facts["at_bound"] == pytest.approx(100 * low)
    assert 1 <= facts["size_low"] <= facts["size_after"] <= facts["size_high"] <= 7
