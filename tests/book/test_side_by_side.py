"""Notebooks run side by side, by small books that are built with the extension."""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from books import build_book

pytestmark = pytest.mark.slow

EXTENSION = Path(__file__).parents[2] / "book" / "_ext" / "side_by_side.py"
# Notes when it begins and ends, on the clock that all processes have.
CODE = """
import json, os, time
begin = time.monotonic()
while time.monotonic() < begin + 4:
    time.sleep(0.1)
with open("{name}.times", "a") as file:
    print(json.dumps([begin, time.monotonic()]), file=file)
print("result of {name}")
# Past what the kernel catches, as libraries do that are not Python's.
os.write(2, b"greeting of {name}")
{more}
"""
TEXT = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {name}

```{{code-cell}} ipython3
{code}
```
"""


@pytest.fixture
def book(tmp_path):
    """A book of a notebook, a page with code, a page run alone and one without code."""
    source = tmp_path / "book"
    (source / "_ext").mkdir(parents=True)
    shutil.copy(EXTENSION, source / "_ext")
    (tmp_path / "_config.yml").write_text(
        "title: Small\nonly_build_toc_files: true\n"
        "execute: {execute_notebooks: cache, timeout: 60, stderr_output: remove}\n"
        "sphinx:\n"
        "  local_extensions: {side_by_side: book/_ext/}\n"
        "  config: {run_alone: [alone], nb_execution_raise_on_error: true}\n"
    )
    (source / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters: [file: one, file: two, file: alone]\n"
    )
    (source / "intro.md").write_text("# Without code\n\nWords.\n")

    def build(more=""):
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_markdown_cell("# one"),
                nbformat.v4.new_code_cell(CODE.format(name="one", more=more)),
            ],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, source / "one.ipynb")
        for name in ("two", "alone"):
            code = CODE.format(name=name, more="")
            (source / f"{name}.md").write_text(TEXT.format(name=name, code=code))
        return build_book(tmp_path)

    return build


def times(folder, name):
    lines = (folder / "book" / f"{name}.times").read_text().splitlines()
    return [json.loads(line) for line in lines]


def overlap(first, second):
    return min(first[1], second[1]) - max(first[0], second[0])


def test_notebooks_are_run_once_and_side_by_side_unless_alone(book, tmp_path):
    built = book()
    assert built.returncode == 0, built.stderr
    assert "running 2 notebooks side by side" in built.stdout
    for name in ("one", "two"):
        assert built.stdout.count(f" {name}\n") == 1
        assert f"greeting of {name}" not in built.stdout + built.stderr
    (one,), (two,), (alone,) = (times(tmp_path, n) for n in ("one", "two", "alone"))
    if os.cpu_count() > 1:
        assert overlap(one, two) > 0
    assert overlap(one, alone) < 0
    assert overlap(two, alone) < 0
    html = tmp_path / "_build" / "html"
    for name in ("one", "two", "alone"):
        assert f"result of {name}" in (html / f"{name}.html").read_text()
    assert book().returncode == 0
    assert [len(times(tmp_path, n)) for n in ("one", "two", "alone")] == [1, 1, 1]


def test_notebook_that_fails_fails_the_build_with_its_error(book, tmp_path):
    built = book(more="raise RuntimeError('the fault')")
    assert built.returncode != 0
    assert "the fault" in built.stdout + built.stderr
    # It is named where it failed first, and as done it is not.
    assert "Execution Excepted: " in (tmp_path / "_build/kernels.log").read_text()
    assert built.stdout.count(" two\n") == 1
    assert " one\n" not in built.stdout
