"""Claims that what the paper prints can be held against itself, by calculation."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from aconv.companion.analysis.accuracy import printed_results
from aconv.companion.analysis.findings import (
    Finding,
    misprint_unless,
    of_checks,
)
from aconv.companion.analysis.parameters import compare_parameters
from aconv.companion.analysis.printed_settings import compare_settings
from aconv.companion.datasets import info
from aconv.companion.experiments.filter_learning import TARGET_FILTERS
from aconv.companion.experiments.timing import printed_steps
from aconv.companion.paper.consistency import check_maxima, check_p, check_t
from aconv.companion.paper.numbers import number
from aconv.companion.runs import get_study

CALCULATION = "calculation"
# What the named graphics processor, an NVIDIA GeForce GTX 1650, does at most in single
# precision, in 10^12 operations per second; and how many times fewer operations than
# the definition of a convolution the fastest algorithms need, generously.
_FASTEST = 3
_SAVED = 10


def output_sizes(size: int, kernel_size: int) -> dict[str, int]:
    """Counts the places that Eq. (1) can mean, along one side.

    Args:
        size: Side M of the input.
        kernel_size: Side n of the kernel, odd.

    Returns:
        ``printed``, M − n; ``limits``, how many places its index limits have;
        ``valid``, at how many places the kernel lies inside the input.

    Example:
        >>> output_sizes(28, 5)
        {'printed': 23, 'limits': 25, 'valid': 24}
    """
    half = kernel_size // 2
    image = np.zeros(size)
    return {
        "printed": size - kernel_size,
        "limits": len(range(half, size - half + 1)),
        "valid": len(np.lib.stride_tricks.sliding_window_view(image, kernel_size)),
    }


def output_size() -> Finding:
    """Judges the size of the output in Eq. (1)."""
    m, n = 28, number("simple.5x5.kernel_size").value
    sizes = output_sizes(m, n)
    return Finding(
        misprint_unless([sizes["printed"] == sizes["valid"]]),
        f"M = {m}, n = {n}: {sizes['printed']} as printed, {sizes['limits']} by the "
        f"printed index limits, {sizes['valid']} by counting (M − n + 1)",
        CALCULATION,
    )


def grid_centres(kernel_size: int) -> dict[str, float]:
    """Finds the middle of the grids that Section 3.2 can mean.

    Args:
        kernel_size: Side n of the grid.

    Returns:
        Name of a grid to its middle, in its own units, and ``printed``, 0.5 n.

    Example:
        >>> grid_centres(9)["k/(n − 1), k = 0..n − 1"]
        0.5
    """
    n = kernel_size
    grids = {
        "k/n, k = 1..n": np.arange(1, n + 1) / n,
        "k/n, k = 0..n − 1": np.arange(n) / n,
        "k/(n − 1), k = 0..n − 1": np.arange(n) / (n - 1),
    }
    return {
        "printed": number("envelope.centre").value * n,
        **{name: float(points.mean()) for name, points in grids.items()},
    }


def grid() -> Finding:
    """Judges the centre of the envelope's grid."""
    n = number("envelope.figure2.grid_size").value
    centres = grid_centres(n)
    printed = centres.pop("printed")
    middle = centres["k/n, k = 1..n"]
    return Finding(
        misprint_unless([np.isclose(printed, middle)]),
        f"n = {n}: the middle of k/n, k = 1..n, is {middle:.3f}, the printed centre "
        f"{printed:.1f}; 0.5 is the middle of k/(n − 1), k = 0..n − 1, the grid of the "
        "published code",
        CALCULATION,
    )


def same_number(names: Iterable[str]) -> Finding:
    """Judges that the paper prints one number in two places."""
    numbers = [number(name) for name in names]
    return Finding(
        misprint_unless([len({found.value for found in numbers}) == 1]),
        ", ".join(f"{found.printed} in {found.place}" for found in numbers),
        CALCULATION,
    )


def gaussian_labels(*printed: str) -> Finding:
    """Judges the standard deviations in the labels of Figure 4."""
    single, combined = [], []
    for name in TARGET_FILTERS:
        found = re.fullmatch(r"Gauss ([\d.]+)(,.*)?", name)
        if found:
            (combined if found[2] else single).append(found[1])
    combined = list(dict.fromkeys(combined))
    ours = [*single, *combined]
    agree = [float(a) == float(b) for a, b in zip(printed, ours, strict=True)]
    return Finding(
        of_checks(agree),
        f"{', '.join(single)}; of the combinations {', '.join(combined)}",
        "published code",
    )


def parameters(study: str) -> Finding:
    """Judges the printed numbers of parameters of a study's networks."""
    table = compare_parameters(study)
    agrees = table["agrees"].ne("no").groupby(table["dataset"], sort=False).any()
    wrong = [
        f"{info(name).title} {int(rows['parameters'].min()):,} or more for the printed "
        f"{rows['printed'].iloc[0]}"
        if rows["parameters"].min() > number(f"table1.{study}.{name}.parameters").value
        else f"{info(name).title} {int(rows['parameters'].max()):,} or less for the "
        f"printed {rows['printed'].iloc[0]}"
        for name, rows in table.groupby("dataset", sort=False)
        if not agrees[name]
    ]
    text = f"right for {int(agrees.sum())} of {len(agrees)} data sets"
    return Finding(misprint_unless(agrees), "; ".join([text, *wrong]), CALCULATION)


def layers(names: Iterable[str]) -> Finding:
    """Judges the numbers of layers that Table 1 prints of the ResNet."""
    compared = compare_settings(names)
    wrong = [
        f"{info(name.split('.')[2]).title} {ours} for the printed {printed}"
        for name, (printed, ours) in compared.items()
        if printed != ours
    ]
    right = [printed == ours for printed, ours in compared.values()]
    text = f"with b blocks per level 6 b + 2: right for {sum(right)} of {len(right)}"
    return Finding(misprint_unless(right), "; ".join([text, *wrong]), CALCULATION)


def printed_tests(*place: str) -> Finding:
    """Judges that printed t and p can come from printed means and deviations."""
    t, p = (_at(check(), place) for check in (check_t, check_p))
    by_n = t[t["ddof"] == 0]
    possible = [*by_n["t_possible"], *by_n["p_possible"]]
    cut = int((p["is_cut"] & ~p["is_rounded"]).sum())
    less = int(t.loc[t["ddof"] == 1, "t_possible"].sum())
    return Finding(
        misprint_unless(possible),
        f"{int(by_n['t_possible'].sum())} of {len(by_n)} t and "
        f"{int(by_n['p_possible'].sum())} of {len(by_n)} p are possible if deviations "
        f"divide by n ({less} t if by n − 1); p with digits cut off: {cut}",
        CALCULATION,
    )


def printed_maxima(*place: str) -> Finding:
    """Judges that printed maxima can come from five runs with means and deviations."""
    table = _at(check_maxima(), place)
    wrong = [
        f"{info(row.dataset).title}, {row.kind}: {100 * row.maximum:.2f} %, at most "
        f"{100 * row.high:.2f} % possible"
        for row in table[~table["is_possible"]].itertuples()
    ]
    text = f"{int(table['is_possible'].sum())} of {len(table)} are possible"
    return Finding(
        misprint_unless(table["is_possible"]), "; ".join([text, *wrong]), CALCULATION
    )


def highest_mean() -> Finding:
    """Judges that a mean in the text is above those of Table 3."""
    mean = number("resnet.lfw_faces.adaptive.5x5.mean").value
    row = printed_results("table3").set_index("dataset").loc["lfw_faces"]
    others = [row["mean_first"], row["mean_second"]]
    return Finding(
        of_checks([mean > max(others)]),
        f"{mean:.2f} % against {others[1]:.2f} % ordinary and {others[0]:.2f} % "
        "adaptive: the highest single run chose another size",
        CALCULATION,
    )


def printed_slowdown() -> Finding:
    """Judges the printed ratios of times by the printed times."""
    ratios = printed_steps(get_study("simple").kernel_sizes)["paper, ratio"]
    low, high = (number(f"timing.slowdown.{end}") for end in ("low", "high"))
    inside = [low.rounded[0] <= ratio <= high.rounded[1] for ratio in ratios]
    return Finding(
        of_checks(inside),
        f"{ratios.min():.2f} to {ratios.max():.2f}; {sum(inside)} of {len(inside)} "
        "within rounding",
        CALCULATION,
        f"{low.printed} to {high.printed}",
    )


def operations_per_second(images: int) -> float:
    """Speed that a printed time means, in 10^12 operations per second.

    Only the second convolution of the simple network is counted, at 9×9 on the images
    of MNIST: a multiplication and an addition, forward once and backward twice.

    Args:
        images: How many images the printed time is for.

    Returns:
        The speed.
    """
    height, width, _ = info("mnist").image_shape
    size, filters = max(get_study("simple").kernel_sizes), _filters()
    operations = 2 * 3 * height * width * size**2 * filters**2
    seconds = number(f"timing.mnist.ordinary.{size}x{size}.step").value * 1e-6
    return 1e-12 * images * operations / seconds


def printed_speed() -> Finding:
    """Judges that the printed times can be those of batches."""
    batch = number("timing.batch").value
    speed = operations_per_second(batch)
    return Finding(
        misprint_unless([speed <= _SAVED * _FASTEST]),
        f"the second 9×9 convolution alone would do {speed:.0f} million million "
        f"operations per second, and the named GPU does about {_FASTEST}; as times of "
        f"one image {operations_per_second(1):.1f}",
        CALCULATION,
    )


def _filters() -> int:
    name = "simple.filters"
    return compare_settings([name])[name][1]


def _at(table: pd.DataFrame, place: Iterable[str]) -> pd.DataFrame:
    """The rows of a place that is given in words."""
    return table[table["place"] == " ".join(place)]
