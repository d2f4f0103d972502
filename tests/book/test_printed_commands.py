"""What the book says to type is accepted by the chapters, and by the command."""

import re
import shlex
from pathlib import Path

import nbformat
import pytest
import yaml
from papermill.cli import _resolve_type

from aconv.companion import cli
from aconv.companion.studies import showing

ROOT = Path(__file__).parents[2]
# Also over two lines, the first of which ends in a backslash.
ACONV = re.compile(
    r"(?:^|`|\.venv/bin/)aconv (run|show|status) ([a-z]\w*(?:[^`\n\\]|\\\n)*)", re.M
)
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


def console():
    """The commands ``aconv`` that pages print, with their arguments."""
    for text in texts():
        for command, arguments in ACONV.findall(text):
            yield command, tuple(shlex.split(arguments.replace("\\\n", " ")))


def test_pages_print_runs_of_a_version_and_how_to_show_them():
    found = {" ".join([command, *arguments]) for command, arguments in console()}
    assert found >= {
        "run simple --version code-2020-09 --profile full --dataset lfw_faces "
        "--kernel-size 9 --arm ordinary",
        "show simple --version paper --dataset mnist --kernel-size 7 --arm adaptive",
    }


@pytest.mark.parametrize(("command", "arguments"), sorted(set(console())))
def test_command_is_accepted(command, arguments, tmp_path, monkeypatch):
    reached = []

    def stop(*received, **options):
        reached.append(received)
        raise OSError("far enough")

    # No run is done, and no network built: up to there all arguments are read.
    monkeypatch.setattr(cli, "check_backend", stop)
    monkeypatch.setattr(cli, "RunStore", stop)
    monkeypatch.setattr(showing, "describe_spec", stop)
    stand_ins = {"ARM": "adaptive", "VERSION": "paper"}
    words = [stand_ins.get(word, word) for word in arguments]
    assert cli.main([command, *words]) == 1
    assert reached
