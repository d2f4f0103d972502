"""Other layers that learn a size: what they cost, and how accurate they are."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from aconv.companion.analysis import accuracy
from aconv.companion.chapters.choosing_size.peer_accuracy import scored_runs
from aconv.companion.datasets import info
from aconv.companion.pages import tables

_ORDINARY = "ordinary"


def costs_table(times: pd.DataFrame, absent: Mapping[str, str]) -> pd.DataFrame:
    """The time of each layer over the ordinary one's, its memory and parameters."""
    largest = times["kernel_size"].max()
    wide = times.pivot(index=["phase", "peer"], columns="kernel_size", values="ratio")
    rows = []
    for peer in [*dict.fromkeys(times["peer"]), *absent]:
        if peer in absent:
            rows.append({"layer": peer, "training step": absent[peer]})
            continue
        row = {"layer": peer}
        for phase, title in (
            ("training", "training step"),
            ("inference", "inference"),
        ):
            if (phase, peer) in wide.index:
                ratios = wide.loc[(phase, peer)]
                row[title] = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        of = times[(times["peer"] == peer) & (times["kernel_size"] == largest)]
        memory = of["peak_mib"].dropna()
        if len(memory):
            row["peak (MiB)"] = f"{memory.iloc[0]:.0f}"
        row["parameters"] = f"{of['parameters'].iloc[0]:,}"
        rows.append(row)
    return pd.DataFrame(rows).fillna(tables.DASH)


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """Compare each layer with the ordinary one on test images."""
    scored = scored_runs(runs)
    others = [peer for peer in dict.fromkeys(scored["peer"]) if peer != _ORDINARY]
    # The first one has the columns, where no other layer has runs.
    tables_of_peers = [
        accuracy.compare(
            scored,
            {"peer": peer},
            {"peer": _ORDINARY},
            by=["held_out"],
            score="accuracy",
        ).assign(peer=peer)
        for peer in ["no layer", *others]
    ]
    return accuracy.adjust_for_multiplicity(
        accuracy.concat_comparisons(tables_of_peers)
    )


ACCURACIES = {
    "peer": ("layer", ""),
    "rate": ("rate", "g"),
    "held_out": ("held out (%)", ".2f"),
    "mean": ("test (%)", "{mean:.2f} ± {std:.2f}"),
    "n": ("seeds", ""),
    "difference": ("minus ordinary (points)", tables.DIFFERENCE[1]),
    "p_holm": tables.P_HOLM,
}


def accuracies(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarise the layers that have two runs on test images, in percent."""
    held_out = runs[runs["held_out"].astype(bool)].groupby("peer")["accuracy"].max()
    of_peer = scored_runs(runs).groupby("peer", sort=False)
    rows = of_peer.agg(
        rate=("rate", "first"), n=("accuracy", "size"), mean=("accuracy", "mean")
    ).assign(std=of_peer["accuracy"].std(ddof=0), held_out=held_out)
    rows[["mean", "std", "held_out"]] *= 100
    differences = compared(runs).set_index("peer")
    differences = differences[["difference", "low", "high", "p_holm"]]
    return rows[rows["n"] > 1].join(differences).reset_index()


def accuracy_words(runs: pd.DataFrame | None) -> str:
    """Return which layers are more or less accurate than the ordinary one (Holm)."""
    if runs is None:
        return "No runs are recorded yet."
    rows = compared(runs)
    apart = rows["p_holm"] < 0.05
    above, below, unclear = (
        ", ".join(rows.loc[chosen, "peer"]) or "none"
        for chosen in (
            apart & (rows["difference"] > 0),
            apart & (rows["difference"] < 0),
            ~apart,
        )
    )
    return (
        "Beyond chance (Holm, all layers together) above the ordinary layer: "
        f"{above}; below: {below}; open: {unclear}."
    )


def accuracy_scale(settings: Mapping[str, Any], runs: pd.DataFrame) -> str:
    """Return how much was trained, in words."""
    seeds = scored_runs(runs).groupby("peer")["seed"].nunique()
    size = settings["kernel_size"]
    return (
        f"{info(settings['dataset']).title}, {settings['train_images']} training and "
        f"{settings['test_images']} test images, {settings['epochs']} epochs, "
        f"{settings['filters']} filters, {size}×{size}, {seeds.min()} seeds"
    )
