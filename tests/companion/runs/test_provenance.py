"""The commit that a record names is that of this project's own checkout."""

import os
import subprocess

import pytest

from aconv.companion import files
from aconv.companion.runs import provenance


def commit_all(folder):
    who = "-c user.name=A -c user.email=a@example.org"
    command = f"git init -q; git add -A; git {who} commit -qm all; git rev-parse HEAD"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    options = {"cwd": folder, "env": environment, "text": True}
    return subprocess.check_output(["sh", "-ec", command], **options).strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder of this project, which the package believes to lie in."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "aconv"\n')
    for module in (files, provenance):
        monkeypatch.setattr(module, "PROJECT", folder)
    return folder


state = provenance.code_state.__wrapped__


def test_commit_of_the_checkout_and_its_changes_are_told(checkout):
    commit = commit_all(checkout)
    assert state() == (commit, False)
    (checkout / "notes").touch()
    assert state() == (commit, False)
    (checkout / "requirements.lock").touch()
    assert state() == (commit, True)


def test_other_repositories_are_not_named(checkout):
    # An archive that was unpacked inside a repository.
    commit_all(checkout.parent)
    assert state() == (None, None)
    # The repository of the site-packages.
    (checkout / "pyproject.toml").write_text('[project]\nname = "other"\n')
    commit_all(checkout)
    assert state() == (None, None)


@pytest.mark.parametrize(
    ("name", "part"),
    [("GIT_DIR", ".git"), ("GIT_INDEX_FILE", ".git/index"), ("GIT_WORK_TREE", ".")],
)
def test_variables_of_git_lead_nowhere_else(
    name, part, checkout, tmp_path, monkeypatch
):
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").touch()
    commit_all(other)
    monkeypatch.setenv(name, str(other / part))
    assert state() == (None, None)
    commit = commit_all(checkout)
    assert state() == (commit, False)
    monkeypatch.setenv("PATH", "")  # and so nowhere without git
    assert state() == (None, None)
