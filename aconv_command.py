"""The command ``aconv``: what it says of itself, and the way to what it does.

It lies beside the package and not in it: ``import aconv`` loads Keras, which takes
seconds and a backend. No command waits for that before its arguments are read, and
those that neither train nor show a network do without it.
"""

import argparse
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COMMANDS = {
    "run": "do the runs of a study that are missing",
    "status": "what is done, failed or missing of a grid",
    "records": "the same of every arm, version and profile with a record",
    "show": "settings and layers of a run, before it is run",
    "datasets": "list and fetch data sets",
    "claims": "how many claims of the paper have which verdict",
}

# What the packages of the extra ``runs`` are called when they are imported.
NEEDED = (
    *("PIL", "attrs", "filelock", "pandas", "pooch", "requests"),
    *("scipy", "skimage", "sklearn", "tqdm", "yaml"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status, 1 if packages are missing.

    ``SystemExit`` comes after help and ``--version`` (0) and for a bad command (2).
    """
    arguments = _parser().parse_args(argv)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(
            "aconv: the command needs packages of the extra `runs`, which pip install "
            f"'aconv[runs]' installs. Missing: {', '.join(missing)}.",
            file=sys.stderr,
        )
        return 1
    if arguments.command is None:
        _parser().error(f"COMMAND must be one of {', '.join(COMMANDS)}")
    _defer("aconv")
    try:
        from aconv.companion import cli
    except KeyboardInterrupt:
        print("aconv: interrupted.", file=sys.stderr)
        return 130
    return cli.main([arguments.command, *arguments.arguments])


def _defer(name: str) -> None:
    """Have a package run its own code only when a name is asked of it.

    Its modules can be imported before. ``importlib.util.LazyLoader`` does not allow
    that: to it the search for a module is a name that is asked for.
    """
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    package = importlib.util.module_from_spec(spec)

    def run(attribute: str) -> Any:
        del package.__getattr__
        spec.loader.exec_module(package)
        return getattr(package, attribute)

    package.__getattr__ = run
    sys.modules[name] = package


def _parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:10}{what}" for name, what in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="aconv",
        usage="aconv [-h] [--version] COMMAND ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Run the paper's studies, fetch data sets, count verdicts.",
        epilog=f"commands:\n{commands}\n\naconv COMMAND --help says more of each.",
    )
    parser.add_argument("--version", action="version", version=f"aconv {_version()}")
    parser.add_argument(
        "command", nargs="?", choices=tuple(COMMANDS), help=argparse.SUPPRESS
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _version() -> str:
    # Read and not imported. An installation's metadata may be another checkout's.
    text = (Path(__file__).parent / "aconv" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)[1]
