"""What a convolution costs directly and by Fourier transforms, on each backend.

Measures a step of one layer, adaptive and ordinary, at sizes from 3x3 to 31x31
(``chapters.timing.methods``), on one processor: a process for each backend that is
installed, and on Linux one for each size and method whose memory is measured. With
``--write`` the chapter on time shows the results.

    .venv/bin/python benchmarks/methods.py --write
"""

import argparse
import importlib.util
import os
import subprocess
import sys

import attrs
import keras
import pandas as pd

from aconv.companion.chapters.timing import methods
from aconv.companion.runs.provenance import Provenance, device
from aconv.companion.runs.results_cache import results_folder, save_result
from aconv.companion.training.settings import METHODS


def main() -> None:
    """Measure on each backend in a process of its own, or in this one."""
    installed = [name for name in methods.BACKENDS if importlib.util.find_spec(name)]
    scale = methods.Scale()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--backends", nargs="+", default=installed, choices=methods.BACKENDS
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=scale.kernel_sizes)
    parser.add_argument("--batch", type=int, default=scale.batch)
    parser.add_argument("--side", type=int, default=scale.side, help="of the images")
    parser.add_argument("--channels", type=int, default=scale.channels)
    parser.add_argument(
        "--seconds", type=float, default=scale.seconds, help="for each comparison"
    )
    parser.add_argument("--write", action="store_true", help="for the chapter on time")
    parser.add_argument(
        "--memory-sizes", type=int, nargs="*", default=[3, 9, 31], help="Linux only"
    )
    # Of the processes that measure.
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        method, size = arguments.memory_of
        print(methods.step_memory(method, int(size), scale_of(arguments)))
        return
    if arguments.here:
        measure_here(arguments)
        return
    if hasattr(os, "sched_setaffinity"):  # not on macOS
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for backend in arguments.backends:
        environment = {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"}
        subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--here"],
            env={**os.environ, **environment},
            check=True,
        )


def scale_of(arguments: argparse.Namespace) -> methods.Scale:
    """Return what the command line asks for."""
    return methods.Scale(
        kernel_sizes=tuple(arguments.sizes),
        side=arguments.side,
        channels=arguments.channels,
        batch=arguments.batch,
        seconds=arguments.seconds,
    )


def measure_here(arguments: argparse.Namespace) -> None:
    """Measure on the backend of this process, print, and write if asked."""
    scale = scale_of(arguments)
    backend = keras.backend.backend()
    print(
        f"Keras {keras.__version__} on {backend}, {device()}, {scale.channels} to "
        f"{scale.channels} channels, {scale.side}x{scale.side}, batch {scale.batch}",
        flush=True,
    )
    provenance = Provenance.collect()
    rows = methods.measure(scale, on_case=lambda line: print(line, flush=True))
    memory = memory_in_processes(arguments)
    if len(memory):
        print(memory.to_string(index=False, float_format="{:.0f}".format), flush=True)
    if arguments.write:
        save_result(
            methods.RESULTS[backend],
            {"times": rows, "memory": memory},
            attrs.asdict(scale),
            provenance=provenance.completed({}),
            folder=results_folder(),
        )


def memory_in_processes(arguments: argparse.Namespace) -> pd.DataFrame:
    """Return a row for each size and method, and ``mebibytes`` of an adaptive step."""
    command = [sys.executable, __file__]
    for name in ("batch", "side", "channels"):
        command += [f"--{name}", str(getattr(arguments, name))]
    rows = []
    for size in arguments.memory_sizes if sys.platform == "linux" else []:
        for method in METHODS:
            result = subprocess.run(
                [*command, "--memory-of", method, str(size)],
                check=True,
                capture_output=True,
                text=True,
            )
            rows.append((size, method, float(result.stdout.split()[-1])))
    return pd.DataFrame(rows, columns=["kernel_size", "method", "mebibytes"])


if __name__ == "__main__":
    main()
