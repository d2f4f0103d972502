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
# The schedules that use a setting, as ``training.algorithm`` reads it.
USED_BY = {
    "schedule_factor": ("plateau", "steps"),
    "plateau_patience": ("plateau",),
    "plateau_cooldown": ("plateau",),
    "lowest_rate": ("plateau", "one-cycle"),
    "cycle_top": ("one-cycle",),
    "cycle_by_batch": ("one-cycle",),
}
UNUSED = object()


def values_of(study, field, profile, version):
    """What runs of 7×7 are given, by title of the paper's set and arm."""
    found = {}
    for dataset in get_study(study).datasets_of(profile):
        title = info(get_study(study).original(dataset)).title
        for arm in ARMS:
            settings = make_spec(study, dataset, arm, 7, 31, profile, version).settings
            # An ordinary layer has no envelope.
            if field not in ENVELOPE or settings.layer == "adaptive":
                used = settings.schedule in USED_BY.get(field, (settings.schedule,))
                found[title, arm] = getattr(settings, field) if used else UNUSED
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
    if value is UNUSED:
        return words == "–"
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
def test_rows_are_what_versions_differ_in_and_cells_what_runs_are_given(study):
    places = {name: ("full", name) for name in get_study(study).versions}
    places[HERE] = ("short", "paper")
    table = differences(study)
    assert list(table.columns) == ["setting", *places]
    rows = table.set_index("setting")
    expected = []
    for field in (field.name for field in attrs.fields(Settings)):
        columns = {
            name: values_of(study, field, *place) for name, place in places.items()
        }
        if field in NAMES or all(v == columns["paper"] for v in columns.values()):
            continue
        expected.append(field.replace("_", " "))
        for column, values in columns.items():
            titles = {title for title, _ in values}
            for (title, arm), value in values.items():
                words = said_of(rows.loc[expected[-1], column], title, arm, titles)
                assert means(words, value), (field, column, title, arm, words)
    assert rows.index.tolist() == expected


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
