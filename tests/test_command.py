"""The command ``aconv`` as a user starts it: quick, quiet, and with few packages."""

import functools
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import aconv
import aconv_command
from aconv.companion.training.backends import BACKENDS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
START = "import sys; from aconv_command import main; sys.exit(main(sys.argv[1:]))"

SHOWN = ("simple", "--dataset", "mnist", "--kernel-size", "3")

# Finds nothing of the packages that are named: they are as good as not installed.
WITHOUT = """
import importlib.machinery, sys
class Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] not in {blocked!r}:
            return super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(importlib.machinery.PathFinder)] = Finder
"""


def run(code, *arguments, stdout=subprocess.PIPE, **environment):
    """Runs code in a process of its own, in which this package is found."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def requirements(name, extras):
    """What a package needs by its own word; this one's stands in pyproject.toml."""
    if name == "aconv":
        texts = [*PROJECT["dependencies"], *(t for e in extras for t in EXTRAS[e])]
    else:
        texts = importlib.metadata.requires(name) or []
    for need in map(Requirement, texts):
        markers = [{"extra": extra} for extra in (*extras, "")]
        if need.marker is None or any(need.marker.evaluate(m) for m in markers):
            yield canonicalize_name(need.name), frozenset(need.extras)


@functools.cache
def installed_with(*extras, backend=None):
    """Names of all packages that pip installs with some extras of this one."""
    waiting = [("aconv", frozenset(extras))]
    if backend is not None:
        waiting.append((backend, frozenset()))
    found = set()
    while waiting:
        entry = waiting.pop()
        if entry not in found:
            found.add(entry)
            waiting += requirements(*entry)
    return {name for name, _ in found}


def empty_environment(*extras, backend=None):
    """Code that hides every installed package that the extras do not bring."""
    kept = installed_with(*extras, backend=backend)
    blocked = {
        module
        for module, packages in importlib.metadata.packages_distributions().items()
        if not {canonicalize_name(package) for package in packages} & kept
    }
    return WITHOUT.format(blocked=blocked - {"aconv", "aconv_command"})


def test_names_that_are_looked_for_are_those_of_the_extra():
    modules = importlib.metadata.packages_distributions()
    looked_for = {canonicalize_name(modules[n][0]) for n in aconv_command.NEEDED}
    assert looked_for == {
        canonicalize_name(Requirement(r).name) for r in EXTRAS["runs"]
    }


def test_package_alone_gives_a_sentence_that_names_the_extra():
    hidden = empty_environment()
    for arguments in ([], ["datasets", "list"]):
        result = run(hidden + START, *arguments)
        assert result.returncode == 1
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert "pip install 'aconv[runs]'" in line
        assert "pooch" in line
    assert run(hidden + START, "--version").returncode == 0


def test_keras_without_a_backend_is_a_sentence():
    hidden = empty_environment("runs")
    result = run(hidden + START, "show", *SHOWN, KERAS_BACKEND="jax")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "jax is not installed" in line
    assert "KERAS_BACKEND" in line


@pytest.mark.parametrize("backend", ["numpy", "openvino", "tensorflo"])
def test_backend_that_cannot_train_is_refused_before_any_work(backend, tmp_path):
    # A stranger to Keras, and one without its package, among them.
    to_run = ["run", "simple", "--dataset", "digits", "--records", str(tmp_path)]
    for arguments in (to_run, ["show", *SHOWN]):
        result = run(START, *arguments, KERAS_BACKEND=backend)
        assert result.returncode == 2
        (line,) = result.stderr.splitlines()
        assert f"`KERAS_BACKEND` must be one of {BACKENDS} to train" in line
        assert f"Received: {backend!r}" in line
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extra", ["runs", "cluster"])
def test_extra_is_all_that_the_command_needs(extra, tmp_path):
    hidden = empty_environment(extra, backend="jax")
    code = hidden + (
        "from aconv_command import main\n"
        "assert main(['datasets', 'list']) == 0\n"
        "assert main(['status', 'simple']) == 0\n"
        "assert main(['datasets', 'fetch', 'digits', 'photo_patches']) == 0\n"
        "import aconv.companion.runs.execution\n"
    )
    if extra == "cluster":
        code += "import distributed\n"
    result = run(code, KERAS_BACKEND="jax", ACONV_RECORDS_DIR=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "digits: 1,347 + 450 images" in result.stdout


def test_extra_of_the_book_is_all_that_the_companion_needs():
    code = empty_environment("book") + (
        "import importlib, pkgutil, aconv.companion as c\n"
        "for found in pkgutil.walk_packages(c.__path__, 'aconv.companion.'):\n"
        "    if not found.name.endswith(('epoch_jax', 'epoch_torch')):\n"
        "        importlib.import_module(found.name)\n"
        "import jupyter_book, papermill, ipykernel, sphinx_proof\n"
    )
    result = run(code, KERAS_BACKEND="tensorflow")
    assert result.returncode == 0, result.stderr


def test_extra_of_the_pages_drives_a_browser():
    pytest.importorskip("playwright")
    pytest.importorskip("axe_playwright_python")
    needed = "import playwright.sync_api, axe_playwright_python.sync_playwright"
    result = run(empty_environment("pages") + needed)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_do_not_wait_for_keras(option):
    loaded = "\nprint(*sys.modules, file=sys.stderr)"
    code = "import sys, contextlib\nfrom aconv_command import main\n"
    code += "with contextlib.suppress(SystemExit): main(sys.argv[1:])"
    result = run(code + loaded, option)
    assert result.returncode == 0, result.stderr
    modules = {name.partition(".")[0] for name in result.stderr.split()}
    assert not modules & {"aconv", "keras", "numpy", *aconv_command.NEEDED}
    shown = {"--help": "usage: aconv", "--version": f"aconv {aconv.__version__}\n"}
    assert result.stdout.startswith(shown[option])


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["status", "simple"], 0),
        (["claims"], 0),
        (["datasets", "list"], 0),
        (["status", "simple", "resnet"], 2),
        (["run", "simple", "--epochs", "0"], 2),
        (["show", "vgg", *SHOWN[1:]], 2),
        (["claims", "--records", ""], 2),
    ],
)
def test_what_trains_nothing_needs_no_keras_and_no_posix(arguments, status, tmp_path):
    code = "import sys; sys.modules |= {'fcntl': None, 'keras': None}\n" + START
    result = run(code, *arguments, ACONV_RECORDS_DIR=str(tmp_path))
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr


def test_package_is_whole_once_its_names_are_asked_for():
    code = (
        "from aconv_command import main, _defer\n"
        "_defer('aconv')\n"
        "import sys, aconv.companion.files, aconv\n"
        "assert 'keras' not in sys.modules\n"
        "print(aconv.__version__, aconv.AdaptiveConv2D.__name__, aconv.fold.__name__)"
    )
    result = run(code, KERAS_BACKEND="numpy")
    assert result.stdout.split() == [aconv.__version__, "AdaptiveConv2D", "fold"]


def test_help_names_every_command_and_what_it_does(capsys):
    with pytest.raises(SystemExit):
        aconv_command.main(["--help"])
    text = capsys.readouterr().out
    for name, what in aconv_command.COMMANDS.items():
        assert re.search(rf"^  {name} +{what}$", text, re.MULTILINE)
        with pytest.raises(SystemExit) as end:
            aconv_command.main([name, "--help"])
        assert end.value.code == 0
        assert f"usage: aconv {name}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["train"], ["--seed"]])
def test_bad_command_ends_with_the_commands(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        aconv_command.main(arguments)
    assert end.value.code == 2
    assert "usage: aconv" in capsys.readouterr().err


def test_reader_that_leaves_is_no_fault(tmp_path):
    # The pipe is closed before the first line, as by a `head` that has seen enough.
    read, write = os.pipe()
    os.close(read)
    code = (
        "from aconv_command import main\n"
        "raise SystemExit(main(['datasets', 'list']) or main(['status']))"
    )
    result = run(code, stdout=write, ACONV_RECORDS_DIR=str(tmp_path))
    os.close(write)
    assert result.returncode == 0
    assert not re.search("roken pipe|Traceback", result.stderr)


def test_command_is_what_pyproject_says():
    module, _, function = PROJECT["scripts"]["aconv"].partition(":")
    assert getattr(sys.modules[module], function) is aconv_command.main


def test_interrupt_while_modules_load_is_a_sentence(monkeypatch, capsys):
    class Loading(types.ModuleType):
        def __getattr__(self, name):
            raise KeyboardInterrupt

    name = "aconv.companion"
    monkeypatch.setitem(sys.modules, name, Loading(name))
    assert aconv_command.main(["status"]) == 130
    assert capsys.readouterr().err == "aconv: interrupted.\n"
