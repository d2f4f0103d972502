import pytest

from aconv.companion import datasets
from aconv.companion.cli import main
from aconv.companion.datasets import cli


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ACONV_DATA_DIR", str(tmp_path))
    return tmp_path


def test_the_list_has_every_set_with_its_licence_and_whether_it_is_here(
    capsys, empty_folder
):
    assert main(["datasets", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines[1 : 1 + len(datasets.names())]}
    assert tuple(rows) == datasets.names()
    for name, row in rows.items():
        facts = datasets.info(name)
        assert row.endswith(facts.licence)
        assert f"{facts.train:,}" in row
        assert (" yes " if facts.kind == "embedded" else " no ") in row
    assert "11.6 MB" in rows["mnist"]
    assert str(empty_folder) in lines[-1]


@pytest.mark.parametrize("kind", [datasets.DownloadError, PermissionError])
def test_a_set_that_cannot_be_fetched_does_not_stop_the_others(
    capsys, monkeypatch, kind
):
    def load(name):
        if name == "mnist":
            raise kind("no address gave it")
        return datasets.load(name)

    monkeypatch.setattr(cli, "load", load)
    assert main(["datasets", "fetch", "mnist", "face_patches"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "mnist: no address gave it\n"
    assert captured.out.startswith("face_patches: 150 + 50 images (embedded;")
