"""What the book says to type is accepted by the chapters."""

import re
import shlex
from pathlib import Path

import nbformat
import pytest
import yaml
from papermill.cli import _resolve_type

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"papermill notebooks/(\w+)\.ipynb out\.ipynb([^`\n]*)")


def texts():
    """The text of all pages, and of the first page of the repository."""
    for path in (ROOT / "README.md", *sorted((ROOT / "book").glob("*.md"))):
        yield path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                yield cell.source


def commands():
    return [found.groups() for text in texts() for found in COMMAND.finditer(text)]


def values_of(options):
    """The parameters as papermill reads them from a command line."""
    words = iter(shlex.split(options))
    values = {}
    for word in words:
        if word == "-p":
            name = next(words)
            values[name] = _resolve_type(next(words))
        elif word == "-y":
            values |= yaml.safe_load(next(words))
        else:
            raise AssertionError(f"not an option of parameters: {word}")
    return values


def test_there_are_commands_with_numbers_words_and_lists():
    kinds = {type(v) for _, options in commands() for v in values_of(options).values()}
    assert kinds >= {int, float, str, list}


@pytest.mark.parametrize(("chapter", "options"), commands())
def test_chapter_accepts_the_parameters(chapter, options):
    parameters, checks = nbformat.read(
        ROOT / "notebooks" / f"{chapter}.ipynb", as_version=4
    ).cells[1:3]
    assert "parameters" in parameters.metadata.tags
    known: dict[str, object] = {}
    exec(parameters.source, known)
    values = values_of(options)
    assert set(values) <= set(known)
    if values.get("image") == "path/to/picture.png":
        del values["image"]  # stands for a file of the reader's
    exec(checks.source, known | values)
