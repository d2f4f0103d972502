"""The table of versions, against an independent look at what each run is given."""

import attrs
import pandas as pd
import pytest

from aconv.companion.datasets import info
from aconv.companion.runs import get_study, make_spec
from aconv.companion.studies import versions
from aconv.companion.studies.differences import HERE, differences
from aconv.companion.training.settings import ENVELOPE, Settings

STUDIES = ("simple", "resnet", "unet")
ARMS = ("adaptive", "ordinary")
# Which run it is, and not how it is done.
NAMES = {"network", "layer", "rate_factor", "held_out"}
PLATEAU, CYCLE = (
    ("plateau_patience", "plateau_cooldown"),
    ("cycle_top", "cycle_by_batch"),
)


def is_in_use(field, schedule):
    """Whether a setting does anything, as ``training.algorithm`` reads it."""
    if field in PLATEAU:
        return schedule == "plateau"
    if field in CYCLE:
        return schedule == "one-cycle"
    if field in ("schedule_factor", "lowest_rate"):
        other = "steps" if field == "schedule_factor" else "one-cycle"
        return schedule in ("plateau", other)
    return True


def columns_of(study):
    return {name: ("full", name) for name in get_study(study).versions} | {
        HERE: ("short", "paper")
    }


def values_of(study, field, profile, version):
    """What runs of 7×7 are given, by title of the paper's set and arm."""
    found = {}
    for dataset in get_study(study).datasets_of(profile):
        title = info(get_study(study).original(dataset)).title
        for arm in ARMS:
            spec = make_spec(study, dataset, arm, 7, 31, profile, version)
            # An ordinary layer has no envelope.
            if field not in ENVELOPE or spec.kind == "adaptive":
                used = is_in_use(field, spec.settings.schedule)
                found[title, arm] = getattr(spec.settings, field) if used else None
    return found


def said_of(text, title, arm, titles):
    """The words of a cell that are about one set and one arm."""
    if ": " not in text:
        return text
    about = []
    for part in text.split("; "):
        names, _, words = part.rpartition(": ")
        tokens = set(names.split(", "))
        sets, arms = tokens & titles, tokens & set(ARMS)
        assert tokens == sets | arms
        if (not sets or title in sets) and (not arms or arm in arms):
            about.append(words)
    (words,) = about
    return words


def means(words, value):
    """Whether words say a value."""
    if value is None:
        return words in ("all", "–", "1/n to n")
    if isinstance(value, bool):
        return words == ("yes" if value else "no")
    if isinstance(value, tuple):
        ends = words.replace(" to ", ", ").split(", ")
        return (words == "–" and not value) or [float(end) for end in ends] == (
            pytest.approx(list(value), rel=0.005)
        )
    if isinstance(value, str):
        return words == value
    return float(words) == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize("study", STUDIES)
def test_a_setting_has_a_row_if_versions_differ_in_it(study):
    rows = differences(study)
    expected = []
    for field in attrs.fields(Settings):
        values = [
            values_of(study, field.name, *place) for place in columns_of(study).values()
        ]
        if field.name not in NAMES and any(value != values[0] for value in values):
            expected.append(field.name.replace("_", " "))
    assert rows["setting"].tolist() == expected
    assert list(rows.columns) == ["setting", *columns_of(study)]


@pytest.mark.parametrize("study", STUDIES)
def test_every_cell_says_what_runs_are_given(study):
    for row in differences(study).set_index("setting").iterrows():
        setting, cells = row
        field = setting.replace(" ", "_")
        for column, place in columns_of(study).items():
            values = values_of(study, field, *place)
            titles = {title for title, _ in values}
            for (title, arm), value in values.items():
                words = said_of(cells[column], title, arm, titles)
                assert means(words, value), (setting, column, title, arm, words)


def test_a_setting_that_a_schedule_does_not_use_has_a_dash():
    table = differences("unet").set_index("setting")
    assert table.loc["schedule", "paper"] == "constant"
    for name in ("schedule factor", "plateau patience", "plateau cooldown"):
        assert table.loc[name, "paper"] == "–", name
        assert table.loc[name, "code-2020-09"] != "–", name


def test_a_version_that_is_added_appears_as_a_column(monkeypatch):
    known = differences("unet")
    source = versions.UNET["paper"]
    made_up = attrs.evolve(
        source,
        envelope=source.envelope | {"aperture_rate": 3.0},
        starts=source.starts | {"ordinary": {"use_bias": True}},
    )
    monkeypatch.setitem(versions.UNET, "made-up", made_up)
    table = differences("unet")
    assert list(table.columns) == ["setting", *versions.UNET, HERE]
    rows = table.set_index("setting")
    # It differs from the text in what it has otherwise, and in nothing else.
    otherwise = rows.index[rows["made-up"] != rows["paper"]].tolist()
    assert otherwise == ["use bias", "aperture rate"]
    assert rows.loc["use bias", "made-up"] == "adaptive: no; ordinary: yes"
    assert rows.loc["aperture rate", ["paper", "made-up", HERE]].tolist() == [
        *("1", "3", "1")
    ]
    others = rows.drop(columns="made-up").drop(index=otherwise).reset_index()
    pd.testing.assert_frame_equal(others, known)
