"""Other layers that learn a size: what they cost, and how accurate they are."""

from collections.abc import Mapping

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.frames import runs_frame
from aconv.companion.analysis.overview import in_family
from aconv.companion.analysis.rates import rate_arms, tuned, tuning, tuning_arms
from aconv.companion.chapters.choosing_size.peer_times import LAYERS
from aconv.companion.datasets import info
from aconv.companion.pages import tables
from aconv.companion.pages.tables import counted
from aconv.companion.pages.words import listed
from aconv.companion.runs import SEEDS, load_comparable_runs, make_spec
from aconv.companion.runs.results_cache import Result
from aconv.companion.studies.arms import RATE_FACTORS, rate_arm
from aconv.companion.training import widths

_COSTS = {
    "layer": ("layer", ""),
    "training": ("training step", ""),
    "inference": ("inference", ""),
    "peak_mib": ("peak (MiB)", ".0f"),
    "parameters": ("parameters", ",.0f"),
}


def costs_table(times: pd.DataFrame, absent: Mapping[str, str]) -> pd.DataFrame:
    """The time of each layer over the ordinary one's, its memory and parameters."""
    texts = times.assign(ratio=times["ratio"].map("{:.2f}".format))
    ratios = texts.groupby(["layer", "phase"])["ratio"].agg(", ".join).unstack()
    largest = times[times["kernel_size"] == times["kernel_size"].max()]
    sizes = largest.groupby("layer")[["peak_mib", "parameters"]].first()
    layers = [*times["layer"].unique(), *absent]
    rows = ratios.join(sizes).reindex(layers).rename_axis("layer")
    rows["training"] = rows["training"].fillna(pd.Series(absent, dtype=object))
    return tables.text_table(rows.reset_index(), _COSTS)


def costs_caption(result: Result) -> str:
    """Say what was measured of which networks, and on what machine."""
    settings, made = result.parameters, result.provenance
    side = settings["side"]
    return (
        "Time over that of the ordinary layer, medians over rounds, kernels "
        f"{', '.join(f'{n}×{n}' for n in settings['sizes'])}; peak memory of a process "
        f"and parameters at the largest. {widths.SIMPLE_FILTERS} filters, batches of "
        f"{settings['batch']} images of {side}×{side}, {settings['rounds']} rounds; "
        f"{made.backend} on {made.device}"
    )


# Where the layers are trained: a cell of the simple network, shortened.
_PLACE = {"dataset": "fashion_mnist", "kernel_size": 7}
_STUDY, _VERSION, _PROFILE = "simple", "paper", "short"


def recorded() -> pd.DataFrame:
    """Return the recorded runs of all layers, at all rates that are tried."""
    arms = (*tuning_arms(LAYERS), *rate_arms(LAYERS))
    place = {"version": _VERSION, "profile": _PROFILE}
    records = load_comparable_runs(_STUDY, **place, arms=arms)
    return accuracy.select(runs_frame(records), _PLACE)


def compared(runs: pd.DataFrame, family: pd.DataFrame | None) -> pd.DataFrame:
    """Compare each layer with the ordinary one, each at its rate, as one family.

    That of adaptive kernels has its numbers in ``family``, the table of
    ``analysis.overview.judged_comparisons``, if it is there.
    """
    found = [tuned(runs, layer) for layer in LAYERS if layer != "ordinary"]
    rows = accuracy.adjust_for_multiplicity(accuracy.concat_comparisons(found))
    of_paper = rows["layer"] == "adaptive"
    return accuracy.concat_comparisons(
        [in_family(rows[of_paper], family), rows[~of_paper]]
    )


ACCURACIES = {
    "layer": ("layer", ""),
    "rate_factor": ("rate factor", "g"),
    "score": ("held out (%)", ".2f"),
    "mean": ("test (%)", "{mean:.2f} ± {std:.2f}"),
    "n": ("seeds", ""),
    "difference": ("minus ordinary (points)", tables.DIFFERENCE[1]),
    "p_holm": tables.P_HOLM,
}


def accuracies(runs: pd.DataFrame, family: pd.DataFrame | None = None) -> pd.DataFrame:
    """Summarise the layers that have two runs at the rate chosen, in percent."""
    rows = _chosen(runs).merge(accuracy.summarise_arms(runs, ["arm"]), on="arm")
    columns = ["layer", "difference", "low", "high", "p_holm"]
    differences = compared(runs, family)[columns]
    return rows[rows["n"] > 1].merge(differences, on="layer", how="left")


def _chosen(runs: pd.DataFrame) -> pd.DataFrame:
    """The layers whose rate is chosen, with its arm and its ``score`` on held out."""
    rows = tuning(runs, LAYERS)
    rows = rows.loc[rows["chosen"], ["layer", "rate_factor", "score"]]
    arms = [rate_arm(row.layer, row.rate_factor) for row in rows.itertuples()]
    # Of no rows, the column would be one of numbers.
    return rows.assign(arm=pd.Series(arms, rows.index, dtype=object))


def accuracy_words(runs: pd.DataFrame, family: pd.DataFrame | None = None) -> str:
    """Return which layers are more or less accurate than the ordinary one (Holm)."""
    rows = compared(runs, family)
    if rows.empty:
        return "No layer has runs yet that can be compared with the ordinary one's."
    apart = rows["p_holm"] < 0.05
    above, below, unclear = (
        ", ".join(rows.loc[chosen, "layer"]) or "none"
        for chosen in (
            apart & (rows["difference"] > 0),
            apart & (rows["difference"] < 0),
            ~apart,
        )
    )
    return (
        "Beyond chance (Holm) above the ordinary layer: "
        f"{above}; below: {below}; open: {unclear}."
    )


def accuracies_table(runs: pd.DataFrame, family: pd.DataFrame | None = None) -> Styler:
    """Accuracies of all layers, with how much was trained in the caption."""
    rows = accuracies(runs, family)
    of_layers = runs[runs["arm"].isin(rows["arm"])]
    # What all layers have alike, but for the start.
    dataset, size = _PLACE.values()
    spec = make_spec(_STUDY, dataset, "ordinary", size, SEEDS[0], _PROFILE, _VERSION)
    settings = spec.settings
    where = (
        f"{info(dataset).title}, {settings.train_images} training and "
        f"{settings.test_images} test images, {settings.epochs} epochs, "
        f"{widths.SIMPLE_FILTERS} filters, {size}×{size}, "
        f"{counted(rows['n'].min(), 'seed')}"
    )
    factors = ", ".join(f"{factor:g}" for factor in RATE_FACTORS)
    return tables.show(
        rows,
        ACCURACIES,
        "Peak accuracy with each layer at the rate that suits it: on training images "
        "held out to choose the rate (one seed), and on test images (mean ± std over "
        "seeds; difference with interval, Welch, corrected by Holm; that of adaptive "
        "kernels is the one of every page). "
        f"{where}; rates tried: {factors} times {settings.learning_rate:g}; "
        f"{listed(of_layers['backend'].unique())} on "
        f"{listed(of_layers['device'].unique())}",
    )
