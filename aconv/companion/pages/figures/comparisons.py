"""Adaptive and ordinary kernels in classification (Figures 5 and 6 a to e)."""

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import PALETTE, PAPER, WIDTH
from aconv.companion.pages.words import layer_title

# A printed accuracy is drawn if it lies no further above the curves than their range.
_REACH = 1.0
_FIRST = {"color": PALETTE["adaptive"], "marker": "o", "zorder": 3}
_BETWEEN = {"color": "0.7", "marker": ".", "zorder": 2}
_LAST = {"color": "#2a9d8f", "marker": "s", "zorder": 3}


def accuracy_curves(
    curves: pd.DataFrame, printed: pd.DataFrame | None = None
) -> Figure:
    """Test accuracy against epoch, both kinds (Figures 5 and 6, a to e)."""
    cells = list(curves.groupby(["dataset", "kernel_size"], sort=False))
    order = list(dict.fromkeys(curves["dataset"]))
    cells.sort(key=lambda cell: (order.index(cell[0][0]), cell[0][1]))
    fig, axes = theme.panel_grid(len(cells), 2.3, 0.5)
    profiles_differ = curves["profile"].nunique() > 1
    scales: dict[str, list] = {}
    for ax, ((dataset, size), arms) in zip(axes.flat, cells, strict=False):
        ends = [_curve(ax, kind, of_kind) for kind, of_kind in arms.groupby("kind")]
        scales.setdefault(dataset, []).append((ax, ends))
        ax.set_title(f"{dataset}, {size}×{size}", fontsize="medium")
        ax.set_xlabel("epoch", fontsize="small")
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        if profiles_differ:
            name = " and ".join(arms["profile"].unique())
            ax.set_title(name, loc="right", y=0.02, pad=2, fontsize="x-small")
    for dataset, panels in scales.items():
        low, high = zip(*(end for _, ends in panels for end in ends), strict=True)
        margin = 0.08 * max(max(high) - min(low), 0.1)
        for ax, _ in panels:
            ax.set_ylim(min(low) - margin, max(high) + margin)
            _printed_levels(ax, dataset, printed)
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy (%)", fontsize="small")
    theme.kind_legend(fig, set(curves["kind"]))
    return fig


def _curve(ax: Axes, kind: str, rows: pd.DataFrame) -> tuple[float, float]:
    """Draw the mean over seeds with its band; return the scale of its later part."""
    runs = rows.pivot(index="epoch", columns="seed", values="val_accuracy")
    mean, std = 100 * runs.mean(axis=1), 100 * runs.std(axis=1, ddof=0)
    marker = "o" if len(runs) == 1 else ""  # one epoch makes no line
    line = {"label": kind, "linewidth": 2, "marker": marker, **theme.STYLES[kind]}
    ax.plot(runs.index + 1, mean, **line)
    band = {"color": PALETTE[kind], "alpha": 0.25, "linewidth": 0}
    ax.fill_between(runs.index + 1, mean - std, mean + std, **band)
    late = runs.index >= runs.index.max() / 3
    return float((mean - std)[late].min()), float((mean + std).max())


def _printed_levels(ax: Axes, dataset: str, printed: pd.DataFrame | None) -> None:
    """Draw the paper's mean of each kind, or say that it lies above the panel."""
    of_set = [] if printed is None else printed[printed["dataset"] == dataset]
    if not len(of_set):
        return
    levels = {
        kind: float(of_set[f"mean_{place}"].iloc[0])
        for kind, place in (("ordinary", "second"), ("adaptive", "first"))
    }
    low, high = ax.get_ylim()
    if max(levels.values()) <= high + _REACH * (high - low):
        for kind, level in levels.items():
            style = {"color": PALETTE[kind], "linestyle": ":", "linewidth": 1.5}
            ax.axhline(level, label=f"{kind}, printed", **style)
        ax.set_ylim(low, max(high, max(levels.values()) + 0.05 * (high - low)))
        return
    text = "paper: " + ", ".join(f"{level:.1f}" for level in levels.values())
    place = {"ha": "left", "va": "top", "transform": ax.transAxes}
    ax.text(0.03, 0.97, f"{text} %, above", fontsize="x-small", color="0.3", **place)


def differences(table: pd.DataFrame, printed: pd.DataFrame | None = None) -> Figure:
    """Adaptive minus ordinary accuracy against kernel size, with intervals."""
    panels = table.groupby("dataset", sort=False)
    profiles = sorted(set(table["profile"]))
    fig, axes = theme.panel_row(max(1, len(panels)), 2.8)
    for ax, (dataset, rows) in zip(axes, panels, strict=False):
        for profile in profiles:
            shown = (rows["profile"] == profile).to_numpy()
            found = rows[shown]
            ax.errorbar(
                np.flatnonzero(shown),
                found["difference"],
                yerr=theme.interval_lengths(found, "difference"),
                fmt="o",
                color=PALETTE["adaptive"],
                markerfacecolor=PALETTE["adaptive"] if profile == "full" else "white",
                ecolor="0.25",
                capsize=3,
                label=f"profile {profile}",
            )
        ax.axhline(0, color=PALETTE["ordinary"], linestyle="--", linewidth=1)
        sizes = _printed_difference(ax, rows, printed)
        ax.set_xticks(range(len(sizes)), sizes)
        ax.tick_params(labelsize="small")
        ax.margins(x=0.2)
        ax.set_title(dataset, fontsize="small")
    axes[0].set_ylabel("adaptive − ordinary\n(percentage points)", fontsize="small")
    # Of all panels: in the narrow ones it would run into the next.
    fig.supxlabel(r"kernel size $n$ (pixels)", fontsize="small")
    if len(profiles) > 1:
        theme.legend_above(fig, axes[0], len(profiles), fontsize="small")
    return fig


def _printed_difference(
    ax: Axes, rows: pd.DataFrame, printed: pd.DataFrame | None
) -> list[int]:
    """Draw the paper's difference at its kernel size; return the sizes of the ticks."""
    sizes = rows["kernel_size"].tolist()
    if printed is None:
        return sizes
    for row in printed[printed["dataset"].isin(rows["dataset"])].itertuples():
        if row.kernel_size not in sizes:
            sizes.append(row.kernel_size)
        ax.bar(sizes.index(row.kernel_size), row.difference, 0.6, color=PAPER, zorder=0)
    return sizes


def difference_intervals(differences: pd.DataFrame) -> Figure:
    """Differences with their intervals, a panel for each measure, three to a row."""
    panels = differences.groupby("panel", sort=False)
    labels = list(dict.fromkeys(differences["comparison"]))
    height = 0.9 + 0.32 * len(labels)
    fig, axes = theme.panel_grid(len(panels), height, sharey=True)
    for ax, (panel, rows) in zip(axes.flat, panels, strict=False):
        places = [labels.index(label) for label in rows["comparison"]]
        lengths = theme.interval_lengths(rows, "mean")
        style = {"fmt": "o", "color": "0.2", "capsize": 3}
        ax.errorbar(rows["mean"], places, xerr=lengths, **style)
        ax.axvline(0, color="0.5", linewidth=1)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.set_title(panel)
    axes[0, 0].set_yticks(range(len(labels)), labels)
    axes[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    return fig


def aperture_changes(changes: pd.DataFrame, paths: pd.DataFrame) -> Figure:
    """Apertures after training against those before, and their way there.

    The first and the last layer stand out: more kinds of dots could not be told apart.
    """
    columns = changes.groupby("kernel_size")
    layers = list(dict.fromkeys(changes["layer"]))
    options = {"figsize": (WIDTH, 5.2), "sharey": "row", "squeeze": False}
    fig, axes = plt.subplots(2, len(columns), **options)
    kinds = {
        layer_title(layers[0]): (layers[:1], _FIRST),
        "layers between": (layers[1:-1], _BETWEEN),
        layer_title(layers[-1]): (layers[-1:], _LAST),
    }
    for (above, below), (size, of_size) in zip(axes.T, columns, strict=True):
        ends = of_size["first"].agg(["min", "max"])
        above.plot(ends, ends, color="0.5", linewidth=1)
        for label, (of_kind, style) in kinds.items():
            rows = of_size[of_size["layer"].isin(of_kind)]
            if len(rows):
                dots = {"linestyle": "", "markersize": 4, "alpha": 0.7, "label": label}
                above.plot(rows["first"], rows["last"], **dots, **style)
        path = paths[paths["kernel_size"] == size].pivot(
            index="epochs", columns="filter", values="aperture"
        )
        below.plot(path.index, path, color=_FIRST["color"], linewidth=0.7)
        below.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        for ax in (above, below):
            ax.axhline(1 / size, color="0.3", linestyle=":", linewidth=1)
        above.set(title=f"{size}×{size}", xlabel=r"$\sigma$ before training")
        below.set(title=layer_title(layers[0]), xlabel="epochs")
    axes[0, 0].set_ylabel("$\\sigma$ after training\n(kernel widths)")
    axes[1, 0].set_ylabel("aperture $\\sigma$\n(kernel widths)")
    theme.legend_above(fig, axes[0, 0], 3, fontsize="small", markerscale=2)
    return fig


def effective_sizes(changes: pd.DataFrame) -> Figure:
    """Effective sizes of the kernels of each layer, before and after training."""
    panels = {f"{n}×{n}": rows for n, rows in changes.groupby("kernel_size")}
    return _sizes_before_and_after(panels, "layer", layer_title)


def sizes_by_start(changes: pd.DataFrame) -> Figure:
    """Effective sizes of the kernels of each layer from where their apertures start."""
    layers = changes.groupby("layer", sort=False)
    panels = {layer_title(layer): rows for layer, rows in layers}
    return _sizes_before_and_after(panels, "start", "from {}".format)


def _sizes_before_and_after(
    panels: Mapping[str, pd.DataFrame], group: str, title: Callable[[str], str]
) -> Figure:
    """Draw two boxes for each value of the column ``group``, a panel for each table."""
    groups = list(dict.fromkeys(next(iter(panels.values()))[group]))
    height = 1.3 + 0.42 * len(groups)
    fig, axes = theme.panel_row(len(panels), height, sharey=True)
    points = (
        ("first_size", "before training", "0.8", -0.2),
        ("last_size", "after", PALETTE["adaptive"], 0.2),
    )
    largest = max(rows["kernel_size"].max() for rows in panels.values())
    for ax, (name, rows) in zip(axes, panels.items(), strict=True):
        for point, label, color, shift in points:
            drawn = ax.boxplot(
                [rows.loc[rows[group] == value, point] for value in groups],
                positions=[i + shift for i in range(len(groups))],
                orientation="horizontal",
                widths=0.34,
                whis=(5, 95),
                showfliers=False,
                patch_artist=True,
                medianprops={"color": "black"},
                boxprops={"facecolor": color},
            )
            drawn["boxes"][0].set_label(label)
        ax.axvline(rows["kernel_size"].iloc[0], color="0.3", linestyle=":", linewidth=1)
        ax.set(title=name, xlim=(0.8, largest + 0.3))
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(groups)), map(title, groups))
    axes[0].set_ylim(len(groups) - 0.5, -0.5)
    fig.supxlabel("effective size (pixels)", fontsize="medium")
    theme.legend_above(fig, axes[0], 2)
    return fig
