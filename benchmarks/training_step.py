"""What an adaptive layer costs: training steps and inference of the simple network.

Prints the times of the paper's simple network (Section 4.2) with adaptive layers over
those with ordinary ones, at each kernel size, as the book's chapter on time does
(``timing.compute``), with the paper's batch and more rounds.

    .venv/bin/python benchmarks/training_step.py --steps 100
"""

import argparse

import keras
import pandas as pd

from aconv.companion.chapters.timing import compute as timing
from aconv.companion.measures.times import compare
from aconv.companion.runs.provenance import device


def main() -> None:
    """Take the times and print a table a phase."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 5, 7, 9])
    parser.add_argument("--steps", type=int, default=100, help="timed pairs of steps")
    parser.add_argument("--batch", type=int, default=128)
    arguments = parser.parse_args()

    times = timing.network_times(
        arguments.sizes, batch=arguments.batch, rounds=arguments.steps
    )
    print(
        f"Keras {keras.__version__} on {keras.backend.backend()}, {device()}, "
        f"batch {arguments.batch}, {arguments.steps} pairs of steps"
    )
    for phase, rows in times.groupby("phase", sort=False):
        print(f"\n{phase}, milliseconds and ratio")
        print(table(rows).to_string(index=False))


def table(times: pd.DataFrame) -> pd.DataFrame:
    """Compare the kinds at each kernel size: medians, and ratios of each pair."""
    compared = compare(times, "adaptive", "ordinary", "kernel_size")

    def span(low: str, high: str) -> list[str]:
        ends = zip(compared[low], compared[high], strict=True)
        return [f"{a:.3f} to {b:.3f}" for a, b in ends]

    return pd.DataFrame(
        {
            "kernel": [f"{n}x{n}" for n in compared["kernel_size"]],
            "adaptive": compared["adaptive"].round(1),
            "ordinary": compared["ordinary"].round(1),
            "ratio": compared["median"].round(3),
            "quartiles": span("lower_quartile", "upper_quartile"),
            "95 % interval": span("low", "high"),
        }
    )


if __name__ == "__main__":
    main()
