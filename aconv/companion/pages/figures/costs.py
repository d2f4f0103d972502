"""Times and their ratios (Section 4.5), and accuracy against cost."""

from collections.abc import Mapping
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter

from aconv.companion.pages.figures import theme
from aconv.companion.pages.figures.theme import PALETTE, WIDTH
from aconv.companion.pages.words import minus

# A comparison's marker: they differ in shape and lightness, to be told apart in grey.
_MARKS = ((PALETTE["adaptive"], "o"), (PALETTE["ordinary"], "s"), ("#2a9d8f", "^"))


def time_ratios(ratios: pd.DataFrame, printed: Mapping[int, float]) -> Figure:
    """Time of one network over that of another, against kernel size (Section 4.5)."""
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    comparisons = ratios.groupby("comparison", sort=False)
    # Side by side around the kernel size, so that no interval hides another.
    shifts = 0.2 * (np.arange(len(comparisons) + 1) - len(comparisons) / 2)
    ax.axhline(1, color="0.5", linewidth=1)
    places, levels = np.array(list(printed.items())).T
    ax.plot(places + shifts[0], levels, "D", color="0.2", label="paper, training")
    for shift, (name, rows), (color, marker) in zip(
        shifts[1:], comparisons, _MARKS, strict=False
    ):
        ax.errorbar(
            rows["kernel_size"] + shift,
            rows["median"],
            theme.interval_lengths(rows, "median"),
            fmt=marker,
            color=color,
            label=name,
            capsize=4,
        )
    ticks = sorted({*printed, *ratios["kernel_size"]})
    ax.set(xlabel="kernel size (pixels)", ylabel="ratio of times", xticks=ticks)
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.15), ncols=2)
    return fig


def extra_times(differences: pd.DataFrame, alone: float) -> Figure:
    """Extra time of an adaptive layer against image size (Section 4.5)."""
    fig, (whole, extra) = theme.panel_row(2, 3.6)
    side = differences["image_side"]
    whole.plot(side, differences["ordinary"], marker="o", **theme.STYLES["ordinary"])
    whole.set(title="ordinary layer", ylabel="milliseconds", ylim=(0, None))
    extra.axhline(0, color="0.5", linewidth=1)
    extra.axhline(alone, color="0.2", linestyle=":")
    extra.errorbar(
        side,
        differences["median"],
        theme.interval_lengths(differences, "median"),
        color=PALETTE["adaptive"],
        marker="o",
        capsize=4,
    )
    # In numbers, too: of a slow step the interval can be all that a scale shows.
    ticks = [
        minus(f"{row.image_side}\n{row.median:z.2f}\n[{row.low:z.2f}, {row.high:z.2f}]")
        for row in differences.itertuples()
    ]
    extra.set(title="adaptive − ordinary", ylabel="milliseconds")
    extra.margins(x=0.2)
    for ax, labels in ((whole, None), (extra, ticks)):
        ax.set_xscale("log", base=2)
        ax.minorticks_off()
        ax.set_xticks(side, labels or map(str, side), fontsize="small")
    whole.set_xlabel("image side (pixels)")
    extra.set_xlabel("image side (pixels); difference (ms)")
    return fig


def envelope_times(times: pd.DataFrame) -> Figure:
    """Time of the envelope by itself against the number of filters, a line per size."""
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    of_sizes = times.sort_values("filters").groupby("kernel_size")
    shades = sns.color_palette("flare", len(of_sizes))
    ends = []
    for place, ((n, rows), shade) in enumerate(zip(of_sizes, shades, strict=True)):
        ax.errorbar(
            rows["filters"],
            rows["median"],
            theme.interval_lengths(rows, "median"),
            color=shade,
            marker="osD^v"[place % 5],
            linestyle=["-", "--", ":"][place % 3],
            capsize=3,
        )
        ends.append((rows["median"].iloc[-1], f"{n}×{n}", shade))
    ax.set(xscale="log", yscale="log", xlabel="filters", ylabel="milliseconds")
    ticks = sorted(times["filters"].unique())
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    theme.plain_log_ticks(ax.yaxis)
    theme.label_right(ax, ends)
    return fig


_GRID_MARKERS = "o^Dv"


def accuracy_against_cost(rows: pd.DataFrame, batch: int) -> Figure:
    """Accuracy against multiply-adds and times; bars are deviations over seeds."""
    fig, axes = theme.panel_row(2, 4, sharey=True)
    costs = (
        ("multiply_adds", 1e-6, "million multiply-adds per image"),
        ("milliseconds", 1, f"milliseconds per {batch} images"),
    )
    learned = rows[rows["kind"] == "learned"]
    # Lines of the figure: the ordinary networks, and those learned on each grid.
    lines = [("ordinary", "s", "ordinary, by size", rows[rows["kind"] == "ordinary"])]
    grids = zip(cycle(_GRID_MARKERS), learned.groupby("kernel_size"), strict=False)
    for marker, (grid, on_grid) in grids:
        label = f"learned on {grid}×{grid}, by strength"
        lines.append(("adaptive", marker, label, on_grid))
    for ax, (cost, factor, title) in zip(axes, costs, strict=True):
        for kind, marker, label, of_line in lines:
            of = of_line.sort_values([cost, "strength"], ascending=[True, False])
            ax.errorbar(
                factor * of[cost],
                of["accuracy"],
                of["std"],
                factor * of[f"{cost}_std"],
                marker=marker,
                elinewidth=1,
                capsize=2,
                label=label,
                **theme.STYLES[kind],
            )
            # The networks between come in order, and labels would lie on each other.
            networks = of.assign(cost=factor * of[cost]).to_dict("records")
            by_hand = kind == "ordinary"
            _name_end(ax, networks[0], left=True, above=by_hand)
            if len(networks) > 1:
                _name_end(ax, networks[-1], left=by_hand, above=not by_hand)
        ax.set(xlabel=title, xscale="log")
        ax.margins(x=0.15, y=0.15)
        ax.minorticks_off()
        theme.plain_log_ticks(ax.xaxis)
    axes[0].set_ylabel("test accuracy (%)")
    theme.legend_above(fig, axes[0], 2)
    return fig


def _name_end(ax: Axes, row: dict, *, left: bool, above: bool) -> None:
    """Name a network at the end of a line beside its point, clear of the bars."""
    size, strength = row["kernel_size"], row["strength"]
    ax.annotate(
        f"{size}×{size}" if row["kind"] == "ordinary" else f"{strength:g}",
        (row["cost"], row["accuracy"]),
        xytext=(-5 if left else 5, 5 if above else -5),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom" if above else "top",
        fontsize="small",
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )


def method_times(times: pd.DataFrame) -> Figure:
    """Time of a step by each method against kernel size, a panel for each backend."""
    panels = times.groupby("backend", sort=False)
    fig, axes = theme.panel_row(len(panels), 3.6, sharey=True)
    for ax, (backend, rows) in zip(axes, panels, strict=True):
        for method, marker in (("direct", "s"), ("fft", "o")):
            shown = rows[rows["method"] == method]
            for kind, style in theme.STYLES.items():
                style = {"marker": marker, "label": f"{kind}, {method}", **style}
                ax.plot(shown["kernel_size"], shown[kind], **style)
        sizes = sorted(rows["kernel_size"].unique())
        ax.set(title=backend, yscale="log", xlabel="kernel size (pixels)", xticks=sizes)
        ax.tick_params(axis="x", labelsize="small")
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes[0].set_ylabel("milliseconds")
    theme.legend_above(fig, axes[0], 4, loc="outside lower center")
    return fig
