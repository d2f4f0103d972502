"""The commit that a record names is that of this project's own checkout."""

import os
import subprocess

import pytest

from aconv.companion import files
from aconv.companion.runs import provenance

METADATA = '[project]\nname = "aconv"\n'


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
def state(monkeypatch):
    def state(project):
        for module in (files, provenance):
            monkeypatch.setattr(module, "PROJECT", project)
        return provenance.code_state.__wrapped__()

    return state


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(METADATA)
    return folder


def test_commit_of_the_checkout_and_its_changes_are_told(checkout, state):
    commit = commit_all(checkout)
    assert state(checkout) == (commit, False)
    (checkout / "notes").touch()
    assert state(checkout) == (commit, False)
    (checkout / "requirements.lock").touch()
    assert state(checkout) == (commit, True)


def test_repository_around_the_code_is_not_named(checkout, state):
    # An archive that was unpacked inside a repository.
    commit_all(checkout.parent)
    assert state(checkout) == (None, None)


def test_repository_of_the_site_packages_is_not_named(tmp_path, state):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    commit_all(tmp_path)
    assert state(tmp_path) == (None, None)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_variables_of_git_lead_nowhere_else(
    name, checkout, state, tmp_path, monkeypatch
):
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").touch()
    commit_all(other)
    value = {
        "GIT_DIR": other / ".git",
        "GIT_INDEX_FILE": other / ".git" / "index",
        "GIT_WORK_TREE": other,
    }[name]
    monkeypatch.setenv(name, str(value))
    assert state(checkout) == (None, None)
    commit = commit_all(checkout)
    assert state(checkout) == (commit, False)


def test_without_git_there_is_no_commit(checkout, state, monkeypatch):
    commit_all(checkout)
    monkeypatch.setenv("PATH", "")
    assert state(checkout) == (None, None)
