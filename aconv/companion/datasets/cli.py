"""``aconv datasets``: list the data sets, fetch them, take samples of them."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import get_args

from aconv.companion.console import say
from aconv.companion.datasets import samples
from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.download import data_folder
from aconv.companion.datasets.loading import is_cached, load
from aconv.companion.datasets.registry import SetInfo, info, names


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands ``list``, ``fetch`` and ``sample``, each with a ``run``."""
    commands = parser.add_subparsers(required=True)
    for command, run, purpose in (
        ("list", _list, "names, sizes and licences, and what is in the data folder"),
        ("fetch", _fetch, "download, verify and prepare data sets"),
        ("sample", _sample, "write the sample sheets that the book shows"),
    ):
        subcommand = commands.add_parser(command, help=purpose)
        subcommand.set_defaults(run=run)
        if command != "list":
            known = {"choices": names(), "help": "one of: " + ", ".join(names())}
            subcommand.add_argument("names", nargs="+", metavar="NAME", **known)
    subcommand.add_argument(
        "--part",
        choices=get_args(samples.Part),
        default="train",
        help="which images to take",
    )


def _list(arguments: argparse.Namespace) -> int:
    rows = [("NAME", "KIND", "TRAIN", "TEST", "IMAGE", "DOWNLOAD", "HERE", "LICENCE")]
    for facts in map(info, names()):
        shape = "x".join(map(str, facts.image_shape))
        here = "yes" if is_cached(facts.name) else "no"
        counts = f"{facts.train:,}", f"{facts.test:,}"
        what = shape, download_size(facts), here, facts.licence
        rows.append((facts.name, facts.kind, *counts, *what))
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
    say(f"\nData folder: {data_folder()}")
    return 0


def download_size(facts: SetInfo) -> str:
    """Return the size of a set's download for people, ``"-"`` if it needs none."""
    for group in facts.sources:
        if all(file.urls for file in group):
            return f"{sum(file.size for file in group) / 1e6:.1f} MB"
    return download_size(info(facts.made_from)) if facts.made_from else "-"


def _fetch(arguments: argparse.Namespace) -> int:
    def describe(dataset: Dataset) -> str:
        return (
            f"{len(dataset.x_train):,} + {len(dataset.x_test):,} images "
            f"({dataset.kind}; {dataset.source})"
        )

    return _for_each(arguments.names, describe)


def _sample(arguments: argparse.Namespace) -> int:
    samples.check_place()

    def save(dataset: Dataset) -> str:
        sample = samples.take(dataset, arguments.part)
        return str(samples.save(dataset.name, sample, arguments.part))

    return _for_each(arguments.names, save)


def _for_each(wanted: Sequence[str], use: Callable[[Dataset], str]) -> int:
    """Load one set after the other; one that cannot be had does not stop the rest."""
    status = 0
    for name in wanted:
        try:
            dataset = load(name)
        except OSError as error:
            print(f"{name}: {error}", file=sys.stderr)
            status = 1
        else:
            say(f"{name}: {use(dataset)}")
    return status
