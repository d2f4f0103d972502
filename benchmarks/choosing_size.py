"""What the chapter on choosing the size shows of Fashion-MNIST.

Trains ordinary networks of several sizes and several grids with several prices of their
multiply-adds (``choosing_size.compute``), and goes the path from a trained network,
seed by seed. With ``--write`` each seed is added to the result that the chapter reads,
and seeds that are there are not run again: the command can be stopped and goes on.
Needs the files of the data set (``aconv datasets fetch fashion_mnist``).

    .venv/bin/python benchmarks/choosing_size.py --write
"""

import argparse
import json
from collections.abc import Mapping

import attrs
import pandas as pd

from aconv.companion import datasets
from aconv.companion.chapters.choosing_size import compute as choosing_size
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.results_cache import (
    Result,
    load_result,
    results_folder,
    save_result,
)


def main() -> None:
    """Run the seeds that are missing and print what comes out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="on embedded images")
    parser.add_argument("--at-most", type=int, help="seeds; default: all")
    parser.add_argument(
        "--write", action="store_true", help="add them to the result of the chapter"
    )
    arguments = parser.parse_args()
    scale = choosing_size.QUICK if arguments.quick else choosing_size.REAL
    done = present(scale) if arguments.write else None
    tables = dict(done.values) if done else {}
    seeds = list(done.parameters["seeds"]) if done else []
    provenance = done.provenance if done else None
    missing = [seed for seed in scale.seeds if seed not in seeds]
    for seed in missing[: arguments.at_most]:
        now = Provenance.collect()
        tables = one_seed(attrs.evolve(scale, seeds=(seed,)), tables)
        seeds.append(seed)
        sha256 = datasets.load(scale.dataset).sha256
        earlier = provenance.sessions() if provenance else ()
        provenance = now.completed(sha256, earlier)
        if arguments.write:
            save_result(
                "choosing_size",
                tables,
                attrs.asdict(scale) | {"seeds": seeds},
                provenance=provenance,
                folder=results_folder(),
            )
    for table in tables.values():
        print(table.to_string(index=False))


def one_seed(
    scale: choosing_size.Scale, before: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Run the one seed of a scale and add it to the tables of other seeds."""
    tables = {
        "learned": choosing_size.learned_sizes(scale, on_run=_say),
        "from_trained": choosing_size.from_trained(scale, on_run=_say),
    }
    return {
        name: pd.concat([before[name], table], ignore_index=True) if before else table
        for name, table in tables.items()
    }


def present(scale: choosing_size.Scale) -> Result | None:
    """Read what is there; what is of another scale is a ``ValueError``."""
    result = load_result("choosing_size")
    if result is None:
        return None
    wanted = json.loads(json.dumps(attrs.asdict(scale)))
    if result.parameters | {"seeds": wanted["seeds"]} != wanted:
        raise ValueError(
            f"The result must be of the scale {scale}. Received: {result.parameters} "
            f"in {results_folder()}: remove it to begin anew"
        )
    return result


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
