"""Table 1: counted parameters, against a sum over the layers and real networks."""

import re

import pytest

from aconv.companion.analysis.parameters import compare_parameters
from aconv.companion.chapters.audit.show import counts_facts, parameters_table
from aconv.companion.datasets import info
from aconv.companion.runs import get_study, make_spec
from aconv.companion.training.networks import build_network, count_parameters


@pytest.fixture(scope="module")
def tables():
    return {study: compare_parameters(study) for study in ("simple", "resnet")}


def test_counts_are_those_of_built_networks_of_each_data_set(tables):
    for study, table in tables.items():
        assert len(table) == 5 * len(get_study(study).kernel_sizes)
        # The sizes of a data set differ in the same terms.
        for row in table.groupby("dataset").last().reset_index().itertuples():
            facts, size = info(row.dataset), row.kernel_size
            spec = make_spec(study, row.dataset, "ordinary", size, 31, "full", "paper")
            model = build_network(spec.settings, size, facts.image_shape, facts.classes)
            assert row.parameters == count_parameters(model).total, row.dataset


AGREEING = {
    ("simple", "mnist"): {3: "rounded", 5: "rounded", 7: "cut off", 9: "cut off"},
    ("simple", "cifar10"): {},
    ("resnet", "mnist"): {3: "rounded"},
    ("resnet", "cifar10"): {7: "cut off"},
    ("resnet", "fashion_mnist"): {7: "rounded"},
}


def test_agreement_tells_rounded_from_cut_off(tables):
    for (study, dataset), sizes in AGREEING.items():
        table = tables[study]
        rows = table[(table["dataset"] == dataset) & (table["agrees"] != "no")]
        assert dict(zip(rows.kernel_size, rows.agrees, strict=True)) == sizes


def test_page_says_where_printed_numbers_are_counts(tables):
    table = parameters_table(tables["simple"]).set_index("data set")
    assert len(table) == 5
    assert table.loc["CIFAR-10", "agrees at"] == "no size"
    assert table.loc["MNIST", "agrees at"].startswith("3×3 (rounded), 5×5 (rounded)")
    facts = counts_facts(tables["simple"])
    agreeing = tables["simple"].query("agrees != 'no'")
    assert facts["counts_agree"] == agreeing["dataset"].nunique()
    assert facts["counts_all"] == 5
    sizes = re.findall(r" at (\d)×\d", facts["counts_how"])
    assert sizes == [str(n) for n in sorted(set(agreeing["kernel_size"]))]
