import dataclasses

import pytest

from aconv.companion.analysis import fidelity
from aconv.companion.analysis.fidelity import choices, fidelity_table
from aconv.companion.runs import STUDIES, make_spec, studies


@pytest.mark.parametrize("study", STUDIES)
def test_every_choice_of_a_study_has_a_row_with_what_is_run_here(study):
    table = fidelity_table(study)
    named = [row["choice"] for row in choices() if study in row["experiments"]]
    assert list(table["choice"]) == named
    assert table["here"].str.len().min() > 0


def test_what_is_run_here_follows_the_settings(monkeypatch):
    def row(study, choice):
        table = fidelity_table(study).set_index("choice")
        return table.loc[table.index.str.startswith(choice), "here"].item()

    assert row("simple", "Multiplier") == "1.0 and 0.1"
    assert row("unet", "Images per batch").startswith("32, times 0.2")
    assert row("simple", "Rate of the apertures") == "0.2"
    assert row("simple", "Images of cluttered") == "left as they are"
    assert row("unet", "Bounds") == "1/7 to 7"
    found = STUDIES["simple"]

    def other(dataset, profile):
        settings = found.settings(dataset, profile)
        recipe = dataclasses.replace(settings.recipe, learning_rate=0.05)
        return dataclasses.replace(settings, recipe=recipe)

    changed = {**STUDIES, "simple": dataclasses.replace(found, settings=other)}
    monkeypatch.setattr(studies, "STUDIES", changed)
    assert row("simple", "Multiplier") == "0.5 and 0.5"


def test_arms_as_printed_have_what_the_table_says_the_paper_prints():
    def recipe(arm, study, dataset, size):
        return make_spec(study, dataset, arm, size, 0, "paper").settings

    for kind in ("adaptive", "ordinary"):
        arm = f"{kind}-as-printed"
        assert recipe(arm, "simple", "mnist", 7).recipe.learning_rate == 0.01
        assert recipe(arm, "simple", "mnist_cluttered", 7).recipe.learning_rate == 0.1
        assert recipe(arm, "resnet", "mnist", 7).dropout == 0.5
        unet = recipe(arm, "unet", "oxford_pets", 7).recipe
        assert (unet.batch_size, unet.schedule) == (64, "constant")
        assert unet.epochs == 75


def test_arm_as_printed_is_refused_where_nothing_printed_differs():
    for study, dataset, profile in (
        ("simple", "cifar10", "paper"),
        ("simple", "mnist", "reduced"),
        ("simple", "digits", "quick"),
    ):
        with pytest.raises(ValueError, match=r"`arm` as printed.*Received"):
            make_spec(study, dataset, "adaptive-as-printed", 7, 0, profile)


def test_entry_that_names_what_is_not_there_is_refused(monkeypatch):
    monkeypatch.delitem(fidelity._HERE, "start")
    fidelity.choices.cache_clear()
    with pytest.raises(ValueError, match="`here` of start must be in"):
        fidelity.choices()
    fidelity.choices.cache_clear()
