"""The few images of each set that the book shows."""

import numpy as np
import pytest

from aconv import datasets
from aconv.datasets import cli, samples

# Its archives are not to be had where the samples were taken.
NOT_KEPT = {"oxford_pets"}
KEPT = sorted(
    name
    for name in datasets.names()
    if datasets.info(name).kind != "embedded" and name not in NOT_KEPT
)


def assert_same(a, b):
    np.testing.assert_array_equal(a.x, b.x)
    np.testing.assert_array_equal(a.y, b.y)
    assert (a.labels, a.source, a.split) == (b.labels, b.source, b.split)
    assert a.mean == b.mean


@pytest.mark.parametrize("name", ["digits", "coins_trimap"])
def test_written_sample_is_read_back(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(samples, "FOLDER", tmp_path / "samples")
    assert samples.read(name) is None
    assert cli.main(["sample", name]) == 0
    assert str(tmp_path) in capsys.readouterr().out
    assert_same(samples.read(name), samples.take(datasets.load(name)))
    assert [path.name for path in (tmp_path / "samples").iterdir()] == [f"{name}.npz"]


@pytest.mark.parametrize("name", KEPT)
def test_repository_keeps_a_sample_of_the_right_shape(name):
    facts, sample = datasets.info(name), samples.read(name)
    count = samples.COUNT[facts.task]
    assert sample.x.shape == (count, *facts.image_shape)
    assert sample.x.dtype == np.uint8
    assert len(sample.y) == count
    assert 0 < sample.mean < 255
    assert len(sample.labels) == (count if facts.task == "classification" else 0)


@pytest.mark.parametrize("name", KEPT)
def test_kept_sample_is_the_start_of_the_real_set(name):
    if not datasets.is_cached(name):
        pytest.skip(f"the files of {name} are not in the data folder")
    assert_same(samples.read(name), samples.take(datasets.load(name)))
