"""What a convolution costs by each method, in the chapter on time and for users."""

from collections.abc import Mapping

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.pages.tables import SIZE, show
from aconv.companion.pages.words import listed
from aconv.companion.runs.results_cache import Result, load_result

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
GOAL = 1.03
"""Adaptive over ordinary step that the layer is meant to stay within."""


def measured() -> dict[str, Result]:
    """Read what ``benchmarks/methods.py`` kept, by backend."""
    results = {backend: load_result(f"methods_{backend}") for backend in NAMES}
    return {backend: result for backend, result in results.items() if result}


def joined(results: Mapping[str, Result], table: str) -> pd.DataFrame:
    """Return a table of all backends, with their names."""
    tables = [
        result.values[table].assign(backend=NAMES[name])
        for name, result in results.items()
    ]
    return pd.concat(tables, ignore_index=True)


def by_method(rows: pd.DataFrame, value: str, form: str, caption: str) -> Styler:
    """Show one value of each size, a column for each backend and method."""
    wide = rows.pivot(index="kernel_size", columns=["backend", "method"], values=value)
    wide.columns = [", ".join(of_column) for of_column in wide.columns]
    columns = {"kernel_size": SIZE, **{name: (name, form) for name in wide.columns}}
    return show(wide.reset_index(), columns, caption)


def faster_from(times: pd.DataFrame) -> dict[str, int]:
    """Return by backend the size from which on transforms are faster.

    A backend is missing where the direct method is faster at the largest size.
    """
    sizes = {}
    for backend, rows in times.groupby("backend", sort=False):
        wide = rows.pivot(index="kernel_size", columns="method", values="adaptive")
        # From the largest size down, as long as they are.
        always = (wide["fft"] < wide["direct"])[::-1].cummin()
        if always.any():
            sizes[backend] = int(always.index[always].min())
    return sizes


def facts(results: Mapping[str, Result]) -> dict[str, object]:
    """Return what the text says of times, ratios and memory, and of their source."""
    times, memory = joined(results, "times"), joined(results, "memory")
    sizes = faster_from(times)
    by_fft = memory.loc[memory["method"] == "fft", "mebibytes"]
    scale = next(iter(results.values())).parameters
    sources = [result.provenance for result in results.values()]
    dates = dict.fromkeys(source.started[:10] for source in sources)
    return {
        "faster": listed(
            [
                f"from {sizes[name]}×{sizes[name]} on with {name}"
                if name in sizes
                else f"at no size with {name}"
                for name in dict.fromkeys(times["backend"])
            ]
        ),
        "least": float(times["median"].min()),
        "most": float(times["median"].max()),
        # As the table rounds them.
        "within": int((times["median"].round(2) <= GOAL).sum()),
        "cases": len(times),
        "goal": GOAL,
        "memory": f"{by_fft.min():.0f} to {by_fft.max():.0f}",
        "smaller": _smaller(memory),
        "layer": f"{scale['channels']} to {scale['channels']} channels, "
        f"{scale['side']}×{scale['side']} pixels, batches of {scale['batch']}",
        "source": f"one processor of {sources[0].device}, {listed(dates)}",
    }


def _smaller(memory: pd.DataFrame) -> str:
    """Name where transforms take less memory, at the largest kernel."""
    size = memory["kernel_size"].max()
    of_size = memory[memory["kernel_size"] == size]
    wide = of_size.pivot(index="backend", columns="method", values="mebibytes")
    is_less = wide["fft"] < wide["direct"]
    names = [name for name in dict.fromkeys(memory["backend"]) if is_less[name]]
    where = f"on {listed(names)}" if names else "on no backend"
    return f"at {size}×{size} less than directly {where}"
