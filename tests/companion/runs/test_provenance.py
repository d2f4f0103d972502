"""The commit that a record names is that of this project's own checkout."""

import os
import subprocess

import pytest

from aconv.companion import files
from aconv.companion.runs import provenance


def git(folder, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", *who, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def commit_all(folder):
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    return git(folder, "rev-parse", "HEAD")


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


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_variables_of_git_lead_nowhere_else(name, checkout, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").touch()
    commit_all(other)
    parts = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_WORK_TREE": "."}
    monkeypatch.setenv(name, str(other / parts[name]))
    assert state() == (None, None)
    commit = commit_all(checkout)
    assert state() == (commit, False)


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    commit_all(checkout)
    monkeypatch.setenv("PATH", "")
    assert state() == (None, None)
