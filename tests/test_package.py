"""What ``import aconv`` promises."""

import ast
import doctest
import graphlib
import importlib
import re
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

import aconv
from aconv.companion import datasets

PACKAGE = Path(aconv.__file__).parent


def test_all_names_are_there_and_documented():
    for name in aconv.__all__:
        assert getattr(aconv, name).__doc__, name


def test_readme_example_runs():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        exec(compile(block, "README.md", "exec"), {})


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
WITH_EXAMPLES = [
    name
    for name, path in MODULES.items()
    if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_docstring_examples_print_what_they_say(name, tmp_path, monkeypatch):
    # An example may make records; those of the repository are not for tests.
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path))
    module = importlib.import_module(name)
    # What examples may use beside what their module has.
    names = {"keras": keras, "np": np, "pd": pd, "load": datasets.load}
    names["tmp_path"] = tmp_path
    result = doctest.testmod(
        module,
        extraglobs={k: v for k, v in names.items() if not hasattr(module, k)},
        optionflags=doctest.NORMALIZE_WHITESPACE,
    )
    assert result.attempted > 0
    assert result.failed == 0


LAYER = {path for path in MODULES.values() if "companion" not in path.parts}


def imported(path):
    """Modules that a file imports, with the names it takes from them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_layer_needs_keras_and_numpy_only_and_no_companion():
    allowed = {"aconv", "keras", "numpy", *sys.stdlib_module_names}
    for path in LAYER - {PACKAGE / "__main__.py"}:
        for name in imported(path):
            assert name.split(".")[0] in allowed, f"{path} imports {name}"
            assert not name.startswith("aconv.companion"), f"{path} imports {name}"


# What a part of the companion may import: itself and those before it.
ORDER = (
    *("choices", "files", "stats", "paper", "datasets", "training", "measures"),
    *("studies", "runs", "analysis", "pages", "chapters", "claims", "cli"),
)


@pytest.mark.parametrize("part", ORDER)
def test_imports_inside_the_companion_go_one_way(part):
    root = PACKAGE / "companion"
    paths = [root / f"{part}.py", *(root / part).rglob("*.py")]
    later = ORDER[ORDER.index(part) + 1 :]
    for path in (path for path in paths if path.exists()):
        for name in imported(path):
            if name.startswith("aconv.companion."):
                assert name.split(".")[2] not in later, f"{path} imports {name}"


def test_no_modules_import_each_other():
    graph = {}
    for name, path in MODULES.items():
        found = imported(path)
        found |= {target.rpartition(".")[0] for target in found}
        graph[name] = (found & set(MODULES)) - {name}
    # A package that gathers the names of its modules does not use them.
    for name, path in MODULES.items():
        if path.name == "__init__.py":
            graph[name] = set()
    graphlib.TopologicalSorter(graph).prepare()


def test_no_file_is_longer_than_a_reader_can_keep_in_mind():
    long = {
        str(path.relative_to(PACKAGE)): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert not long
