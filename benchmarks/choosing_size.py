"""What the chapter on choosing the size shows of Fashion-MNIST.

Trains ordinary networks of several sizes and one grid with several prices of its
multiply-adds (``experiments.choosing_size``), and goes the path from a trained network,
seed by seed. With ``--write`` each seed is added to the file that the chapter reads,
and seeds that are there are not run again: the command can be stopped and goes on.
Needs the files of the data set (``aconv datasets fetch fashion_mnist``).

    .venv/bin/python benchmarks/choosing_size.py --write
"""

import argparse
import dataclasses
import json

import pandas as pd

from aconv.companion import datasets
from aconv.companion.experiments import choosing_size
from aconv.companion.experiments.results import Result, read_result, write_result
from aconv.companion.runs.provenance import Provenance


def main() -> None:
    """Runs the seeds that are missing and prints what comes out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="on embedded images")
    parser.add_argument("--at-most", type=int, help="seeds; default: all")
    parser.add_argument(
        "--write", action="store_true", help="add them to the file of the chapter"
    )
    arguments = parser.parse_args()
    scale = choosing_size.QUICK if arguments.quick else choosing_size.REAL
    before = present(scale) if arguments.write else None
    done = before.values["scale"]["seeds"] if before else []
    missing = [seed for seed in scale.seeds if seed not in done]
    for seed in missing[: arguments.at_most]:
        before = one_seed(dataclasses.replace(scale, seeds=(seed,)), before)
        if arguments.write:
            write_result(choosing_size.FILE, before.values, before.provenance)
    if before:
        for table in ("learned", "from_trained"):
            print(before.values[table].to_string(index=False))


def one_seed(scale: choosing_size.Scale, before: Result | None) -> Result:
    """Runs a seed and adds it to what is there.

    Args:
        scale: Of one seed.
        before: Of other seeds, if any.
    """
    provenance = Provenance.collect()
    tables = {
        "learned": choosing_size.learned_sizes(scale, on_run=_say),
        "from_trained": choosing_size.from_trained(scale, on_run=_say),
    }
    sha256 = datasets.load(scale.dataset).sha256
    seeds = list(scale.seeds)
    if before:
        seeds = before.values["scale"]["seeds"] + seeds
        tables = {
            name: pd.concat([before.values[name], table], ignore_index=True)
            for name, table in tables.items()
        }
    values = {"scale": dataclasses.asdict(scale) | {"seeds": seeds}, **tables}
    earlier = before.provenance if before else None
    return Result(values, provenance.completed(sha256, earlier))


def present(scale: choosing_size.Scale) -> Result | None:
    """Reads what is there, if it is of the same scale.

    Args:
        scale: Of all seeds.

    Raises:
        ValueError: If the file is of another scale.
    """
    if not choosing_size.FILE.exists():
        return None
    result = read_result(choosing_size.FILE)
    found = result.values["scale"]
    wanted = json.loads(json.dumps(dataclasses.asdict(scale)))
    if found | {"seeds": wanted["seeds"]} != wanted:
        raise ValueError(
            f"The file must be of the scale {scale}. Received: {found} in "
            f"{choosing_size.FILE}: remove it to begin anew"
        )
    return result


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
