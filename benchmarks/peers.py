"""Adaptive layers beside others that learn a kernel's size: time, memory, inference.

Trains and runs the simple network of the version ``paper`` with each layer in turn and
prints a table; with ``--write`` the chapter reads the times. Memory is the peak of a
process of its own that takes a few training steps at the largest size. FlexConv and
GMConv are restated from their papers' formulas on Keras's backend; DCLS is its package,
on PyTorch, where that is installed.

    .venv/bin/python benchmarks/peers.py --write
"""

import argparse
import resource
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from aconv.companion.chapters.choosing_size.peer_times import (
    LAYERS,
    compiled_network,
    step_times,
)
from aconv.companion.runs.provenance import Provenance, device
from aconv.companion.runs.results_cache import results_folder, save_result
from aconv.companion.training.backends import missing

_STEPS_OF_PEAK = 3


def main() -> None:
    """Take the times and print a table, or the peak memory of one network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 5, 7, 9])
    parser.add_argument(
        "--layers",
        nargs="+",
        default=LAYERS,
        choices=LAYERS,
        metavar="LAYER",
        help=f"of {', '.join(LAYERS)}; default: all",
    )
    parser.add_argument("--rounds", type=int, default=30, help="timed rounds")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--side", type=int, default=28, help="of the images")
    parser.add_argument(
        "--write", action="store_true", help="make them the result of the chapter"
    )
    # Of the process that measures memory.
    parser.add_argument("--peak-of", choices=LAYERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak_of:
        print(peak(arguments.peak_of, arguments))
        return

    provenance = Provenance.collect()
    table = step_times(
        arguments.sizes,
        layers=arguments.layers,
        image_side=arguments.side,
        batch=arguments.batch,
        rounds=arguments.rounds,
    )
    table["peak_mib"] = np.nan
    largest = max(arguments.sizes)
    at_largest = (table["phase"] == "training") & (table["kernel_size"] == largest)
    table.loc[at_largest, "peak_mib"] = [
        peak_in_a_process(layer, largest, arguments)
        for layer in table.loc[at_largest, "layer"]
    ]
    absent = {layer: reason for layer in arguments.layers if (reason := missing(layer))}
    print(
        f"Keras {keras.__version__} on {keras.backend.backend()}, {device()}, "
        f"batch {arguments.batch}, {arguments.rounds} rounds, medians"
    )
    print(shown(table).to_string(index=False))
    for layer, reason in absent.items():
        print(f"{layer}: {reason}")
    if arguments.write:
        settings = {
            name: getattr(arguments, name)
            for name in ("sizes", "rounds", "batch", "side")
        }
        save_result(
            "peers",
            {"absent": absent, "times": table},
            settings,
            provenance=provenance.completed({}),
            folder=results_folder(),
        )


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Lay out times and memory, a row per layer and kernel size."""
    rows = []
    for (layer, size), of in table.groupby(["layer", "kernel_size"], sort=False):
        phases = of.set_index("phase")
        times = phases["milliseconds"].reindex(["training", "inference"])
        memory = phases["peak_mib"].get("training", np.nan)
        rows.append(
            {
                "layer": layer,
                "kernel": f"{size}x{size}",
                "step (ms)": _number(times["training"], 1),
                "inference (ms)": _number(times["inference"], 1),
                "peak (MiB)": _number(memory, 0),
                "parameters": f"{of['parameters'].iloc[0]:,}",
            }
        )
    return pd.DataFrame(rows)


def peak(layer: str, arguments: argparse.Namespace) -> float:
    """Take a few training steps and return the peak memory of this process, in MiB."""
    (size,) = arguments.sizes
    side = arguments.side
    model = compiled_network(layer, size, side)
    x = np.zeros((arguments.batch, side, side, 1), "float32")
    for _ in range(_STEPS_OF_PEAK):
        model.train_on_batch(x, np.zeros(arguments.batch, "int32"))
    return _peak_memory()


def peak_in_a_process(layer: str, size: int, arguments: argparse.Namespace) -> float:
    """Return the peak memory of a process of its own, in MiB."""
    command = [sys.executable, __file__, "--peak-of", layer, "--sizes", str(size)]
    for name in ("batch", "side"):
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
