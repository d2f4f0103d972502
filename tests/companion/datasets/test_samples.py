"""The few images of each set that the book shows."""

import dataclasses

import numpy as np
import pytest

from aconv.companion import datasets
from aconv.companion.cli import main
from aconv.companion.datasets import samples

SHEETS = [
    (name, "train")
    for name in datasets.names()
    # The archives of all pets are not to be had where the samples were taken.
    if datasets.info(name).kind not in ("embedded", "other") and name != "oxford_pets"
]
SHEETS += [("oxford_pets_3breeds", "test")]


def assert_same(a, b):
    for field in dataclasses.fields(samples.Sample):
        one, other = getattr(a, field.name), getattr(b, field.name)
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "part", "file"),
    [
        ("digits", "train", "digits.npz"),
        ("coins_trimap", "test", "coins_trimap_test.npz"),
    ],
)
def test_written_sample_is_read_back(name, part, file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(samples, "FOLDER", tmp_path / "samples")
    assert samples.read(name, part) is None
    assert main(["datasets", "sample", name, "--part", part]) == 0
    assert str(tmp_path) in capsys.readouterr().out
    dataset = datasets.load(name)
    assert_same(samples.read(name, part), samples.take(dataset, part))
    first = getattr(dataset, f"x_{part}")[0]
    np.testing.assert_array_equal(samples.read(name, part).x[0], first)
    assert [path.name for path in (tmp_path / "samples").iterdir()] == [file]


@pytest.mark.parametrize(("name", "part"), SHEETS)
def test_repository_keeps_a_sample_of_the_right_shape(name, part):
    facts, sample = datasets.info(name), samples.read(name, part)
    count = samples.COUNT[facts.task]
    assert sample.x.shape == (count, *facts.image_shape)
    assert sample.x.dtype == np.uint8
    assert len(sample.y) == count
    assert 0 < sample.mean < 255
    assert 0 < sample.deviation < 128
    assert len(sample.labels) == (count if facts.task == "classification" else 0)


@pytest.mark.parametrize(("name", "part"), SHEETS)
def test_kept_sample_is_the_start_of_the_real_set(name, part):
    if not datasets.is_cached(name):
        pytest.skip(f"the files of {name} are not in the data folder")
    assert_same(samples.read(name, part), samples.take(datasets.load(name), part))
