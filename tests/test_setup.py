"""The environment is made by a Python that fits, or one sentence says which would."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from check_python import problem  # noqa: E402

VERSIONS = ["3.13", "3.12", "3.11"]
GLIBC = ("glibc", "2.36")

# Answers as an interpreter does, as far as the set-up asks.
PYTHON = """#!/bin/sh
case "$*" in
    *check_python.py*) echo "{problem}" ;;
    *version_info*) echo "{version}" ;;
    "-m venv .venv")
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python
        printf '#!/bin/sh\\n' > .venv/bin/uv
        chmod +x .venv/bin/uv
        echo "VIRTUAL_ENV='$PWD/.venv'" > .venv/bin/activate
        echo {version} > .venv/made_by ;;
esac
"""


LINUX, ARM_LINUX = ("Linux", "x86_64"), ("Linux", "aarch64")
MAC, INTEL_MAC = ("Darwin", "arm64", ("", "")), ("Darwin", "x86_64", ("", ""))


@pytest.mark.parametrize(
    ("version", "place", "words"),
    [
        ("3.11.7", (*LINUX, GLIBC), ""),
        ("3.13.0", (*ARM_LINUX, ("glibc", "2.27")), ""),
        ("3.12.1", MAC, ""),
        ("3.10.13", (*LINUX, GLIBC), "3.10.13"),
        ("3.14.2", MAC, "3.14.2"),
        ("3.1.1", (*LINUX, GLIBC), "3.1.1"),
        ("3.12.1", INTEL_MAC, "for macOS x86_64, where TensorFlow"),
        ("3.12.1", (*LINUX, ("", "")), "with no glibc, and TensorFlow needs"),
        ("3.12.1", (*LINUX, ("musl", "1.2.4")), "with no glibc"),
        ("3.12.1", (*LINUX, ("glibc", "2.17")), "with glibc 2.17"),
        ("3.12.1", ("Linux", "armv7l", GLIBC), "for Linux armv7l"),
    ],
)
def test_python_fits_where_tensorflow_has_wheels(version, place, words):
    found = problem(VERSIONS, version, *place)
    assert words in found
    assert bool(found) == bool(words)


def test_python_without_pip_is_named():
    found = problem(VERSIONS, "3.12.1", "Linux", "x86_64", GLIBC, has_pip=False)
    assert "ensurepip" in found and "python3-venv" in found


@pytest.fixture
def machine(tmp_path):
    """A checkout, on a machine with the Pythons that a test puts there."""
    folder, tools = tmp_path / "checkout", tmp_path / "bin"
    folder.mkdir()
    tools.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "tools", folder / "tools")
    programs = ("sh", "make", "sed", "sort", "head", "dirname", "grep", "rm", "touch")
    for name in (*programs, "mkdir", "cp", "chmod", "printf"):
        (tools / name).symlink_to(shutil.which(name))

    def put(name, version, problem="", text=PYTHON):
        path = tools / name
        path.write_text(text.format(problem=problem, version=version))
        path.chmod(0o755)
        return path

    def make(*arguments, folder=folder):
        return subprocess.run(
            ["make", "env", *arguments],
            cwd=folder,
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
        )

    make.put, make.folder, make.tools = put, folder, tools
    return make


def made_by(folder):
    return (folder / ".venv" / "made_by").read_text().strip()


def test_newest_that_fits_makes_the_environment(machine):
    machine.put("python3", "3.14", problem="3.14.2")
    machine.put("python3.11", "3.11")
    machine.put("python3.12", "3.12")
    # As a shim of pyenv whose version is not installed.
    machine.put("python3.13", "", text="#!/bin/sh\nexit 127\n")
    result = machine()
    assert result.returncode == 0, result.stderr
    assert made_by(machine.folder) == "3.12"
    assert ".venv/bin/aconv" in result.stdout
    assert "source .venv/bin/activate" in result.stdout
    # What fits is left alone, also when a newer one comes.
    machine.put("python3.13", "3.13")
    assert "up to date" in machine().stdout or "Nothing to be done" in machine().stdout
    assert made_by(machine.folder) == "3.12"


def test_nothing_is_made_where_no_python_fits(machine):
    assert "none was found" in machine().stderr
    machine.put("python3", "3.14", problem="3.14.2")
    machine.put("python3.12", "3.12", problem="3.12.1 for macOS x86_64, where none")
    result = machine()
    assert result.returncode != 0
    (sentence,) = (line for line in result.stderr.splitlines() if "***" not in line)
    assert sentence.startswith("Python 3.13, 3.12 or 3.11 is needed")
    assert "python3 is 3.14.2" in sentence and "3.12.1 for macOS" in sentence
    assert "make PYTHON=" in sentence
    assert not (machine.folder / ".venv").exists()


def test_python_that_is_asked_for_is_the_only_one(machine):
    machine.put("python3.13", "3.13")
    other = machine.put("other", "3.10", problem="3.10.13")
    result = machine(f"PYTHON={other}")
    assert result.returncode != 0
    assert f"{other} is 3.10.13" in result.stderr
    assert "nowhere does not run" in machine("PYTHON=nowhere").stderr
    assert not (machine.folder / ".venv").exists()


def test_uv_brings_a_python_where_there_is_none(machine):
    brought = machine.put("brought", "3.13")
    (machine.tools / "uv").write_text(
        "#!/bin/sh\n"
        f'case "$*" in *install*) touch {machine.tools}/installed ;;\n'
        f'*"find"*"3.13") test -e {machine.tools}/installed && echo {brought} ;;\n'
        "*) exit 1 ;; esac\n"
    )
    (machine.tools / "uv").chmod(0o755)
    result = machine()
    assert result.returncode == 0, result.stderr
    assert f"making .venv with {brought}" in result.stdout


def test_environment_of_another_python_is_made_anew(machine):
    machine.put("python3.11", "3.11")
    other = machine.put("other", "3.12")
    assert machine().returncode == 0
    assert machine(f"PYTHON={other}").returncode == 0
    assert made_by(machine.folder) == "3.12"
    assert "making" not in machine(f"PYTHON={other}").stdout
    # Its interpreter was taken away, as by an upgrade of the system.
    (machine.folder / ".venv" / "bin" / "python").unlink()
    assert machine().returncode == 0
    assert made_by(machine.folder) == "3.11"


def test_folder_that_is_moved_or_copied_gets_an_environment_of_its_own(machine):
    machine.put("python3.11", "3.11")
    assert machine().returncode == 0
    copy = machine.folder.with_name("copy")
    shutil.copytree(machine.folder, copy)
    result = machine(folder=copy)
    assert "making .venv" in result.stdout
    assert str(copy) in (copy / ".venv" / "bin" / "activate").read_text()
    # Of one that lies elsewhere, only the link would go.
    assert "making" not in machine().stdout
    shutil.rmtree(copy / ".venv")
    (copy / ".venv").symlink_to(machine.folder / ".venv")
    assert "making" not in machine(folder=copy).stdout


@pytest.mark.skipif(not os.environ.get("CI"), reason="only where a build sets up anew")
def test_environment_of_this_build_serves():
    result = subprocess.run(
        ["sh", "tools/check_venv.sh"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.stdout == ""
