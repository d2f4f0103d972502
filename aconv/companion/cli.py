"""The command line: run studies, see what is done, fetch data, count verdicts."""

import argparse
import contextlib
import importlib.util
import math
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence

from tqdm import tqdm

from aconv.companion.console import say
from aconv.companion.datasets import DataFileError, is_cached
from aconv.companion.datasets import cli as datasets_cli
from aconv.companion.files import checked_folder
from aconv.companion.runs import (
    ARMS,
    COMPARED,
    PROFILES,
    SEEDS,
    STUDIES,
    RunRecord,
    RunStore,
    get_study,
    grid,
    make_spec,
    sweep,
)
from aconv.companion.runs.executors import EXECUTORS, open_executor
from aconv.companion.runs.results import by_run
from aconv.companion.runs.sweeps import SweepResult
from aconv.companion.studies.arms import get_arm
from aconv.companion.studies.catalog import DEFAULT_VERSION, TUNING_SEEDS
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.backends import BACKENDS, check_backend
from aconv.companion.training.settings import METHODS, Method


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    1 for runs that failed and for what is not to be had, 2 for bad arguments, 130 after
    Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="aconv", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, add in _COMMANDS.items():
        add(commands.add_parser(name))
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except (ValueError, NotADirectoryError) as error:
        return _stop(2, error)
    except ModuleNotFoundError as error:
        if error.name not in BACKENDS:
            raise
        return _stop(
            1,
            f"Keras needs a backend, and {error.name} is not installed. Install it, or "
            f"set KERAS_BACKEND to another of {', '.join(BACKENDS)}",
        )
    except OSError as error:
        return _stop(1, error)
    except MemoryError as error:
        # Python's own has no message.
        return _stop(1, str(error) or "The memory does not suffice.")
    except KeyboardInterrupt:
        goes_on = "What is recorded stays; the same command goes on."
        return _stop(130, f"interrupted. {goes_on}")


def _stop(status: int, reason: Exception | str) -> int:
    print(f"aconv: {reason}", file=sys.stderr)
    return status


def _add_grid(parser: argparse.ArgumentParser) -> None:
    _add_version(parser)
    parser.add_argument(
        "--dataset", nargs="+", metavar="NAME", help="default: the profile's"
    )
    parser.add_argument(
        "--kernel-size", nargs="+", type=int, metavar="N", help="default: all"
    )
    parser.add_argument(
        "--arm",
        nargs="+",
        default=COMPARED,
        choices=ARMS,
        metavar="ARM",
        help=f"of {', '.join(ARMS)}; default: the two that the paper compares",
    )
    parser.add_argument(
        "--seed",
        nargs="+",
        type=int,
        default=SEEDS,
        metavar="SEED",
        help=f"default: {' '.join(map(str, SEEDS))}",
    )
    parser.add_argument("--epochs", type=int, help="instead of the profile's")
    parser.add_argument("--records", metavar="FOLDER", help="folder of the records")


def _add_version(parser: argparse.ArgumentParser, profile: str = "demo") -> None:
    versions = dict.fromkeys(
        name for study in STUDIES.values() for name in study.versions
    )
    for option, known, default in (
        ("--version", versions, DEFAULT_VERSION),
        ("--profile", PROFILES, profile),
    ):
        text = f"one of {', '.join(known)}; default: {default}"
        parser.add_argument(option, default=default, help=text)


def _store(arguments: argparse.Namespace) -> RunStore:
    chosen = arguments.records
    return RunStore(None if chosen is None else checked_folder("`--records`", chosen))


def _add_method(parser: argparse.ArgumentParser) -> None:
    purpose = "how convolutions are computed, which changes rounding only"
    text = f"{purpose}: one of {', '.join(METHODS)}; default: {METHODS[0]}"
    parser.add_argument("--method", default=METHODS[0], help=text)


def _grid(
    arguments: argparse.Namespace, study: str, method: Method = METHODS[0]
) -> list[RunSpec]:
    return grid(
        study,
        arguments.profile,
        arguments.version,
        datasets=arguments.dataset,
        kernel_sizes=arguments.kernel_size,
        arms=arguments.arm,
        seeds=arguments.seed,
        epochs=arguments.epochs,
        method=method,
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help=f"one of {', '.join(STUDIES)}")
    _add_grid(parser)
    _add_method(parser)
    parser.add_argument(
        "--minutes",
        type=float,
        help="stop after so long, between two epochs; the same command goes on",
    )
    parser.add_argument(
        "--executor", default="serial", help=f"one of {', '.join(EXECUTORS)}"
    )
    parser.add_argument("--workers", type=int, help="processes, on this machine")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler, as tcp://host:8786"
    )
    parser.add_argument(
        "--retry-failed", action="store_true", help="do failed runs again"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    specs = _grid(arguments, arguments.study, arguments.method)
    check_backend(spec.kind for spec in specs)
    if arguments.executor == "dask" and importlib.util.find_spec("distributed") is None:
        raise OSError("Dask is not installed: pip install 'aconv[cluster]' installs it")
    store = _store(arguments)
    over = {"done"} if arguments.retry_failed else {"done", "failed"}
    past = store.by_spec()
    to_do = [s for s in specs if s not in past or past[s].status not in over]
    names = dict.fromkeys(spec.dataset for spec in to_do)
    missing = [name for name in names if not is_cached(name)]
    if missing:
        raise DataFileError(
            f"Fetch the data first: aconv datasets fetch {' '.join(missing)}"
        )
    quiet = True if sys.stderr is None else None  # None: where nobody watches
    options = {"workers": arguments.workers, "scheduler": arguments.scheduler}
    with (
        open_executor(arguments.executor, **options) as (executor, at_once),
        # A line for each run is printed in any case.
        tqdm(total=len(specs), unit="run", disable=quiet) as bar,
    ):

        def show(spec: RunSpec, outcome: str, left: float) -> None:
            time_left = "" if math.isnan(left) else f", {left / 60:.0f} min left"
            say(f"{outcome}: {spec}{time_left}", bar.write)
            bar.update()

        bar.update(len(specs) - len(to_do))
        result = sweep(
            specs,
            store,
            executor=executor,
            at_once=at_once,
            minutes=arguments.minutes,
            retry_failed=arguments.retry_failed,
            on_outcome=show,
        )
    say(_summary(result))
    # Read anew: another sweep may have recorded some of them meanwhile.
    now = store.by_spec()
    failed = [s for s in result.present if s in now and now[s].status == "failed"]
    for spec in failed:
        say(f"failed before, and not done again without --retry-failed: {spec}")
    return 1 if failed or result.failed or result.lost or result.unfit else 0


def _summary(result: SweepResult) -> str:
    parts = (
        (result.done, "done"),
        (result.failed, "failed (aconv status shows why)"),
        (result.lost, "lost with their worker"),
        (result.present, "recorded before"),
        (result.claimed, "at another sweep"),
        (result.left, "left for another time"),
        (result.unfit, "of these with a state that does not fit here, or a record"),
    )
    return ", ".join(f"{len(runs)} {what}" for runs, what in parts if runs)


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "study", metavar="STUDY", nargs="?", help="one of the studies; default: all"
    )
    _add_grid(parser)
    parser.set_defaults(run=_status)


def _grids(arguments: argparse.Namespace) -> dict[str, list[RunSpec]]:
    """The grid of the study, or of each that has what is asked for."""
    if arguments.study is not None:
        return {arguments.study: _grid(arguments, arguments.study)}
    grids, refused = {}, {}
    for study in STUDIES:
        try:
            grids[study] = _grid(arguments, study)
        except ValueError as error:
            refused[study] = error
    if not grids:
        raise next(iter(refused.values()))
    for study, error in refused.items():
        print(f"{study} is left out: {error}", file=sys.stderr)
    return grids


def _status(arguments: argparse.Namespace) -> int:
    grids = _grids(arguments)
    records = _read(_store(arguments))
    _say_head()
    for specs in grids.values():
        _say_coverage(specs, records)
    current = {spec for specs in grids.values() for spec in specs}
    asked = arguments.profile, arguments.version
    others = sum(
        spec.study in grids and (spec.profile, spec.version) == asked
        for spec in records.keys() - current
    )
    if others:
        say(f"{others} records of version and profile are outside of this grid.")
    _say_failures(current, records)
    return 0


def _add_records(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "study", metavar="STUDY", nargs="?", help="one of the studies; default: all"
    )
    parser.add_argument("--records", metavar="FOLDER", help="folder of the records")
    parser.set_defaults(run=_records)


def _records(arguments: argparse.Namespace) -> int:
    """Count every arm with a record, whatever its version and profile."""
    study = arguments.study
    if study is not None:
        get_study(study)
    records = _read(_store(arguments))
    cells = dict.fromkeys(
        (of.study, of.profile, of.version, of.dataset, of.kernel_size, of.arm)
        for of in sorted(records, key=str)
        if study in (None, of.study)
    )
    grids: dict[str, list[RunSpec]] = {}
    for name, profile, version, dataset, size, arm in cells:
        cell = {"datasets": [dataset], "kernel_sizes": [size], "arms": [arm]}
        # A record may be of what is not known here.
        with contextlib.suppress(ValueError):
            seeds = TUNING_SEEDS if get_arm(arm).is_tuning else SEEDS
            specs = grid(name, profile, version, **cell, seeds=seeds)
            title = f"# version {version}, profile {profile}"
            grids.setdefault(title, []).extend(specs)
    _say_head()
    for title, specs in grids.items():
        say(title)
        _say_coverage(specs, records)
        _say_failures(specs, records)
    return 0


def _read(store: RunStore) -> dict[RunSpec, RunRecord]:
    """The records of a store by their runs; what is damaged is said."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        records = by_run(store.records())
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        print(text, file=sys.stderr)
    return records


def _say_head() -> None:
    states = "DONE PARTIAL FAILED MISSING"
    say(f"{'STUDY':8} {'DATASET':20} {'ARM':28} {states} EPOCHS HOURS LEFT")


def _say_coverage(
    specs: Sequence[RunSpec], records: Mapping[RunSpec, RunRecord]
) -> None:
    from aconv.companion.analysis.coverage import coverage

    studies = {spec.study for spec in specs}
    timed = [record for record in records.values() if record.spec.study in studies]
    for row in coverage(specs, records.values(), timed).itertuples():
        size = f"{row.kernel_size}x{row.kernel_size}"
        hours = "unknown" if math.isnan(row.hours) else f"{row.hours:.1f}"
        say(
            f"{row.study:8} {row.dataset:20} {f'{row.arm} {size}':28} "
            f"{row.done:4} {row.partial:7} {row.failed:6} {row.missing:7} "
            f"{row.epochs:6.0%} {hours:>10}"
        )


def _say_failures(
    specs: Iterable[RunSpec], records: Mapping[RunSpec, RunRecord]
) -> None:
    for spec in sorted(specs, key=str):
        if spec in records and records[spec].status == "failed":
            say(f"failed: {spec}: {records[spec].reason}")


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help=f"one of {', '.join(STUDIES)}")
    _add_version(parser, "full")
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument("--kernel-size", required=True, type=int, metavar="N")
    parser.add_argument(
        "--arm", default="adaptive", metavar="ARM", help=f"one of {', '.join(ARMS)}"
    )
    _add_method(parser)
    parser.set_defaults(run=_show)


def _show(arguments: argparse.Namespace) -> int:
    what = arguments.study, arguments.dataset, arguments.arm, arguments.kernel_size
    how = arguments.profile, arguments.version
    spec = make_spec(*what, SEEDS[0], *how, method=arguments.method)
    check_backend([spec.kind])
    # After the arguments are checked: it loads Keras.
    from aconv.companion.studies.showing import describe_spec

    for line in describe_spec(spec):
        say(line)
    return 0


def _add_claims(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", metavar="FOLDER", help="folder of the records")
    parser.set_defaults(run=_claims)


def _claims(arguments: argparse.Namespace) -> int:
    store = _store(arguments)
    from aconv.companion.claims import judging

    judged = judging.judge_claims(store=store)
    rows = {**judging.count_verdicts(judged), "claims": len(judged)}
    rows["printed numbers"], rows["recorded numbers"] = judging.count_numbers(judged)
    for name, count in rows.items():
        say(f"{name:20} {count:4}")
    return 0


_COMMANDS = {
    "run": _add_run,
    "status": _add_status,
    "records": _add_records,
    "show": _add_show,
    "datasets": datasets_cli.add_arguments,
    "claims": _add_claims,
}
