"""Table 1: counted parameters, against a sum over the layers and real networks."""

import pytest

from aconv.companion.analysis.parameters import compare_parameters
from aconv.companion.pages.tables import parameters_table
from aconv.companion.training.kinds import KINDS
from aconv.companion.training.networks import (
    count_parameters,
    resnet,
    simple_cnn,
)


@pytest.fixture(scope="module")
def tables():
    return {study: compare_parameters(study) for study in ("simple", "resnet")}


def count_of(table, dataset, size):
    rows = table[(table.dataset == dataset) & (table.kernel_size == size)]
    return rows.parameters.item()


@pytest.mark.parametrize(
    ("dataset", "side", "channels"), [("mnist", 28, 1), ("cifar10", 32, 3)]
)
def test_simple_network_has_the_sum_over_its_layers(tables, dataset, side, channels):
    for n in (3, 9):
        convolutions = n * n * (channels * 32 + 32 * 32) + 2 * 32
        dense = (side // 2) ** 2 * 32 * 256 + 256 + 4 * 256
        assert count_of(tables["simple"], dataset, n) == convolutions + dense + 2570


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_those_of_built_networks_of_either_kind(tables, kind):
    small = simple_cnn((28, 28, 1), 10, kernel_size=5, kind=kind)
    assert count_parameters(small).total == count_of(tables["simple"], "mnist", 5)
    deep = resnet((50, 37, 1), 62, kernel_size=3, kind=kind, blocks=2)
    assert count_parameters(deep).total == count_of(tables["resnet"], "lfw_faces", 3)


def test_agreement_tells_rounded_from_cut_off(tables):
    def agreeing(study, dataset):
        rows = tables[study].query("dataset == @dataset and agrees != 'no'")
        return dict(zip(rows.kernel_size, rows.agrees, strict=True))

    assert agreeing("simple", "mnist") == {
        3: "rounded",
        5: "rounded",
        7: "cut off",
        9: "cut off",
    }
    assert agreeing("simple", "cifar10") == {}
    assert agreeing("resnet", "mnist") == {3: "cut off"}
    assert agreeing("resnet", "fashion_mnist") == {7: "rounded"}


def test_table_has_a_row_for_each_data_set_and_says_where_it_agrees(tables):
    table = parameters_table(tables["simple"]).set_index("data set")
    assert len(table) == 5
    assert table.loc["CIFAR-10", "agrees at"] == "no size"
    assert table.loc["MNIST", "agrees at"].startswith("3×3 (rounded), 5×5 (rounded)")


def test_other_studies_are_not_in_table_1():
    with pytest.raises(ValueError, match=r"`study` must be.*Received: 'unet'"):
        compare_parameters("unet")
