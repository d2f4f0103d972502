"""Notebooks run side by side, by small books that are built with the extension."""

import json
import os
import shutil
import signal
import time
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
with open("{name}.pid", "w") as file:
    print(os.getpid(), file=file)
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
        "  config:\n"
        "    run_alone: [alone]\n"
        "    without_training: [one]\n"
        "    nb_execution_raise_on_error: true\n"
    )
    (source / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters: [file: one, file: two, file: alone]\n"
    )
    (source / "intro.md").write_text("# Without code\n\nWords.\n")

    def build(more="", **options):
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
        return build_book(tmp_path, **options)

    return build


def times(folder, name):
    lines = (folder / "book" / f"{name}.times").read_text().splitlines()
    return [json.loads(line) for line in lines]


def overlap(first, second):
    return min(first[1], second[1]) - max(first[0], second[0])


def test_notebooks_are_run_once_and_side_by_side_unless_alone(book, tmp_path):
    built = book()
    assert built.returncode == 0, built.stderr
    assert "running 3 notebooks side by side" in built.stdout
    for name in ("one", "two", "alone"):
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
    assert "one: CellExecutionError" in built.stderr
    assert "the fault" in built.stderr
    log = tmp_path / "_build" / "kernels" / "one.log"
    assert str(log) in built.stderr
    assert "greeting of one" in log.read_text()
    # It is run once, and the others are done.
    assert len(times(tmp_path, "one")) == 1
    assert built.stdout.count(" two\n") == built.stdout.count(" alone\n") == 1
    assert " one\n" not in built.stdout


def test_kernel_that_is_killed_ends_the_build_with_its_name(book, tmp_path):
    built = book(more="os.kill(os.getpid(), 9)")
    assert built.returncode == 1
    assert "one: DeadKernelError" in built.stderr
    assert str(tmp_path / "_build" / "kernels" / "one.log") in built.stderr
    # The last words of the kernel.
    assert "greeting of one" in built.stderr
    assert not (tmp_path / "_build" / "html" / "one.html").exists()
    # What was done is kept, and only the rest is run then.
    assert book().returncode == 0
    assert [len(times(tmp_path, n)) for n in ("one", "two", "alone")] == [2, 1, 1]


def test_interrupted_build_leaves_no_kernel(book, tmp_path):
    process = book(more="time.sleep(300)", wait=False)
    at_work = tmp_path / "book" / "one.times"
    while not at_work.exists():
        assert process.poll() is None
        time.sleep(0.2)
    kernel = int((tmp_path / "book" / "one.pid").read_text())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) != 0
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)


def test_pages_without_training_need_no_large_backend(book, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert book(more="print('on', os.environ.get('KERAS_BACKEND'))").returncode == 0
    html = tmp_path / "_build" / "html"
    assert "on numpy" in (html / "one.html").read_text()
    # Who asks for a backend gets it.
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert book(more="print('then', os.environ['KERAS_BACKEND'])").returncode == 0
    assert "then jax" in (html / "one.html").read_text()
