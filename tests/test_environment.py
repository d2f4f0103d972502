"""One lock for every environment, complete, and what the project asks for."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
GROUPS = PYPROJECT["dependency-groups"]
EXTRAS = PROJECT["optional-dependencies"]
LOCK = (ROOT / "requirements.lock").read_text()
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
PYTHONS = ("3.11", "3.12", "3.13")
# Its declared needs are outdated; pyproject.toml has the true ones.
OUTDATED = {
    data["name"]: data for data in PYPROJECT["tool"]["uv"]["dependency-metadata"]
}
INSTALL = "--no-deps --require-hashes -r requirements.lock"


def entries():
    """The requirement of each entry of the lock."""
    head, *blocks = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)
    assert all(line.startswith("#") for line in head.splitlines())
    for block in blocks:
        text = re.sub(r"\s*#.*", "", block)
        requirement, *hashes = text.replace("\\\n", "").split("--hash=")
        assert hashes
        yield Requirement(requirement)


ENTRIES = list(entries())


def applies(requirement, python, extra=""):
    environment = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.7",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "implementation_name": "cpython",
        "extra": extra,
    }
    return requirement.marker is None or requirement.marker.evaluate(environment)


def locked(python):
    """Version of each package that the lock installs on a Python."""
    versions = {}
    for requirement in ENTRIES:
        if applies(requirement, python):
            name = canonicalize_name(requirement.name)
            assert name not in versions, name
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            versions[name] = specifier.version
    return versions


def asked_for():
    """What the project itself names, without its own extras."""
    lists = [PROJECT["dependencies"], *EXTRAS.values(), *GROUPS.values()]
    found = [Requirement(text) for texts in lists for text in texts]
    return [requirement for requirement in found if requirement.name != "aconv"]


def test_lock_has_no_address():
    assert not re.search("//|--index|--find-links", LOCK)


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_has_what_the_project_asks_for(python):
    versions = locked(python)
    for requirement in asked_for():
        if applies(requirement, python):
            version = versions[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement


def needs(name):
    """Requirements of an installed package, the true ones."""
    if name in OUTDATED:
        return OUTDATED[name]["requires-dist"]
    return importlib.metadata.requires(name) or []


def test_lock_is_complete():
    # It is installed without dependencies: whatever a package needs must be in it.
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = locked(python)
    checked = 0
    for name, version in versions.items():
        try:
            if importlib.metadata.version(name) != version:
                continue
        except importlib.metadata.PackageNotFoundError:
            continue
        checked += 1
        for need in map(Requirement, needs(name)):
            if applies(need, python):
                found = versions[canonicalize_name(need.name)]
                assert need.specifier.contains(found, prereleases=True), (name, need)
    assert checked > 100


def test_every_environment_is_made_from_the_lock():
    makefile = re.sub(r"\\\n\s*", "", (ROOT / "Makefile").read_text())
    assert INSTALL in makefile
    assert INSTALL in (ROOT / "postBuild").read_text()
    workflow = (ROOT / ".github" / "workflows" / "book.yml").read_text()
    assert "PYTHON: python${{ matrix.python }}" in workflow
    (job, _) = yaml.safe_load(workflow)["jobs"].values()
    assert {"run": "bash .ci/run"} in job["steps"]
    assert job["strategy"]["matrix"]["python"] == list(PYTHONS)
    assert all(isinstance(package, str) for package in CONDA)


def test_package_itself_needs_keras_and_numpy_only():
    needs = {Requirement(r).name for r in PROJECT["dependencies"]}
    assert needs == {"keras", "numpy"}


def test_pythons_are_those_that_the_package_supports():
    (pin,) = (d for d in CONDA if d.startswith("python="))
    assert pin.removeprefix("python=") == PYTHONS[0]
    assert all(p in SpecifierSet(PROJECT["requires-python"]) for p in PYTHONS)
    named = {line for line in PROJECT["classifiers"] if "Python :: 3." in line}
    assert named == {f"Programming Language :: Python :: {p}" for p in PYTHONS}


@pytest.fixture
def build(tmp_path):
    """Runs postBuild with Pythons that only tell what they are asked."""

    def fake(folder):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").write_text(
            f'#!/bin/sh\necho "{folder.name}: $*" >> "{tmp_path}/log"\n'
        )
        (folder / "bin" / "python").chmod(0o755)
        return folder

    def build(**environment):
        path = f"{fake(tmp_path / 'first')}/bin:{os.environ['PATH']}"
        environment["PATH"] = path
        subprocess.run(["bash", "./postBuild"], cwd=ROOT, check=True, env=environment)
        return (tmp_path / "log").read_text().splitlines()

    build.fake = fake
    return build


def test_binder_installs_into_the_environment_of_the_kernel(build, tmp_path):
    # repo2docker sets these, and no CONDA_PREFIX.
    notebook, kernel = (build.fake(tmp_path / name) for name in ("notebook", "kernel"))
    lines = build(
        CONDA_DIR=str(tmp_path),
        CONDA_DEFAULT_ENV=str(kernel),
        NB_PYTHON_PREFIX=str(notebook),
        KERNEL_PYTHON_PREFIX=str(kernel),
    )
    assert lines == [
        f"kernel: -m pip install {INSTALL}",
        "kernel: -m pip install --no-deps --no-build-isolation -e .",
    ]


def test_conda_installs_into_the_environment_that_is_active(build):
    assert {line.split(":")[0] for line in build()} == {"first"}


def test_settings_of_a_user_do_not_reach_the_commands_of_make():
    names = ("UV_PROJECT_ENVIRONMENT", "UV_SYSTEM_PYTHON", "UV_PYTHON")
    names += ("PIP_TARGET", "PIP_USER", "VIRTUAL_ENV")
    mine = dict.fromkeys(names, "/elsewhere")
    shown = subprocess.run(
        ["make", "--silent", "--eval", "show:\n\t@env", "show"],
        cwd=ROOT,
        env=os.environ | mine,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert not {line.split("=")[0] for line in shown.splitlines()} & set(mine)
