"""What lies beside an installed package is not taken for this project's checkout."""

import numpy as np
import pooch
import pytest

from aconv.companion import datasets, files
from aconv.companion.cli import main
from aconv.companion.datasets import samples
from aconv.companion.runs.store import records_folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Puts the package somewhere else, beside a ``pyproject.toml`` of a given text."""
    for name in ("ACONV_DATA_DIR", "ACONV_RECORDS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(files, "PROJECT", tmp_path)
    monkeypatch.setattr(samples, "FOLDER", tmp_path / "data" / "samples")

    def project(text):
        if text is not None:
            (tmp_path / "pyproject.toml").write_text(text)
        return tmp_path

    return project


def sample():
    pixels = np.zeros((1, 2, 2, 1), np.uint8)
    return samples.Sample(
        pixels, np.zeros(1, np.uint8), ("a",), "none", "none", 0.0, 1.0
    )


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "no TOML",
        "project = 3",
        "[project]\n",
        '[project]\nname = "other"\n',
        '[tool.other]\nname = "aconv"\n',
    ],
)
def test_folders_are_not_those_of_another_project(text, project):
    root = project(text)
    assert not files.in_checkout()
    assert datasets.data_folder() == pooch.os_cache("aconv")
    with pytest.raises(NotADirectoryError, match="ACONV_RECORDS_DIR"):
        records_folder()
    with pytest.raises(NotADirectoryError, match="checkout"):
        samples.save("mnist", sample())
    # What another package keeps under the same name is no sample of ours.
    (root / "data" / "samples").mkdir(parents=True)
    (root / "data" / "samples" / "mnist.npz").write_bytes(b"not ours")
    assert samples.read("mnist") is None


def test_no_set_is_loaded_for_a_sample_that_cannot_be_kept(
    project, capsys, monkeypatch
):
    project(None)
    loaded = []
    monkeypatch.setattr("aconv.companion.datasets.cli.load", loaded.append)
    assert main(["datasets", "sample", "mnist"]) == 2
    assert "checkout" in capsys.readouterr().err
    assert loaded == []


def test_folders_are_those_of_the_checkout(project):
    root = project('[project]\nname = "aconv"\n')
    assert files.in_checkout()
    assert datasets.data_folder() == root / "data" / "downloads"
    assert records_folder() == root / "data" / "records"
    samples.save("mnist", sample())
    assert samples.read("mnist").source == "none"


@pytest.mark.parametrize("chosen", ["~nobody-of-that-name/data", "file"])
def test_data_folder_that_is_none_is_refused(chosen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setenv("ACONV_DATA_DIR", chosen)
    with pytest.raises(NotADirectoryError, match=r"ACONV_DATA_DIR.*Received"):
        datasets.load("mnist")
