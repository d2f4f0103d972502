"""The body of the U-Net's chapter, on records that were made up, and SciPy."""

import numpy as np
import pytest
import scipy.stats
from made_up_unets import records

from aconv.companion import paper
from aconv.companion.analysis.segmentation import NETWORKS, printed_comparisons
from aconv.companion.chapters.unet import show as unet
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import RunStore
from aconv.companion.stats import holm


def shown(folder, found=None):
    found = records() if found is None else found
    return Runs("unet", found, RunStore(folder), are_recorded=True)


@pytest.fixture
def runs(tmp_path):
    return shown(tmp_path)


@pytest.mark.parametrize("test", ["student", "welch"])
def test_the_two_comparisons_of_a_score_are_one_family(runs, test):
    table = unet.compare_scores(runs.frame, test).set_index("score")
    assert len(table) == 2 * len(unet.LABELS)
    at = runs.frame
    for score, of_score in table.groupby("score"):
        factor = 1 if score == "train_loss" else 100
        a = factor * at.loc[at.kind == "adaptive", score]
        for row in of_score.itertuples():
            of_size = at[
                (at.kind == "ordinary") & (at.kernel_size == int(row.against[-1]))
            ]
            b = factor * of_size[score]
            theirs = scipy.stats.ttest_ind(a, b, equal_var=test == "student")
            assert row.difference == pytest.approx(a.mean() - b.mean())
            assert row.p == pytest.approx(theirs.pvalue)
        np.testing.assert_allclose(of_score.p_holm, holm(of_score.p))


def printed_of(arm):
    mean = paper.number(f"unet.oxford_pets.{arm}.mean").value
    std = paper.number(f"unet.oxford_pets.{arm}.std").as_fraction().value
    # Printed deviations divide by n.
    return mean, 100 * std * (5 / 4) ** 0.5, 5


def test_printed_comparisons_follow_from_the_printed_numbers():
    table = printed_comparisons()
    assert table["kernel_size"].tolist() == [3, 7]
    for row in table.itertuples():
        size = f"{row.kernel_size}x{row.kernel_size}"
        arms = *printed_of("adaptive.7x7"), *printed_of(f"ordinary.{size}")
        np.testing.assert_allclose(
            [row.t, row.p], scipy.stats.ttest_ind_from_stats(*arms)
        )
        assert row.p_printed == paper.number(f"unet.oxford_pets.{size}.p").value
    levels = unet.printed_accuracies()
    assert levels.keys() == {("ordinary", 3), ("ordinary", 7), ("adaptive", 7)}
    assert levels["adaptive", 7] == pytest.approx(printed_of("adaptive.7x7")[0] / 100)
    facts = unet.printed_facts(table)
    assert facts["paper_gap_7"] == pytest.approx(table["difference"][1])
    effects = text_table(table, unet.PRINTED_EFFECTS)
    assert effects["Hedges g (interval)"][0].startswith(f"{table['g'][0]:.1f} (")


def test_scores_have_means_and_spreads_over_seeds(runs):
    table = unet.scores_table(runs.frame, ["peak", "train_loss"], printed=True)
    assert table["network"].tolist() == ["ordinary 3×3", "ordinary 7×7", "adaptive 7×7"]
    last = table.iloc[-1]
    peaks = 100 * runs.frame.query("kind == 'adaptive'")["peak"]
    assert last["peak acc."] == f"{peaks.mean():.2f} ± {peaks.std(ddof=0):.2f}"
    assert last["peak acc., paper"].startswith(
        f"{printed_of('adaptive.7x7')[0]:.2f} ± "
    )
    one = runs.frame[runs.frame.seed == 31]
    assert "±" not in unet.scores_table(one, ["peak"])["peak acc."][0]


def test_all_adaptive_network_is_in_the_tables_once_it_is_recorded(runs):
    def table():
        further = unet.with_further(runs).frame
        return unet.scores_table(further, ["peak"], printed=True).to_dict("records")

    alone = table()
    assert [row["network"] for row in alone] == list(NETWORKS)
    # The latter of another profile and data set.
    pets = records("full", arms=["all-adaptive"], datasets=["oxford_pets"])
    for record in [*runs.records, *records(arms=["all-adaptive"], ahead=0.1), *pets]:
        runs.store.put(record)
    *others, last = table()
    assert others == alone
    assert last["network"] == "adaptive, all kernels, first 7×7"
    assert (last["peak acc., paper"], last["seeds"]) == ("–", 5)
    assert last["peak acc."].startswith("70.65 ± ")
    text = unet.further_text(unet.with_further(runs).frame)
    # 0.1 ahead of the ordinary networks, where the adaptive one is 0.05 ahead.
    assert "by +5.00 [" in text and "with one adaptive layer" in text
    assert "by +10.00 [" in text.partition("layer")[2]
    assert "from that of the network with none" in text
    assert "not recorded" in unet.further_text(runs.frame)


def test_one_seed_compares_nothing(tmp_path):
    table = unet.differences_table(shown(tmp_path, records(seeds=[31])).frame)
    assert set(table["interval"]) == {"fewer than 2 seeds"}
    assert set(table["p (Holm)"]) == {"–"}


def test_facts_name_the_runs(runs):
    facts = unet.runs_facts(runs)
    assert facts["where"] == runs.text
    assert f"{runs.frame['iou_border'].min():.2f} (border)" in facts["classes_found"]
    assert facts["epochs"] == 3
    assert facts["updates"].endswith(" %") and facts["images"].endswith(" %")


def test_parameters_are_those_of_networks_for_colour_images():
    facts = unet.parameter_facts("paper")
    small, large, adaptive = (
        int(facts[f"parameters_{name}"].replace(",", ""))
        for name in ("ordinary_3", "ordinary_7", "adaptive_7")
    )
    # Only the first convolution differs: 32 filters on three channels.
    assert large - small == 32 * 3 * (7**2 - 3**2)
    assert adaptive - large == 32


def test_first_layer_is_that_of_the_first_runs_that_have_one(runs, tmp_path):
    ordinary = shown(tmp_path, records(arms=["ordinary"]))
    figure, facts = unet.first_layer(ordinary, runs)
    ends = [r.apertures["conv_1"] for r in runs.records if r.spec.kind == "adaptive"]
    assert len(figure.axes) == 2
    first = np.median([path.first for path in ends])
    assert facts["aperture_first"] == pytest.approx(first, rel=1e-4)
    low = np.mean(np.array([path.last for path in ends]) <= 1 / 7)
    assert facts["at_bound"] == pytest.approx(100 * low)
    assert 1 <= facts["size_low"] <= facts["size_after"] <= facts["size_high"] <= 7
