"""The environments that users make agree with the lock."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
PIP = dict(line.split("==") for line in CONDA[-1]["pip"])


def python_of_conda():
    (pin,) = (d for d in CONDA if isinstance(d, str) and d.startswith("python="))
    return pin.removeprefix("python=")


def locked_version(name):
    """Version that the lock installs on conda's Python."""
    python = python_of_conda()
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.7",
        "sys_platform": "linux",
    }
    (version,) = (
        package["version"]
        for package in LOCK["package"]
        if package["name"] == name
        and (
            "resolution-markers" not in package
            or any(
                Marker(m).evaluate(environment) for m in package["resolution-markers"]
            )
        )
    )
    return version


def test_python_of_environment_yml_is_one_that_the_package_supports():
    assert python_of_conda() in SpecifierSet(PROJECT["project"]["requires-python"])


@pytest.mark.parametrize("name", [name for name in PIP if name != "uv"])
def test_environment_yml_pins_the_version_of_the_lock(name):
    assert PIP[name] == locked_version(name)


def test_environment_yml_names_every_package_that_the_project_names():
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *extras["book"], *extras["cluster"]]
    assert {Requirement(r).name for r in named} | {"uv"} == set(PIP)


def test_uv_is_the_same_in_makefile_and_environment_yml():
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"UV_VERSION := (\S+)", makefile)[1] == PIP["uv"]


def test_package_itself_needs_keras_and_numpy_only():
    needs = {Requirement(r).name for r in PROJECT["project"]["dependencies"]}
    assert needs == {"keras", "numpy"}
