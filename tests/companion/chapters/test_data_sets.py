"""How much a run of each profile sees, as the chapter on the data sets draws it."""

import math

import pytest

from aconv.companion import datasets
from aconv.companion.chapters import data_sets
from aconv.companion.runs import PROFILES, get_study, make_spec


@pytest.fixture(scope="module")
def rows():
    return data_sets.scale_rows()


def test_every_set_of_the_paper_has_a_row_per_profile(rows):
    names = [*get_study("simple").datasets, *get_study("unet").datasets]
    titles = [datasets.info(name).title for name in names]
    assert rows["set"].tolist() == [t for t in titles for _ in PROFILES]
    assert rows["profile"].tolist() == [*PROFILES] * len(titles)


def test_numbers_are_those_of_the_settings(rows):
    found = rows.set_index(["set", "profile"])
    settings = make_spec("simple", "mnist", "ordinary", 3, 31, "full").settings
    images = datasets.info("mnist").train
    steps = settings.epochs * math.ceil(images / settings.batch_size)
    assert found.loc["MNIST", "full"].tolist() == [images, steps]
    # A larger profile sees more, but for the faces, of which both see all.
    for quantity in found:
        increases = found.groupby("set")[quantity].is_monotonic_increasing
        assert increases.all()


def test_experiments_without_profiles_have_no_demo_set():
    rows = data_sets.section_rows().set_index("section")
    used = rows["full and short runs"]
    assert rows.index.tolist() == ["4.1", "4.2", "4.3", "4.4", "4.5"]
    assert used["4.1"].split()[0] == "mnist" and used["4.5"] == "random pixels"
    assert rows.loc[["4.1", "4.5"], "demo runs"].tolist() == ["–", "–"]
    pets = "oxford_pets, oxford_pets_3breeds"
    assert rows.loc["4.4"].tolist() == ["U-Net", pets, "coins_trimap"]


def test_files_of_a_set_that_is_made_from_another_are_named_too():
    files = data_sets.file_rows().set_index("set")["files in the data folder"]
    assert set(files.index) == {
        name for name in datasets.names() if datasets.info(name).kind != "embedded"
    }
    assert files["mnist_cluttered"] == files["mnist"]
    by_hand, archives = files["oxford_pets_3breeds"].split("; or ")
    assert by_hand.endswith(".npz")
    assert archives == files["oxford_pets"]


def test_figure_marks_every_number(rows):
    fig = data_sets.scale_figure(rows)
    for ax, name in zip(fig.axes, ("train_images", "steps"), strict=True):
        lines = [line for line in ax.lines if line.get_label() in PROFILES]
        marked = [value for line in lines for value in line.get_xdata()]
        assert sorted(marked) == sorted(rows[name])
        assert ax.get_xscale() == "log"
