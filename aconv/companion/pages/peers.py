"""What the chapter on choosing the size says of other layers that learn a size."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from aconv.companion.analysis.accuracy import compare, correct, together
from aconv.companion.datasets import info
from aconv.companion.experiments.peer_accuracy import scored_runs
from aconv.companion.pages.words import minus
from aconv.companion.stats.written import estimate

_ORDINARY = "ordinary"


def costs_table(times: pd.DataFrame, absent: Mapping[str, str]) -> pd.DataFrame:
    """What each layer costs, as a page shows it."""
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
    return pd.DataFrame(rows).fillna("–")


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """Compare each layer with the ordinary one on test images."""
    scored = scored_runs(runs)
    others = [peer for peer in dict.fromkeys(scored["peer"]) if peer != _ORDINARY]
    tables = []
    # The first one has the columns, where no other layer has runs.
    for peer in ["no layer", *others]:
        arms = {"peer": peer}, {"peer": _ORDINARY}
        table = compare(scored, *arms, by=["held_out"], score="accuracy")
        tables.append(table.assign(peer=peer))
    return correct(together(tables))


def accuracy_table(runs: pd.DataFrame) -> pd.DataFrame:
    """How accurate a network is with each layer, as a page shows it."""
    held_out = runs["held_out"].astype(bool)
    best = runs[held_out].groupby("peer")["accuracy"].max()
    differences = compared(runs).set_index("peer")
    rows = []
    for peer, of in scored_runs(runs).groupby("peer", sort=False):
        if len(of) < 2:
            continue
        accuracy = 100 * of["accuracy"]
        row = {
            "layer": peer,
            "rate": f"{of['rate'].iloc[0]:g}",
            "held out (%)": f"{100 * best[peer]:.2f}",
            "test (%)": f"{accuracy.mean():.2f} ± {accuracy.std(ddof=0):.2f}",
            "seeds": len(of),
        }
        if peer in differences.index:
            low, high, p = differences.loc[peer, ["low", "high", "p_holm"]]
            difference = differences.loc[peer, "difference"]
            row["minus ordinary (points)"] = minus(estimate(difference, low, high))
            row["p (Holm)"] = f"{p:.2g}"
        rows.append(row)
    return pd.DataFrame(rows).fillna("–")


def accuracy_facts(runs: pd.DataFrame) -> dict[str, str]:
    """What the text says of the accuracies, by name."""
    rows = compared(runs)
    apart = rows["p_holm"] < 0.05
    names = {
        "above": rows[apart & (rows["difference"] > 0)],
        "below": rows[apart & (rows["difference"] < 0)],
        "open": rows[~apart],
    }
    return {name: ", ".join(of["peer"]) or "none" for name, of in names.items()}


def accuracy_words(runs: pd.DataFrame | None) -> str:
    """Return which layers are more or less accurate than the ordinary one."""
    if runs is None:
        return "No runs are recorded yet."
    found = accuracy_facts(runs)
    return (
        "Beyond chance (Holm, all layers together) above the ordinary layer: "
        f"{found['above']}; below: {found['below']}; open: {found['open']}."
    )


def accuracy_scale(settings: Mapping[str, Any], runs: pd.DataFrame) -> str:
    """How much was trained, in words."""
    seeds = scored_runs(runs).groupby("peer")["seed"].nunique()
    size = settings["kernel_size"]
    return (
        f"{info(settings['dataset']).title}, {settings['train_images']} training and "
        f"{settings['test_images']} test images, {settings['epochs']} epochs, "
        f"{settings['filters']} filters, {size}×{size}, {seeds.min()} seeds"
    )
