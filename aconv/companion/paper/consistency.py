"""Whether the paper's printed results agree with each other.

Printed means and standard deviations imply intervals of maxima, t and p, which are
compared with what is printed, for Tables 2 and 3 and the U-Net of Section 4.4, whose t
and maxima come from the authors' published records. Accuracies are fractions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aconv.companion.paper.numbers import PaperNumber, datasets_in, load, number
from aconv.companion.stats import rounding


@dataclass(frozen=True)
class _Comparison:
    """One of the paper's comparisons of two arms of ``n`` runs each."""

    dataset: str
    adaptive: str  # beginning of the ids of the arm's numbers
    ordinary: str
    sizes: tuple[int, int]  # of the kernels of both
    t: PaperNumber
    p: PaperNumber
    n: int

    @property
    def labels(self) -> dict[str, str]:
        """The columns that tell it from the others."""
        sizes = "{} against {}".format(*self.sizes)
        return {"place": self.p.place, "dataset": self.dataset, "kernel_sizes": sizes}


def _comparisons() -> Iterator[_Comparison]:
    for table in ("table2", "table3"):
        n = number(f"{table}.repeats").value
        for dataset in datasets_in(table):
            stem = f"{table}.{dataset}"
            sizes = (number(f"{stem}.kernel_size").value,) * 2
            t, p = number(f"{stem}.t"), number(f"{stem}.p")
            arms = f"{stem}.adaptive", f"{stem}.ordinary"
            yield _Comparison(dataset, *arms, sizes, t, p, n)
    stem, n = "unet.oxford_pets", number("unet.repeats").value
    for size in (7, 3):
        t = number(f"records.oxford_pets.{size}x{size}.t")
        p = number(f"{stem}.{size}x{size}.p")
        arms = f"{stem}.adaptive.7x7", f"{stem}.ordinary.{size}x{size}"
        yield _Comparison("oxford_pets", *arms, (7, size), t, p, n)


def check_t() -> pd.DataFrame:
    """Compare each printed t and p with what means and standard deviations allow.

    One row per comparison and ``ddof`` (0: standard deviations divide by n, 1: by
    n − 1), with the intervals that the rounded inputs allow, and whether the printed
    t, rounded, and p, rounded or cut off, are possible.
    """
    rows = []
    for comparison in _comparisons():
        mean_a, std_a, mean_b, std_b = (
            number(f"{arm}.{quantity}").as_fraction().rounded
            for arm in (comparison.adaptive, comparison.ordinary)
            for quantity in ("mean", "std")
        )
        n = comparison.n
        for ddof in (0, 1):
            t, p = rounding.t_test_bounds(mean_a, std_a, n, mean_b, std_b, n, ddof=ddof)
            row = comparison.labels | {"ddof": ddof}
            row |= {"t": comparison.t.value, "t_low": t.low, "t_high": t.high}
            row["t_possible"] = t.overlaps(comparison.t.rounded)
            row |= {"p": comparison.p.value, "p_low": p.low, "p_high": p.high}
            row["p_possible"] = p.overlaps(_rounded_or_cut(comparison.p))
            rows.append(row)
    return pd.DataFrame(rows)


def check_p() -> pd.DataFrame:
    """Compare each printed p with those that the rounded, printed t allows.

    With 2n − 2 degrees of freedom; the printed p may be one of them rounded or cut off.
    """
    rows = []
    for comparison in _comparisons():
        t, p = comparison.t, comparison.p
        bounds = rounding.two_tailed_p_bounds(t.rounded, 2 * comparison.n - 2)
        row = comparison.labels | {"t": t.value, "p": p.value}
        row |= {"p_low": bounds.low, "p_high": bounds.high}
        row["is_rounded"] = bounds.overlaps(p.rounded)
        rows.append(row | {"is_cut": bounds.overlaps(p.cut)})
    return pd.DataFrame(rows)


def check_maxima() -> pd.DataFrame:
    """Compare each printed maximum with its mean, its spread and its test split.

    One row per arm, with the interval that mean and standard deviation (divided by n)
    of n runs allow, and whether the maximum is a multiple of one image, rounded or cut
    off (``is_multiple``; missing for the U-Net, whose accuracy counts pixels).
    """
    rows = {}
    for comparison in _comparisons():
        dataset = comparison.dataset
        for kind in ("adaptive", "ordinary"):
            arm = getattr(comparison, kind)
            # The paper does not print the U-Net's maxima, its authors' records do.
            maximum_id = f"{arm}.max".replace("unet.", "records.")
            mean, std, maximum = (
                number(name).as_fraction()
                for name in (f"{arm}.mean", f"{arm}.std", maximum_id)
            )
            bounds = rounding.maximum_bounds(mean.rounded, std.rounded, comparison.n)
            row = {"place": comparison.p.place, "dataset": dataset, "kind": kind}
            row |= {"maximum": maximum.value, "low": bounds.low, "high": bounds.high}
            row["is_possible"] = bounds.overlaps(maximum.rounded)
            row |= {"test_images": None, "is_multiple": None}
            if dataset != "oxford_pets":
                own = f"data.{dataset}.test_images"
                images = number(own if own in load() else "data.test_images").value
                row["test_images"] = images
                ends = _rounded_or_cut(maximum)
                row["is_multiple"] = rounding.holds_proportion(ends, images)
            # By arm: the adaptive U-Net is in two comparisons.
            rows[arm] = row
    frame = pd.DataFrame(rows.values())
    return frame.astype({"test_images": "Int64", "is_multiple": "boolean"})


def _rounded_or_cut(printed: PaperNumber) -> rounding.Interval:
    ends = *printed.rounded, *printed.cut
    return rounding.Interval(min(ends), max(ends))


def printed_steps(kernel_sizes: Sequence[int]) -> pd.DataFrame:
    """Return the training steps on MNIST that are printed, NaN where none is."""
    known = {entry.id: entry.value for entry in load().values()}
    steps = pd.DataFrame({"kernel": [f"{size}×{size}" for size in kernel_sizes]})
    for kind in ("ordinary", "adaptive"):
        ids = [f"timing.mnist.{kind}.{size}x{size}.step" for size in kernel_sizes]
        steps[f"paper, {kind} (µs)"] = [float(known.get(id, np.nan)) for id in ids]
    ratio = steps["paper, adaptive (µs)"] / steps["paper, ordinary (µs)"]
    return steps.assign(**{"paper, ratio": ratio})


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
    return {
        "printed": size - kernel_size,
        "limits": len(range(half, size - half + 1)),
        "valid": len(range(half, size - half)),
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
