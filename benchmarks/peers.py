"""Adaptive layers beside others that learn a kernel's size: time, memory, inference.

Trains and runs one small network with each layer in turn
(``choosing_size.peer_layers``) and prints a table. Memory is the peak of a process of
its own that takes a few training steps at the largest size. FlexConv and GMConv are
restated from their papers' formulas on Keras's backend; DCLS is its package, on
PyTorch, where that is installed.

With ``--write`` the chapter reads the times. With ``--accuracy`` it trains instead
(``choosing_size.peer_accuracy``): it does the runs that the chapter's result lacks and
writes each when it is done, so that the command can be stopped and goes on.

    .venv/bin/python benchmarks/peers.py --write
    .venv/bin/python benchmarks/peers.py --accuracy
"""

import argparse
import dataclasses
import itertools
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from aconv.companion import datasets
from aconv.companion.chapters.choosing_size import peer_accuracy, peer_layers
from aconv.companion.runs.provenance import Provenance, device
from aconv.companion.runs.results_cache import (
    load_result,
    results_folder,
    save_result,
)

_STEPS_OF_PEAK = 3


def main() -> None:
    """Take the times and print a table, or the peak memory of one network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 5, 7, 9])
    parser.add_argument(
        "--layers",
        nargs="+",
        default=peer_layers.PEERS,
        choices=peer_layers.PEERS,
        metavar="LAYER",
        help=f"of {', '.join(peer_layers.PEERS)}; default: all",
    )
    parser.add_argument("--rounds", type=int, default=30, help="timed rounds")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--side", type=int, default=28, help="of the images")
    parser.add_argument("--filters", type=int, default=32)
    parser.add_argument(
        "--write", action="store_true", help="make them the result of the chapter"
    )
    parser.add_argument(
        "--accuracy",
        action="store_true",
        help="train, and add the runs to the result of the chapter",
    )
    parser.add_argument("--at-most", type=int, help="runs of --accuracy; default: all")
    # Of the process that measures memory.
    parser.add_argument("--peak-of", choices=peer_layers.PEERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak_of:
        print(peak(arguments.peak_of, arguments))
        return
    if arguments.accuracy:
        train(peer_accuracy.REAL, arguments.layers, arguments.at_most)
        return

    provenance = Provenance.collect()
    table = peer_layers.step_times(
        arguments.sizes,
        peers=arguments.layers,
        image_side=arguments.side,
        filters=arguments.filters,
        batch=arguments.batch,
        rounds=arguments.rounds,
    )
    table["peak_mib"] = np.nan
    largest = max(arguments.sizes)
    at_largest = (table["phase"] == "training") & (table["kernel_size"] == largest)
    table.loc[at_largest, "peak_mib"] = [
        peak_in_a_process(peer, largest, arguments)
        for peer in table.loc[at_largest, "peer"]
    ]
    absent = {
        peer: reason
        for peer in arguments.layers
        if (reason := peer_layers.missing(peer))
    }
    print(
        f"Keras {keras.__version__} on {keras.backend.backend()}, {device()}, "
        f"batch {arguments.batch}, {arguments.rounds} rounds, medians"
    )
    print(shown(table).to_string(index=False))
    for peer, reason in absent.items():
        print(f"{peer}: {reason}")
    if arguments.write:
        settings = {
            name: getattr(arguments, name)
            for name in ("sizes", "rounds", "batch", "side", "filters")
        }
        save_result(
            "peers",
            {"absent": absent, "times": table},
            settings,
            provenance=provenance.completed({}),
            folder=results_folder(),
        )


def train(
    scale: peer_accuracy.Scale, peers: Sequence[str], at_most: int | None
) -> None:
    """Do the runs that the result lacks, of some layers, and write it after each.

    A result of another scale, but for rates that it lacks, is a ``ValueError``.
    """
    before = load_result("peer_accuracy")
    settings = json.loads(json.dumps(dataclasses.asdict(scale)))
    if before and not is_part_of(before.parameters, settings):
        raise ValueError(
            f"The result must be of the scale {scale}. Received: {before.parameters}"
        )
    provenance = Provenance.collect()
    if before and before.provenance.backend != provenance.backend:
        raise ValueError(
            f"The result must be of the backend {provenance.backend!r}. "
            f"Received: {before.provenance.backend!r}"
        )
    sha256 = datasets.load(scale.dataset).sha256
    runs = peer_accuracy.further_runs(
        scale, before.values["runs"] if before else None, peers
    )
    for table in itertools.islice(runs, at_most):
        run = table.iloc[-1]
        what = "held-out training" if run["held_out"] else "test"
        print(
            f"{run['peer']}, rate {run['rate']:g}, seed {run['seed']}: "
            f"{100 * run['accuracy']:.2f} % of the {what} images",
            flush=True,
        )
        save_result(
            "peer_accuracy",
            {"runs": table},
            settings,
            provenance=provenance.completed(
                sha256, before.provenance if before else None
            ),
            folder=results_folder(),
        )


def is_part_of(before: dict, settings: dict) -> bool:
    """Return whether settings of runs are those of a scale, which may add rates."""
    rates = settings["rates"]
    return {**before, "rates": rates} == settings and {*before["rates"]} <= {*rates}


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Lay out times and memory, a row per layer and kernel size."""
    rows = []
    for (peer, size), of in table.groupby(["peer", "kernel_size"], sort=False):
        phases = of.set_index("phase")
        times = phases["milliseconds"].reindex(["training", "inference"])
        memory = phases["peak_mib"].get("training", np.nan)
        rows.append(
            {
                "layer": peer,
                "kernel": f"{size}x{size}",
                "step (ms)": _number(times["training"], 1),
                "inference (ms)": _number(times["inference"], 1),
                "peak (MiB)": _number(memory, 0),
                "parameters": f"{of['parameters'].iloc[0]:,}",
            }
        )
    return pd.DataFrame(rows)


def peak(peer: str, arguments: argparse.Namespace) -> float:
    """Take a few training steps and return the peak memory of this process, in MiB."""
    (size,) = arguments.sizes
    side = arguments.side
    model = peer_layers.network(peer, size, image_side=side, filters=arguments.filters)
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.zeros((arguments.batch, side, side, 1), "float32")
    for _ in range(_STEPS_OF_PEAK):
        model.train_on_batch(x, np.zeros(arguments.batch, "int32"))
    return _peak_memory()


def peak_in_a_process(peer: str, size: int, arguments: argparse.Namespace) -> float:
    """Return the peak memory of a process of its own, in MiB."""
    command = [sys.executable, __file__, "--peak-of", peer, "--sizes", str(size)]
    for name in ("batch", "side", "filters"):
        command += [f"--{name}", str(getattr(arguments, name))]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(result.stdout.split()[-1])


def _peak_memory() -> float:
    """Largest memory that this process has had, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike what ``getrusage`` says, without that of the process it came from.
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    # macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _number(value: float, digits: int) -> str:
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
