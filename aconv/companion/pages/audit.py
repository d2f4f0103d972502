"""The page on the paper's own numbers: what calculation says of them."""

import math

import pandas as pd

from aconv.companion.analysis.accuracy import printed_results
from aconv.companion.analysis.printed_settings import (
    code_settings,
    compare_settings,
    setting_title,
)
from aconv.companion.datasets import info
from aconv.companion.pages.words import minus
from aconv.companion.paper.claims import load_claims
from aconv.companion.paper.consistency import (
    check_maxima,
    check_p,
    check_t,
    output_sizes,
)
from aconv.companion.paper.numbers import load, number
from aconv.companion.runs import get_study
from aconv.companion.stats import simulate_null
from aconv.companion.stats.written import signed

_TABLES = {"table2": "simple", "table3": "resnet"}


def tests_table() -> pd.DataFrame:
    """Printed t and p beside what the printed means and deviations allow.

    Returns:
        One row per comparison: place, what is compared, the printed t and its range if
        deviations divide by n, and by n − 1; the printed p and its range, and whether
        it is that of the printed t rounded or cut off.
    """
    t = check_t().set_index(["place", "dataset", "kernel_sizes"])
    by_n, by_less = t[t["ddof"] == 0], t[t["ddof"] == 1]
    digits = check_p().set_index(["place", "dataset", "kernel_sizes"])
    rows = []
    for key, row in by_n.iterrows():
        place, dataset, sizes = key
        p = digits.loc[key]
        how = "rounded" if p["is_rounded"] else "cut off" if p["is_cut"] else "neither"
        rows.append(
            {
                "place": place,
                "comparison": f"{info(dataset).title}, {sizes}",
                "t": minus(f"{row['t']:z.2f}"),
                "t, by n": _range(row["t_low"], row["t_high"]),
                "t, by n − 1": _range(
                    by_less.loc[key, "t_low"], by_less.loc[key, "t_high"]
                ),
                "p": f"{row['p']:.2g}",
                "p, by n": _range(row["p_low"], row["p_high"], "g"),
                "p of the printed t": how,
            }
        )
    return pd.DataFrame(rows)


def ranges() -> pd.DataFrame:
    """The same t, and the printed maxima, for ``figures.allowed_ranges``.

    Returns:
        One row per value: ``panel``, ``label``, ``value``, ``low``, ``high``; maxima in
        percentage points above the mean.
    """
    t = check_t().query("ddof == 0")
    rows = [
        {
            "panel": "t",
            "label": f"{_short(row.place)} {info(row.dataset).title}"
            + (f" {row.kernel_sizes}" if row.dataset == "oxford_pets" else ""),
            "value": row.t,
            "low": row.t_low,
            "high": row.t_high,
        }
        for row in t.itertuples()
    ]
    for row in check_maxima().itertuples():
        middle = (row.low + row.high) / 2
        rows.append(
            {
                "panel": "maximum, from the middle of its range (points)",
                "label": f"{_short(row.place)} {info(row.dataset).title}, {row.kind}",
                "value": 100 * (row.maximum - middle),
                "low": 100 * (row.low - middle),
                "high": 100 * (row.high - middle),
            }
        )
    return pd.DataFrame(rows)


def maxima_table() -> pd.DataFrame:
    """The printed maxima that cannot be as printed.

    Returns:
        One row per maximum that five runs with the printed mean and deviation cannot
        have, or that is no multiple of one image.
    """
    table = check_maxima()
    wrong = table[~table["is_possible"] | ~table["is_multiple"].fillna(True)]
    return pd.DataFrame(
        {
            "place": row.place,
            "arm": f"{info(row.dataset).title}, {row.kind}",
            "maximum (%)": f"{100 * row.maximum:.2f}",
            "five runs allow (%)": _range(100 * row.low, 100 * row.high),
            "possible": "yes" if row.is_possible else "no",
            "multiple of one image": "yes"
            if row.is_multiple
            else f"no, of {row.test_images}",
        }
        for row in wrong.itertuples()
    )


def settings_table() -> pd.DataFrame:
    """The printed settings that the published code does not have.

    Returns:
        One row each: place, setting, printed, and the value in the code.
    """
    names = [
        name
        for claim in load_claims()
        if claim.judge in ("settings", "layers")
        for name in claim.numbers
    ]
    rows = []
    for name, (printed, ours) in compare_settings(names).items():
        if (printed or 0) != ours:
            entry = number(name)
            shown = f"{ours:g}" if isinstance(ours, float) else str(ours)
            rows.append(
                {
                    "place": entry.place,
                    "setting": setting_title(name),
                    "printed": entry.printed,
                    "published code": shown.rstrip(","),
                }
            )
    return pd.DataFrame(rows)


def sizes_table(kernel_sizes: tuple[int, ...], side: int) -> pd.DataFrame:
    """The size of the output by Eq. (1), for some kernels.

    Args:
        kernel_sizes: Odd sizes n.
        side: Side M of the image.

    Returns:
        One row per size.
    """
    return pd.DataFrame(
        {
            "n": n,
            "M − n, as printed": found["printed"],
            "places of the printed limits": found["limits"],
            "places where the kernel fits": found["valid"],
        }
        for n in kernel_sizes
        for found in (output_sizes(side, n),)
    )


def selection_table(simulations: int, seed: int) -> pd.DataFrame:
    """What choosing the kernel size on the test split is worth, by printed spreads.

    Two equal arms have the printed standard deviations, four sizes (three in the
    ResNet) and one mean; the size is chosen by the highest run, as in the paper.

    Args:
        simulations: Simulated comparisons per row.
        seed: Seed of the simulation.

    Returns:
        One row per comparison: the printed difference, by how much the choice raises
        both reported means, and how often equal arms give p < 0.05.
    """
    rows = []
    for table, study in _TABLES.items():
        sizes = len(get_study(study).kernel_sizes)
        for row in printed_results(table).itertuples():
            # Deviations divide by n in print; those of runs by n − 1.
            unbiased = math.sqrt(row.n_first / (row.n_first - 1))
            stds = [[unbiased * s] * sizes for s in (row.std_first, row.std_second)]
            null = simulate_null(
                [row.mean_second] * sizes,
                stds,
                runs=row.n_first,
                simulations=simulations,
                seed=seed,
            )
            rows.append(
                {
                    "place": number(f"{table}.repeats").place,
                    "data set": info(row.dataset).title,
                    "printed difference": minus(signed(row.difference)),
                    "raised by the choice": f"{null.optimism:.2f}",
                    "equal arms at p < 0.05": f"{null.rejection_rate():.1%}",
                }
            )
    return pd.DataFrame(rows)


def facts() -> dict[str, object]:
    """Returns what the text says of the audit.

    Returns:
        ``tests``, ``t_possible``, ``p_possible`` and ``p_cut`` (numbers of
        comparisons); ``maxima`` and ``maxima_wrong``; ``scored`` and ``test_images`` of
        the U-Net, ``uncertainty``, how many times as uncertain a part makes its
        accuracy; ``notes``, printed numbers with a note in ``data/paper.yaml``.
    """
    t, p, maxima = check_t().query("ddof == 0"), check_p(), check_maxima()
    scored = code_settings("unet", "oxford_pets").test_images
    test_images = number("data.oxford_pets.test_images").value
    return {
        "tests": len(t),
        "t_possible": int(t["t_possible"].sum()),
        "p_possible": int(t["p_possible"].sum()),
        "p_cut": int((p["is_cut"] & ~p["is_rounded"]).sum()),
        "maxima": len(maxima),
        "maxima_wrong": int((~maxima["is_possible"]).sum()),
        "scored": scored,
        "test_images": test_images,
        "uncertainty": math.sqrt(test_images / scored),
        "notes": sum(bool(entry.note) for entry in load().values()),
    }


def _range(low: float, high: float, form: str = ".2f") -> str:
    form = ".2g" if form == "g" else form
    return minus(f"{low:{form}} to {high:{form}}")


def _short(place: str) -> str:
    return place.replace("Table ", "T").replace("Section ", "S")
