"""The table of versions: what they differ in, and all of it in words."""

import attrs
import pandas as pd
import pytest

from aconv.companion.studies import versions
from aconv.companion.studies.differences import HERE, differences

PAPER, JUNE, SEPTEMBER = "paper", "code-2020-06", "code-2020-09"


def test_rows_are_the_settings_that_versions_differ_in():
    table = differences("unet")
    assert list(table.columns) == ["setting", PAPER, SEPTEMBER, HERE]
    assert table.to_numpy().tolist() == [
        ["restandardize", "no", "adaptive: yes; ordinary: no", "no"],
        ["aperture bounds", "1/n to n", "0.143 to 5", "1/n to n"],
        ["epochs", "75", "75", "14"],
        ["batch size", "64", "32", "2"],
        ["learning rate", "0.01", "0.01", "0.001"],
        # What a schedule does not use has no value.
        ["schedule", "constant", "plateau", "constant"],
        ["schedule factor", "–", "0.2", "–"],
        ["plateau patience", "–", "10", "–"],
        ["plateau cooldown", "–", "0", "–"],
        ["lowest rate", "–", "0", "–"],
        ["test images", "all", "704", "all"],
    ]


RATES = "MNIST, CIFAR-10, Fashion-MNIST: 0.01; MNIST-Cluttered: 0.1; LFW faces: 0.001"


@pytest.mark.parametrize(
    ("study", "setting", "version", "words"),
    [
        ("simple", "use bias", SEPTEMBER, "adaptive: no; ordinary: yes"),
        ("simple", "apertures", JUNE, "0.1 to 0.3"),
        ("simple", "learning rate", PAPER, RATES),
        ("simple", "dropout", JUNE, "0.5"),
        ("simple", "schedule epochs", JUNE, "20, 40, 60, 80"),
        ("simple", "schedule epochs", PAPER, "–"),
        ("simple", "schedule factor", JUNE, "0.9"),
        ("simple", "lowest rate", PAPER, "1e-05"),
        ("resnet", "shortcut", SEPTEMBER, "itself"),
        ("resnet", "residual blocks", HERE, "1"),
        ("resnet", "cycle top", SEPTEMBER, "0.333"),
        ("resnet", "cycle by batch", PAPER, "yes"),
    ],
)
def test_cells_say_values_by_set_or_kind_where_they_are_not_alike(
    study, setting, version, words
):
    assert differences(study).set_index("setting").loc[setting, version] == words


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
