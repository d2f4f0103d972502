"""The audit's tables of what the paper prints."""

import pytest

from aconv.companion.chapters.audit import settings
from aconv.companion.chapters.audit import show as audit
from aconv.companion.datasets import info
from aconv.companion.paper.numbers import load, number
from aconv.companion.studies.catalog import get_study
from aconv.companion.training.algorithm import OneCycle

OF_RATE_1 = ("mnist", "mnist_cluttered")


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
    assert tuple(table.loc["batch", ["printed", "published code or data"]]) == (
        "64",
        "32",
    )
    # The script of June has the printed multiplier of MNIST, none that of the other.
    titles = [
        settings.setting_title(f"table1.simple.{name}.multiplier") for name in OF_RATE_1
    ]
    assert titles == ["simple MNIST multiplier", "simple MNIST-Cluttered multiplier"]
    assert titles[0] not in table.index
    assert table.loc[titles[1], "published code or data"] == "0.1"
    # One network of all that Table 1 prints the epochs of, and a part of the split.
    assert table.loc["simple Fashion-MNIST epochs", "published code or data"] == (
        "10 (adaptive 9×9)"
    )
    scored = str(settings.code_settings("unet", "oxford_pets").test_images)
    found = table.loc["Oxford-IIIT Pets test images", "published code or data"]
    assert found == f"{scored} (scored)"


def test_settings_name_what_they_are_compared_with():
    assert settings.origin("data.cifar10.train_images") == "the data sets"
    # How many images are scored, the code decides.
    assert settings.origin(settings.SCORED) == settings.origin("unet.batch")
    printed, ours = settings.compare_settings([settings.SCORED])[settings.SCORED]
    assert not settings.is_as_printed(printed, ours)


@pytest.mark.parametrize("end", ["first", "last"])
def test_every_cycle_begins_and_ends_where_the_schedule_does(end):
    printed, ours = settings.compare_settings([f"resnet.learning_rate.{end}"])[
        f"resnet.learning_rate.{end}"
    ]
    for name in get_study("resnet").datasets:
        of_set, steps = settings.code_settings("resnet", name), 7
        step = 0 if end == "first" else of_set.epochs * steps
        rate = float(OneCycle(of_set, steps)(step))
        if name in OF_RATE_1:
            assert f"{rate:.2g} (" in ours and info(name).title in ours
        else:
            assert rate == pytest.approx(printed, abs=5e-4)
            assert info(name).title not in ours


def test_t_and_maxima_of_the_authors_records_are_told_from_printed_ones():
    found = audit.facts()
    for kind, ending in (("t", ".t"), ("maxima", ".max")):
        names = [name for name in load() if name.endswith(ending)]
        recorded = [name for name in names if name.startswith("records.")]
        assert found[f"{kind}_recorded"] == len(recorded) > 0


def test_choice_of_the_size_raises_accuracies_and_no_test():
    table = audit.selection_table(500, seed=1)
    assert (table["raised by the choice"].astype(float) >= 0).all()
    rates = table["equal networks at p < 0.05"].str.rstrip("%").astype(float)
    assert (rates < 10).all()
