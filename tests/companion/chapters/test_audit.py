"""The audit's tables of what the paper prints."""

import pytest

from aconv.companion.chapters.audit import show as audit
from aconv.companion.chapters.audit.settings import (
    code_settings,
    compare_settings,
    setting_title,
)
from aconv.companion.paper.numbers import number
from aconv.companion.training.algorithm import OneCycle


def test_audit_finds_the_maxima_that_five_runs_cannot_have():
    table = audit.maxima_table()
    impossible = table[table["possible"] == "no"]
    assert list(impossible["arm"]) == ["LFW faces, ordinary", "Fashion-MNIST, ordinary"]
    # By hand: mean and deviation at their upper ends, two deviations up.
    mean, std = (number(f"table2.lfw_faces.ordinary.{q}") for q in ("mean", "std"))
    highest = mean.rounded[1] + 2 * 100 * std.rounded[1]
    assert impossible.iloc[0]["five runs allow (%)"].endswith(f"to {highest:.2f}")


def test_audit_lists_settings_that_differ():
    table = audit.settings_table().set_index("setting")
    assert tuple(table.loc["batch", ["printed", "published code"]]) == ("64", "32")
    title = setting_title("table1.simple.mnist.multiplier")
    assert title == "simple MNIST multiplier"


def test_cycle_begins_where_the_schedule_does():
    of_sets = [code_settings("resnet", name) for name in ("mnist", "cifar10")]
    first = min(float(OneCycle(found, steps=7)(0)) for found in of_sets)
    _, ours = compare_settings(["resnet.learning_rate.first"])[
        "resnet.learning_rate.first"
    ]
    assert ours == pytest.approx(first, abs=5e-4)


def test_choice_of_the_size_raises_accuracies_and_no_test():
    table = audit.selection_table(500, seed=1)
    assert (table["raised by the choice"].astype(float) >= 0).all()
    rates = table["equal networks at p < 0.05"].str.rstrip("%").astype(float)
    assert (rates < 10).all()
