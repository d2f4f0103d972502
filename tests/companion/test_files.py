"""What lies beside an installed package is not taken for this project's checkout."""

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


@pytest.mark.parametrize(
    "text", [None, "no TOML", "project = 3", "[project]", '[project]\nname = "other"']
)
def test_folders_are_not_those_of_another_project(text, project, capsys):
    root = project(text)
    assert not files.in_checkout()
    assert datasets.data_folder() == pooch.os_cache("aconv")
    with pytest.raises(NotADirectoryError, match="ACONV_RECORDS_DIR"):
        records_folder()
    # No set is loaded for a sample that cannot be kept.
    assert main(["datasets", "sample", "mnist"]) == 2
    assert "checkout" in capsys.readouterr().err
    # What another package keeps under the same name is no sample of ours.
    (root / "data" / "samples").mkdir(parents=True)
    (root / "data" / "samples" / "mnist.npz").write_bytes(b"not ours")
    assert samples.read("mnist") is None


def test_folders_are_those_of_the_checkout(project):
    root = project('[project]\nname = "aconv"\n')
    assert files.in_checkout()
    assert datasets.data_folder() == root / "data" / "downloads"
    assert records_folder() == root / "data" / "records"
    assert main(["datasets", "sample", "digits"]) == 0
    assert samples.read("digits").split.startswith("by position")


@pytest.mark.parametrize("chosen", ["~nobody-of-that-name/data", "file"])
def test_data_folder_that_is_none_is_refused(chosen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setenv("ACONV_DATA_DIR", chosen)
    with pytest.raises(NotADirectoryError, match=r"ACONV_DATA_DIR.*Received"):
        datasets.load("mnist")
