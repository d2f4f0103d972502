"""The runs of the chapter on choosing the size: tables, facts and the goal."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.chapters.choosing_size.compute import QUICK, Scale, square, title
from aconv.companion.datasets import info
from aconv.companion.pages.tables import counted, show
from aconv.companion.pages.words import listed, minus
from aconv.companion.runs.results_cache import Result
from aconv.companion.stats import mean_interval

# The goal that was set before the runs: percentage points of accuracy.
MARGIN = 0.3
NOT_RECORDED = "No runs are recorded yet."
_ONLY_MEAN = "; accuracy is reached by the mean, not by its interval"


def summary(
    runs: pd.DataFrame, by: Sequence[str] = ("kind", "kernel_size", "strength")
) -> pd.DataFrame:
    """Means over seeds of each network, accuracies in percent; of times medians."""
    of_network = runs.groupby(list(by), sort=False, dropna=False)
    rows = of_network.mean(numeric_only=True)
    # What else the machine does prolongs some of the runs.
    times = rows.columns.intersection(["train_seconds", "milliseconds"])
    rows[times] = of_network[list(times)].median()
    counts = of_network.size()
    rows["std"] = of_network["accuracy"].std(ddof=0).where(counts > 1)
    for cost in rows.columns.intersection(["multiply_adds", "milliseconds"]):
        rows[f"{cost}_std"] = of_network[cost].std(ddof=0)
    percent = rows.columns.intersection(["accuracy", "std", "uncropped"])
    rows[percent] *= 100
    rows["kept"] = of_network["kept"].agg(lambda sizes: "; ".join(dict.fromkeys(sizes)))
    return rows.assign(runs=counts).reset_index()


def goal(runs: pd.DataFrame, chosen: float, grid: int) -> dict[str, Any]:
    """Compare the network learned on a grid with the best ordinary size.

    The ``best`` size is the one of the highest mean accuracy on the test images, which
    favours the ordinary networks: the learned one is not chosen by them. The
    ``difference`` is in percentage points, with a 95 % interval over pairs of one seed;
    ``sweep`` is multiply-adds of training all ordinary sizes over the grid's.
    """
    ordinary = runs[runs["kind"] == "ordinary"]
    best = int(ordinary.groupby("kernel_size")["accuracy"].mean().idxmax())
    of_best = ordinary[ordinary["kernel_size"] == best].set_index("seed")
    on_grid = (runs["kind"] == "learned") & (runs["kernel_size"] == grid)
    learned = runs[on_grid & (runs["strength"] == chosen)]
    learned = learned.set_index("seed").loc[of_best.index]
    differences = 100 * (learned["accuracy"] - of_best["accuracy"]).to_numpy()
    low, high = mean_interval(differences) if len(differences) > 1 else (np.nan, np.nan)
    ratios = learned["milliseconds"] / of_best["milliseconds"]
    # The same images, epochs and factor of forward and backward for all: what is left
    # is the number of coefficients.
    sizes = ordinary["kernel_size"].unique()
    difference, time_ratio = float(differences.mean()), float(ratios.median())
    return {
        "best": square(best),
        "difference": difference,
        "interval": "unknown" if np.isnan(low) else f"{low:.2f} to {high:.2f}",
        "time_ratio": time_ratio,
        "reached": _reached(difference, low, high, time_ratio),
        "sweep": float(np.sum(sizes**2) / grid**2),
    }


def _reached(difference: float, low: float, high: float, time_ratio: float) -> str:
    """Whether the means reach the goal, and whether the interval agrees."""
    near, fast = difference >= -MARGIN, time_ratio <= 1
    if near and fast:
        if np.isnan(low):
            return "reached by the one seed there is"
        sure = low >= -MARGIN
        return "reached" if sure else "reached on average, not beyond the interval"
    # Without spread an interval has no end and says nothing.
    unsure = np.isfinite(high) and high >= -MARGIN
    accuracy = "accuracy on average" if unsure else "accuracy"
    parts = [*([] if near else [accuracy]), *([] if fast else ["time"])]
    only_mean = near and -np.inf < low < -MARGIN
    return f"not reached ({' and '.join(parts)}{_ONLY_MEAN * only_mean})"


def facts(runs: pd.DataFrame, scale: Scale, grid: int) -> dict[str, Any]:
    """Return what the text says of the runs of one grid, beside the ordinary ones."""
    rows = summary(runs)
    learned = rows[(rows["strength"] == scale.chosen) & (rows["kernel_size"] == grid)]
    learned = learned.iloc[0]
    ordinary = rows[rows["kind"] == "ordinary"]
    return {
        **scale_facts(scale),
        **goal(runs, scale.chosen, grid),
        "best_accuracy": float(ordinary["accuracy"].max()),
        "learned_on": square(grid),
        **{name: float(learned[name]) for name in ("accuracy", "std", "uncropped")},
        "kept": learned["kept"],
        "margin": MARGIN,
        "sweep_seconds": float(ordinary["train_seconds"].sum()),
        "grid_seconds": float(learned["train_seconds"]),
    }


def facts_by_grid(runs: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """Return the facts of each grid, a row per grid."""
    return pd.DataFrame([facts(runs, scale, grid) for grid in scale.grids])


def steps(runs: pd.DataFrame, scale: Scale) -> dict[str, float]:
    """From the best ordinary size to that of the first grid, in steps that add up."""
    grid = scale.grids[0]
    rows = summary(runs)
    ordinary = rows[rows["kind"] == "ordinary"].set_index("kernel_size")["accuracy"]
    learned = rows[(rows["kind"] == "learned") & (rows["kernel_size"] == grid)]
    learned = learned.set_index("strength")["accuracy"]
    return {
        "by_grid": float(ordinary[grid] - ordinary.max()),
        "by_learning": float(learned[0.0] - ordinary[grid]),
        "by_price": float(learned[scale.chosen] - learned[0.0]),
    }


def scale_facts(scale: Scale) -> dict[str, Any]:
    """Return how much was trained, in words."""
    return {
        "chosen": f"{scale.chosen:g}",
        "tolerance": f"{100 * scale.tolerance:g}",
        "grid": square(scale.grids[0]),
        "further_epochs": scale.further_epochs,
        "scale": f"{info(scale.dataset).title}, {scale.train_images} training and "
        f"{scale.test_images} test images, {counted(scale.epochs, 'epoch')}, "
        f"{counted(scale.filters, 'filter')}, {counted(len(scale.seeds), 'seed')}",
    }


def recorded_texts(result: Result | None) -> dict[str, str]:
    """Return sentences on the recorded runs, or that there are none."""
    if result is None:
        names = ("answer", "setting", "steps", "sweep", "trained", "source")
        return dict.fromkeys(names, NOT_RECORDED)
    scale = Scale(**result.parameters)
    learned = result.values["learned"]
    by_grid = facts_by_grid(learned, scale)
    of = facts(learned, scale, scale.grids[0])
    of |= trained_facts(result.values["from_trained"]) | steps(learned, scale)
    reached = " ".join(
        f"From a grid of {row.learned_on} the goal is {row.reached}: "
        f"{row.difference:+z.2f} points compared with that size "
        f"(95 % interval {row.interval}) at {row.time_ratio:.2f} times its time of "
        "inference."
        for row in by_grid.itertuples()
    )
    texts = {
        "answer": (
            f"On {of['scale']}, the best ordinary size, {of['best']}, scores "
            f"{of['best_accuracy']:.2f} %. {reached}"
        ),
        "setting": (
            f"The grids are {listed(by_grid['learned_on'])}, computed by Fourier "
            f"transforms; the tolerance is {of['tolerance']} %. The strength of "
            f"{of['chosen']} was settled before any run on these images; on the digits "
            f"it is {QUICK.chosen:g}."
        ),
        "steps": (
            f"On the grid of {of['grid']}, in steps that add up, in points of "
            "accuracy: an ordinary network of the grid's size minus the best ordinary "
            f"one, {of['by_grid']:z.2f}; learning the sizes on that grid, without a "
            f"price, {of['by_learning']:z.2f}; the price, {of['by_price']:z.2f}. The "
            "last two are of cropped networks; the crop at that price changed the "
            f"accuracy from {of['uncropped']:.2f} % to {of['accuracy']:.2f} %."
        ),
        "sweep": (
            f"The ordinary trainings took {of['sweep_seconds']:.0f} seconds together "
            "(medians over seeds), the one with the chosen strength "
            f"{listed(f'{seconds:.0f}' for seconds in by_grid['grid_seconds'])}, by "
            "grid. Counted in multiply-adds of direct convolutions, which do not "
            "depend on what else the machine did, the sweep costs "
            f"{listed(f'{times:.2f}' for times in by_grid['sweep'])} times the one "
            "training, and not as many times as it has sizes, since small kernels are "
            "cheap to train."
        ),
        "trained": (
            f"The network has kernels of {of['grid']}. Their sizes are learned in "
            f"{of['further_epochs']} epochs. The cropped network takes "
            f"{of['share']:.2f} times the multiply-adds. Its accuracy minus that of "
            f"the network it came from is {of['over_trained']:z.2f} points (95 % "
            f"interval {of['over_trained_interval']}), and minus that of the same "
            f"trained on {of['over_further']:z.2f} ({of['over_further_interval']})."
        ),
        "source": (
            f"{of['scale']}; mean and standard deviation over seeds, of times the "
            f"median; timed on "
            f"{result.provenance.device}, the networks of each seed in turn; by the "
            f"code of commit {(result.provenance.commit or 'unknown')[:8]}"
        ),
    }
    return {name: minus(text) for name, text in texts.items()}


GOALS = {
    "learned_on": ("grid", ""),
    "kept": ("kernels kept", ""),
    "accuracy": ("accuracy (%)", "{accuracy:.2f} ± {std:.2f}"),
    "difference": ("minus the best size (points)", "{difference:+.2f} [{interval}]"),
    "time_ratio": ("inference, of the best size's", ".2f"),
    "grid_seconds": ("training (s)", ".0f"),
    "sweep_seconds": ("training of the sweep (s)", ".0f"),
    "reached": ("goal", ""),
}


def goals_table(runs: pd.DataFrame, scale: Scale, caption: str) -> Styler:
    """The network of the chosen strength on each grid beside the best ordinary size."""
    return show(facts_by_grid(runs, scale), GOALS, caption)


SIZES = {
    "name": ("network", ""),
    "kept": ("kernels kept", ""),
    "accuracy": ("accuracy (%)", "{accuracy:.2f} ± {std:.2f}"),
    "uncropped": ("before the crop", ".2f"),
    "multiply_adds": ("multiply-adds", lambda number: f"{1e-6 * number:.2f} million"),
    "milliseconds": ("inference (ms)", ".1f"),
    "train_seconds": ("training (s)", ".0f"),
}


def sizes_table(runs: pd.DataFrame, caption: str) -> Styler:
    """The networks of ``summary``; an ordinary one is not cropped."""
    rows = summary(runs)
    uncropped = rows["uncropped"].where(rows["kind"] == "learned")
    names = [title(row) for row in rows.to_dict("records")]
    return show(rows.assign(name=names, uncropped=uncropped), SIZES, caption)


_TRAINED = {
    "network": ("network", ""),
    "kept": ("kernels", ""),
    "accuracy": ("accuracy (%)", "{accuracy:.2f} ± {std:.2f}"),
    "multiply_adds": SIZES["multiply_adds"],
}


def trained_table(runs: pd.DataFrame, scale: Scale, caption: str) -> Styler:
    """The path from a trained network, a row per stage."""
    grid = square(scale.grids[0])
    further = counted(scale.further_epochs, "epoch")
    titles = {
        "trained": f"ordinary {grid}, trained for {counted(scale.epochs, 'epoch')}",
        "trained on": f"the same, for {further} more",
        "cropped": f"sizes learned in {further}, cropped",
    }
    rows = summary(runs, ["stage"])
    return show(rows.assign(network=rows["stage"].map(titles)), _TRAINED, caption)


def trained_facts(runs: pd.DataFrame) -> dict[str, Any]:
    """Return what the text says of the path from a trained network (two seeds)."""
    by_stage = runs.pivot(index="seed", columns="stage")
    accuracy, cost = 100 * by_stage["accuracy"], by_stage["multiply_adds"].mean()
    found = {"share": float(cost["cropped"] / cost["trained"])}
    for name, stage in (("over_trained", "trained"), ("over_further", "trained on")):
        differences = accuracy["cropped"] - accuracy[stage]
        low, high = mean_interval(differences)
        found[name] = float(differences.mean())
        found[f"{name}_interval"] = f"{low:.2f} to {high:.2f}"
    return found
