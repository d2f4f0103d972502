"""The overview against the paper's tables and SciPy."""

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
import sweeps
from made_up_runs import short_records

from aconv.companion import paper
from aconv.companion.analysis.overview import (
    overview,
    printed_comparisons,
    shown_records,
)
from aconv.companion.analysis.scale import share_of_paper
from aconv.companion.chapters.results import OVERVIEW
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import grid

KINDS = ("adaptive", "ordinary")


def records(study, dataset, ahead=0.0, **options):
    """Records on a data set, adaptive kernels ahead by so much at the highest run."""
    options = {"datasets": [dataset], "kernel_sizes": None} | options
    return short_records(study, ahead, larger=0, **options)


def row_of(table, network, comparison):
    chosen = (table.network == network) & (table.comparison == comparison)
    (row,) = table[chosen].itertuples()
    return row


def test_printed_differences_are_those_of_the_tables():
    row = row_of(printed_comparisons(), "Simple network", "CIFAR-10")
    means, deviations = (
        [paper.number(f"table2.cifar10.{kind}.{quantity}").value for kind in KINDS]
        for quantity in ("mean", "std")
    )
    assert row.paper == pytest.approx(means[0] - means[1])
    # By hand: five runs per arm, deviations that divide by n, eight degrees of freedom.
    error = math.sqrt(sum((100 * std) ** 2 * 5 / 4 for std in deviations) / 5)
    reach = scipy.stats.t.ppf(0.975, 8) * error
    assert row.paper_high - row.paper == pytest.approx(reach)


def test_own_differences_are_by_welch_at_the_best_size():
    found = records("simple", "cifar10", 0.02, kernel_sizes=[3])[:-1]
    smaller = records("simple", "cifar10", 0.01, kernel_sizes=[5], seeds=[31, 48, 65])
    table = overview({"simple": found + smaller}, 0.9)
    row = row_of(table, "Simple network", "CIFAR-10")
    peaks = [[100 * r.peak for r in found if r.spec.kind == kind] for kind in KINDS]
    test = scipy.stats.ttest_ind(*peaks, equal_var=False)
    assert (row.size, row.seeds) == ("3×3", 4)
    np.testing.assert_allclose([row.low, row.high], test.confidence_interval(0.9))
    assert str(row.judgement) == "points the same way"
    assert row.evidence.share == share_of_paper(found[0].spec)


@pytest.mark.parametrize(("ahead", "way"), [(-0.1, "other"), (0.1, "same")])
def test_what_is_not_significant_in_print_is_not_tested(ahead, way):
    # The paper has ordinary kernels ahead on the faces in Table 3, at p = 0.059.
    sets = {"resnet": "lfw_faces", "unet": "oxford_pets_3breeds"}
    table = overview({study: records(study, sets[study], ahead) for study in sets})
    for comparison in (("ResNet", "LFW faces"), ("U-Net", "against ordinary 3×3")):
        row = row_of(table, *comparison)
        assert row.seeds == 5
        assert str(row.judgement) == "not tested: no claim to test"
    large = row_of(table, "U-Net", "against ordinary 7×7")
    assert str(large.judgement) == f"points the {way} way"


@pytest.mark.parametrize(("gain", "state"), [(0.01, "short"), (0.0, "stable")])
def test_u_nets_that_were_begun_are_judged_by_their_curves(gain, state):
    """Their first layers have two sizes, so that no size tells their curves apart."""
    found = []
    for spec in grid("unet", "full", "code-2020-09"):
        record = sweeps.record(spec, epochs=20)
        curves = record.curves | {
            "accuracy": tuple(0.5 + gain * epoch for epoch in range(20)),
            "val_accuracy": (0.5 + spec.seed / 1e5,) * 20,
        }
        found.append(dataclasses.replace(record, status="partial", curves=curves))
    rows = overview({"unet": found}).query("seeds > 0")
    assert [evidence.state for evidence in rows["evidence"]] == [state, state]


def test_of_the_u_net_one_profile_on_one_data_set_is_compared():
    def of(*args, **options):
        return [sweeps.record(spec) for spec in grid("unet", *args, **options)]

    small, paper_runs = of("short"), of("full", seeds=[31, 48])
    other = of("short", datasets=["oxford_pets"], seeds=[31])
    assert shown_records([*other, *small], "unet") == small
    assert shown_records([*small, *paper_runs, *other], "unet") == paper_runs
    assert shown_records([], "unet") == []


def test_records_of_two_versions_are_refused():
    found = records("simple", "mnist", kernel_sizes=[3])
    found += records("simple", "mnist", kernel_sizes=[3], version="code-2020-09")
    of = r"on mnist must be of one version.*'code-2020-09'"
    with pytest.raises(ValueError, match=of):
        overview({"simple": found})
    # Each data set may have its own.
    faces = records("simple", "lfw_faces", kernel_sizes=[9], version="code-2020-06")
    of_paper = [each for each in found if each.spec.version == "paper"]
    table = overview({"simple": [*of_paper, *faces]}).query("seeds > 0")
    found_in = [evidence.version for evidence in table["evidence"]]
    assert found_in == ["paper", "code-2020-06"]


def test_without_runs_there_is_only_the_paper():
    table = overview({"simple": [], "resnet": [], "unet": []})
    assert len(table) == 12
    words = set(map(str, table["judgement"]))
    reasons = "no runs of both kinds", "no claim to test"
    assert words == {f"not tested: {reason}" for reason in reasons}
    assert table["paper"].notna().all()
    assert set(text_table(table, OVERVIEW)["here"]) == {"–"}


def test_one_seed_is_named():
    found = records("resnet", "cifar10", kernel_sizes=[5], seeds=[31])
    row = row_of(overview({"resnet": found}), "ResNet", "CIFAR-10")
    assert str(row.judgement) == "not tested: fewer than two seeds per arm"
    assert row.evidence.seeds == 1
