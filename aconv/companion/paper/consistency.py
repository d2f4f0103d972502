"""Whether the paper's printed results agree with each other.

The paper prints means, standard deviations, maxima, t and p of five runs. The first two
imply intervals of all the others; these functions compare them with what is printed,
for Tables 2 and 3 and the U-Net of Section 4.4, whose t and maxima come from the
authors' published records. Accuracies are fractions throughout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aconv.companion.paper.numbers import PaperNumber, datasets_in, load, number
from aconv.companion.stats.rounding import (
    Interval,
    holds_proportion,
    maximum_bounds,
    t_test_bounds,
    two_tailed_p_bounds,
)


@dataclass(frozen=True)
class _Comparison:
    """The ids of one of the paper's comparisons of two arms."""

    labels: Mapping[str, str]
    adaptive: str
    ordinary: str
    t: str
    p: str
    repeats: str


def check_t() -> pd.DataFrame:
    """Compare each printed t and p with what means and standard deviations allow.

    One row per comparison and ``ddof`` (0: standard deviations divide by n, 1: by
    n − 1), with the intervals that the rounded inputs allow, and whether the printed
    numbers can be reproduced: ``t_possible`` (rounded) and ``p_possible`` (rounded or
    cut off).
    """
    rows = []
    for comparison in _comparisons():
        t, p = number(comparison.t), number(comparison.p)
        n = number(comparison.repeats).value
        inputs = [
            number(f"{arm}.{quantity}").as_fraction().rounded
            for arm in (comparison.adaptive, comparison.ordinary)
            for quantity in ("mean", "std")
        ]
        for ddof in (0, 1):
            t_bounds, p_bounds = t_test_bounds(
                *inputs[:2], n, *inputs[2:], n, ddof=ddof
            )
            rows.append(
                {
                    **comparison.labels,
                    "ddof": ddof,
                    "t": t.value,
                    "t_low": t_bounds.low,
                    "t_high": t_bounds.high,
                    "t_possible": t_bounds.overlaps(t.rounded),
                    "p": p.value,
                    "p_low": p_bounds.low,
                    "p_high": p_bounds.high,
                    "p_possible": p_bounds.overlaps(_rounded_or_cut(p)),
                }
            )
    return pd.DataFrame(rows)


def check_p() -> pd.DataFrame:
    """Compare each printed p with that of the printed t.

    One row per comparison, with the interval that the rounded t allows with 2n − 2
    degrees of freedom, and whether the printed p is one of them rounded
    (``is_rounded``) or cut off (``is_cut``).
    """
    rows = []
    for comparison in _comparisons():
        t, p = number(comparison.t), number(comparison.p)
        df = 2 * number(comparison.repeats).value - 2
        bounds = two_tailed_p_bounds(t.rounded, df)
        rows.append(
            {
                **comparison.labels,
                "t": t.value,
                "p": p.value,
                "p_low": bounds.low,
                "p_high": bounds.high,
                "is_rounded": bounds.overlaps(p.rounded),
                "is_cut": bounds.overlaps(p.cut),
            }
        )
    return pd.DataFrame(rows)


def check_maxima() -> pd.DataFrame:
    """Compare each printed maximum with its mean, its spread and its test split.

    One row per arm, with the ``maximum`` as a fraction, the interval that mean and
    standard deviation (divided by n) of n runs allow, whether the maximum is in it
    (``is_possible``), the number of ``test_images``, and whether the maximum is a
    multiple of one image, rounded or cut off (``is_multiple``; missing for the U-Net,
    whose accuracy counts pixels).
    """
    rows = {}
    for comparison in _comparisons():
        n = number(comparison.repeats).value
        for kind in ("adaptive", "ordinary"):
            arm = getattr(comparison, kind)
            mean = number(f"{arm}.mean").as_fraction()
            std = number(f"{arm}.std").as_fraction()
            # The paper does not print the U-Net's maxima, its authors' records do.
            maximum_id = f"{arm}.max".replace("unet.", "records.")
            maximum = number(maximum_id).as_fraction()
            bounds = maximum_bounds(mean.rounded, std.rounded, n)
            dataset = comparison.labels["dataset"]
            images = None if dataset == "oxford_pets" else _test_images(dataset)
            # Keyed by arm: the adaptive U-Net is in two comparisons.
            rows[arm] = {
                "place": comparison.labels["place"],
                "dataset": dataset,
                "kind": kind,
                "maximum": maximum.value,
                "low": bounds.low,
                "high": bounds.high,
                "is_possible": bounds.overlaps(maximum.rounded),
                "test_images": images,
                "is_multiple": None
                if images is None
                else holds_proportion(_rounded_or_cut(maximum), images),
            }
    frame = pd.DataFrame(rows.values())
    return frame.astype({"test_images": "Int64", "is_multiple": "boolean"})


def printed_steps(kernel_sizes: Sequence[int]) -> pd.DataFrame:
    """Return the training steps on MNIST that the paper prints, NaN where it does not.

    One row per kernel size: ``kernel``, ``paper, ordinary (µs)``,
    ``paper, adaptive (µs)`` and ``paper, ratio``.
    """
    known = {entry.id: entry.value for entry in load().values()}
    steps = pd.DataFrame({"kernel": [f"{size}×{size}" for size in kernel_sizes]})
    ordinary, adaptive = (f"paper, {kind} (µs)" for kind in ("ordinary", "adaptive"))
    for column, kind in ((ordinary, "ordinary"), (adaptive, "adaptive")):
        steps[column] = [
            float(known.get(f"timing.mnist.{kind}.{size}x{size}.step", np.nan))
            for size in kernel_sizes
        ]
    steps["paper, ratio"] = steps[adaptive] / steps[ordinary]
    return steps


def printed_slowdown() -> tuple[tuple[float, float], str]:
    """Return by which ratios the paper says that a step takes longer, and its words."""
    low, high = (number(f"timing.slowdown.{end}") for end in ("low", "high"))
    return (low.rounded[0], high.rounded[1]), f"{low.printed} to {high.printed}"


def output_sizes(size: int, kernel_size: int) -> dict[str, int]:
    """Count the places that Eq. (1) can mean, along one side.

    ``printed``, M − n; ``limits``, how many places its index limits have; ``valid``, at
    how many places the kernel, whose side n is odd, lies inside the input of side M.
    """
    half = kernel_size // 2
    image = np.zeros(size)
    return {
        "printed": size - kernel_size,
        "limits": len(range(half, size - half + 1)),
        "valid": len(np.lib.stride_tricks.sliding_window_view(image, kernel_size)),
    }


def grid_centres(kernel_size: int) -> dict[str, float]:
    """Return the middle of each grid that Section 3.2 can mean, and of the printed."""
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


def _comparisons() -> list[_Comparison]:
    comparisons = []
    for table in ("table2", "table3"):
        for dataset in datasets_in(table):
            stem = f"{table}.{dataset}"
            size = number(f"{stem}.kernel_size").value
            comparisons.append(
                _Comparison(
                    labels={
                        "place": number(f"{stem}.t").place,
                        "dataset": dataset,
                        "kernel_sizes": f"{size} against {size}",
                    },
                    adaptive=f"{stem}.adaptive",
                    ordinary=f"{stem}.ordinary",
                    t=f"{stem}.t",
                    p=f"{stem}.p",
                    repeats=f"{table}.repeats",
                )
            )
    for size in (7, 3):
        comparisons.append(
            _Comparison(
                labels={
                    "place": number(f"unet.oxford_pets.{size}x{size}.p").place,
                    "dataset": "oxford_pets",
                    "kernel_sizes": f"7 against {size}",
                },
                adaptive="unet.oxford_pets.adaptive.7x7",
                ordinary=f"unet.oxford_pets.ordinary.{size}x{size}",
                t=f"records.oxford_pets.{size}x{size}.t",
                p=f"unet.oxford_pets.{size}x{size}.p",
                repeats="unet.repeats",
            )
        )
    return comparisons


def _test_images(dataset: str) -> int:
    own = f"data.{dataset}.test_images"
    return number(own if own in load() else "data.test_images").value


def _rounded_or_cut(printed: PaperNumber) -> Interval:
    return Interval(
        min(printed.rounded[0], printed.cut[0]), max(printed.rounded[1], printed.cut[1])
    )
