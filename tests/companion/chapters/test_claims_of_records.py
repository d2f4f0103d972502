"""Claims on records that were made up."""

import dataclasses
import itertools

import pandas as pd
import pytest
from asking import ask
from made_up_runs import short_records as records

from aconv.companion.analysis.findings import Records
from aconv.companion.runs import RunStore
from aconv.companion.stats import Verdict


@pytest.fixture
def known(tmp_path_factory):
    """Makes the records of a project of those of some studies."""

    def make(**by_study):
        store = RunStore(tmp_path_factory.mktemp("records"))
        for record in itertools.chain(*by_study.values()):
            store.put(record)
        return Records(store)

    return make


@pytest.mark.parametrize(("ahead", "one"), [(0.05, "same"), (-0.05, "other")])
def test_what_the_paper_does_not_claim_is_not_counted(known, ahead, one):
    # Table 3 claims nothing of MNIST.
    found = ask("best_size resnet", known(resnet=records("resnet", ahead)))
    assert found.verdict == f"points the {one} way"
    assert found.ours.startswith("ResNet, Fashion-MNIST, 5×5")
    only = known(resnet=records("resnet", ahead, datasets=["mnist"]))
    assert ask("best_size resnet", only).verdict is Verdict.NOT_TESTED


def test_claim_without_comparisons_is_not_tested(known):
    nothing, some = known(), known(simple=records(kernel_sizes=[3]))
    judges = {
        "larger adaptive simple": some,
        "every_size simple": some,
        "apertures learned simple": nothing,
        "segmentation peak": nothing,
        "segmentation_onset": nothing,
    }
    for judge, asked in judges.items():
        finding = ask(judge, asked)
        assert finding.verdict is Verdict.NOT_TESTED
        assert finding.ours
        assert finding.evidence == "–"


@pytest.mark.parametrize("kind", ["adaptive", "ordinary"])
@pytest.mark.parametrize(
    ("larger", "verdict"), [(0.05, Verdict.SAME_WAY), (-0.05, Verdict.OTHER_WAY)]
)
def test_sizes_are_judged_for_either_kind(known, kind, larger, verdict):
    found = ask(f"larger {kind} simple", known(simple=records(larger=larger)))
    assert found.verdict is verdict
    assert f"{200 * larger:+.2f}" in found.ours
    assert found.evidence.endswith("one kind")


def test_adaptive_kernels_of_the_best_size_meet_the_smallest_ordinary_ones(known):
    found = ask("against_smallest simple", known(simple=records(ahead=0.02)))
    # Ahead by two points, and by two pixels of a tenth each.
    assert found.verdict is Verdict.SAME_WAY
    assert "+2.20" in found.ours


def test_faces_are_left_out_where_the_paper_leaves_them_out(known):
    found = records("resnet", 0.05, datasets=["fashion_mnist"])
    some = known(resnet=found + records("resnet", -0.3, datasets=["lfw_faces"]))
    assert ask("best_size_but_faces resnet", some).verdict is Verdict.SAME_WAY
    assert ask("every_size resnet", some).verdict is Verdict.OPEN
    assert ask("clear_gains resnet fashion_mnist", some).verdict is Verdict.SAME_WAY


def learned_to(last):
    """Records whose apertures move from even places to ``last``, seeds aside."""
    found = []
    for record in records(datasets=["fashion_mnist"], kernel_sizes=[5]):
        if record.apertures:
            ends = tuple(value + record.spec.seed / 1e4 for value in last)
            values = ((0.2, 0.3, 0.4, 0.5), ends)
            path = record.apertures["conv_1"]
            path = dataclasses.replace(path, epochs=(0, 3), values=values)
            record = dataclasses.replace(record, apertures={"conv_1": path})
        found.append(record)
    return found


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        ((0.2, 0.21, 0.2, 0.2), Verdict.OTHER_WAY),
        ((0.2, 0.3, 0.5, 0.9), Verdict.SAME_WAY),
    ],
)
def test_learned_sizes_follow_the_change_of_their_spread(known, last, verdict):
    found = learned_to(last)
    some = known(simple=found)
    learned = ask("apertures learned simple resnet", some)
    assert learned.verdict is verdict
    assert learned.evidence.endswith("5 seeds; version paper")
    assert ask("apertures several simple", some).verdict is verdict
    one = known(simple=[record for record in found if record.spec.seed == 31])
    assert ask("apertures several simple", one).verdict is Verdict.NOT_TESTED


def test_sizes_that_are_learned_from_one_size_count_beside_the_papers_start(known):
    some = known(simple=learned_to((0.3, 0.31, 0.32, 0.33)))
    assert ask("apertures learned simple", some).verdict is Verdict.OTHER_WAY
    cells = [
        (seed, start, first, 3.0 + number * (1 + 0.002 * seed))
        for start, firsts in (("0.3", (0.3, 0.3)), ("0.1 to 0.5", (0.1, 0.5)))
        for seed in range(5)
        for number, first in enumerate(firsts)
    ]
    starts = pd.DataFrame(cells, columns=["seed", "start", "first", "last_size"])
    starts = starts.assign(dataset="mnist", layer="conv_1", first_size=3.0)
    some.__dict__["starts"] = starts
    learned = ask("apertures learned simple", some)
    assert learned.verdict is Verdict.OPEN
    assert (
        "; from 0.3 everywhere, where they cannot become more alike (MNIST, short, 5 "
        "seeds): +0.50 [+0.50, +0.50]" in learned.ours
    )
    # Of the other network there are no such runs.
    assert "everywhere" not in ask("apertures several simple", some).ours
