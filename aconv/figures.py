"""The figures of the book, from plain arrays and data frames.

One theme and one palette: an ordinary and an adaptive layer have the same colour and
line everywhere, and the two colours differ in lightness, so that a figure can be read
in grey. Every function returns the matplotlib figure that it drew.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

PALETTE = MappingProxyType({"ordinary": "#0b3c6f", "adaptive": "#e08a1e"})
LINE_STYLES = MappingProxyType({"ordinary": "--", "adaptive": "-"})
DIVERGING = "RdBu_r"
SEQUENTIAL = "viridis"
WIDTH = 8.0  # inches, the width of a page's text


def set_theme() -> None:
    """Sets the theme of all figures; call once, before the first figure."""
    sns.set_theme(
        context="notebook",
        style="whitegrid",
        rc={
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.titlesize": "medium",
            "image.interpolation": "nearest",
        },
    )


def matrices(rows: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Kernels and envelopes side by side, each with its scale (Figures 1 and 2).

    Args:
        rows: For each row its panels, title to array of shape ``(height, width)``. All
            rows have the same number of panels.

    Returns:
        A figure. The scale of an array without a negative value, an envelope, starts
        at zero; that of any other is centred on zero.
    """
    columns = len(rows[0])
    fig, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(WIDTH, (WIDTH / columns + 0.4) * len(rows)),
        squeeze=False,
    )
    for panels, row in zip(axes, rows, strict=True):
        for ax, (title, values) in zip(panels, row.items(), strict=True):
            high = np.abs(values).max()
            if values.min() < 0:
                scale = {"cmap": DIVERGING, "vmin": -high, "vmax": high}
            else:
                scale = {"cmap": SEQUENTIAL, "vmin": 0, "vmax": high}
            image = ax.imshow(values, **scale)
            ax.set(title=title, xticks=[], yticks=[])
            fig.colorbar(image, ax=ax, shrink=0.75, location="bottom", pad=0.03)
    return fig


def size_against_aperture(
    apertures: np.ndarray, sizes: Mapping[int, np.ndarray]
) -> Figure:
    """Effective kernel size against aperture, a line a grid size.

    Args:
        apertures: Shape ``(points,)``, in grid units.
        sizes: For each kernel size ``n`` the effective sizes at ``apertures``, in
            pixels.

    Returns:
        A figure; dots mark the lower bound ``1/n`` and the initial range is shaded.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    shades = sns.color_palette("flare", len(sizes))
    for (n, values), shade in zip(sizes.items(), shades, strict=True):
        ax.plot(apertures, values, color=shade)
        ax.plot(1 / n, np.interp(1 / n, apertures, values), "o", color=shade)
        ax.annotate(
            f"{n}×{n}",
            (apertures[-1], values[-1]),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            color=shade,
        )
    ax.axvspan(0.1, 0.5, color="0.9", zorder=0)
    ax.text(0.22, 0.3, "initial apertures", ha="center", color="0.35")
    ax.set(
        xscale="log",
        ylim=(0, max(sizes) + 1),
        xlabel=r"aperture $\sigma$ (kernel widths)",
        ylabel="effective kernel size (pixels)",
    )
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda aperture, _: f"{aperture:g}"))
    return fig


def mean_variance(
    measured: pd.DataFrame, expected: pd.DataFrame | None = None
) -> Figure:
    """Mean variance of weights and product kernels against the aperture (Figure 3).

    Args:
        measured: Columns ``aperture``, ``mvar``, ``kernel`` (one of ``"W"``,
            ``"U∘W"``, ``"U0∘W"``) and ``weights`` (name of their distribution).
        expected: Columns ``aperture``, ``weights``, ``low``, ``high``: interval in
            which 95 % of the measurements of ``"U∘W"`` should lie.

    Returns:
        A figure with a panel for each distribution of the weights.
    """
    names = list(dict.fromkeys(measured["weights"]))
    fig, axes = plt.subplots(1, len(names), figsize=(WIDTH, 3.6), sharey=True)
    styles = {
        "W": {"label": "$W$", "color": "0.3", "marker": "s", "markersize": 6},
        "U0∘W": {
            "label": r"$U_0 \circ W$, not normalised",
            "color": "#2a9d8f",
            "linestyle": "--",
            "marker": "^",
            "markersize": 4,
        },
        "U∘W": {
            "label": r"$U \circ W$, normalised",
            "color": PALETTE["adaptive"],
            "marker": "o",
            "markersize": 4,
        },
    }
    for ax, name in zip(np.atleast_1d(axes), names, strict=True):
        of_weights = measured[measured["weights"] == name]
        for kernel, style in styles.items():
            rows = of_weights[of_weights["kernel"] == kernel]
            ax.plot(rows["aperture"], rows["mvar"], markerfacecolor="none", **style)
        if expected is not None:
            band = expected[expected["weights"] == name]
            ax.fill_between(
                band["aperture"],
                band["low"],
                band["high"],
                color=PALETTE["adaptive"],
                alpha=0.25,
                linewidth=0,
                label="95 % expected",
            )
        ax.set(title=f"{name} weights", xlabel=r"aperture $\sigma$ (kernel widths)")
    first = np.atleast_1d(axes)[0]
    first.set(ylabel="mean of variances", ylim=(0, None))
    first.legend(loc="lower right")
    return fig


def loss_curves(curves: pd.DataFrame, least: float) -> Figure:
    """Mean squared error against updates, both kinds (Figure 4b).

    Args:
        curves: Columns ``update``, ``loss``, ``kind``, ``seed`` and ``panel``, the
            title of the panel that a row belongs to.
        least: Least possible loss, drawn as a line.

    Returns:
        A figure with a panel for each title; a thin line a seed, a thick one the mean.
    """
    panels = list(dict.fromkeys(curves["panel"]))
    fig, axes = plt.subplots(
        1, len(panels), figsize=(WIDTH, 3.6), sharey=True, squeeze=False
    )
    for ax, panel in zip(axes[0], panels, strict=True):
        for kind, rows in curves[curves["panel"] == panel].groupby("kind"):
            wide = rows.pivot(index="update", columns="seed", values="loss")
            style = {"color": PALETTE[kind], "linestyle": LINE_STYLES[kind]}
            ax.plot(wide.index, wide, linewidth=0.5, alpha=0.6, **style)
            ax.plot(wide.index, wide.mean(axis=1), linewidth=2, label=kind, **style)
        ax.axhline(least, color="0.5", linewidth=1)
        ax.set(title=panel, xlabel="updates", yscale="log")
    axes[0, 0].set_ylabel("mean squared error")
    axes[0, 0].legend()
    return fig


def aperture_paths(paths: np.ndarray, labels: Sequence[str], low: float) -> Figure:
    """Apertures of the filters against updates (Figure 4c).

    Args:
        paths: Shape ``(updates + 1, filters)``, in grid units.
        labels: Name of each filter.
        low: Lower bound of the apertures, in grid units.

    Returns:
        A figure with a line a filter.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    colors = sns.color_palette("colorblind", paths.shape[1])
    styles = ["-", "--", ":"]
    for q, (label, color) in enumerate(zip(labels, colors, strict=True)):
        ax.plot(paths[:, q], color=color, linestyle=styles[q % 3], label=label)
    ax.axhline(low, color="0.5", linewidth=1)
    ax.annotate(
        "lower bound 1/n",
        (0, low),
        xytext=(4, -12),
        color="0.35",
        textcoords="offset points",
        fontsize="small",
    )
    ax.set(
        xlabel="updates",
        ylabel=r"aperture $\sigma$ (kernel widths)",
        ylim=(0, None),
    )
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    return fig


def single_image(image: np.ndarray) -> Figure:
    """One grey image, small (Figure 4a).

    Args:
        image: Shape ``(height, width)``.

    Returns:
        A figure without axes ticks.
    """
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.imshow(image, cmap="gray")
    ax.set(xticks=[], yticks=[])
    return fig


def image_rows(
    rows: Mapping[str, np.ndarray],
    titles: Sequence[str],
    cmaps: Mapping[str, str],
) -> Figure:
    """Rows of small images, one column a filter (Figures 4d to 4i).

    Args:
        rows: Row label to array of shape ``(height, width, columns)``.
        titles: Title of each column.
        cmaps: Row label to colour map; a diverging one is centred on zero.

    Returns:
        A figure without axes ticks; each image has a scale of its own.
    """
    columns = len(titles)
    fig, axes = plt.subplots(
        len(rows), columns, figsize=(WIDTH, 1.05 * len(rows) + 0.5), squeeze=False
    )
    for panels, (label, images) in zip(axes, rows.items(), strict=True):
        for column, ax in enumerate(panels):
            image = images[..., column]
            low, high = image.min(), image.max()
            if cmaps[label] == DIVERGING:
                high = np.abs(image).max()
                low = -high
            ax.imshow(image, cmap=cmaps[label], vmin=low, vmax=high)
            ax.set(xticks=[], yticks=[])
        panels[0].set_ylabel(label, fontsize="small")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title.replace(", ", ",\n"), fontsize="x-small")
    return fig


def image_sheet(images: np.ndarray, labels: Sequence[str], columns: int = 8) -> Figure:
    """A sheet of sample images with their labels.

    Args:
        images: 8-bit pixels, shape ``(n, height, width, channels)``, one channel (grey)
            or three (red, green, blue).
        labels: Label of each image; a long one is cut.
        columns: Images a row.

    Returns:
        A figure without axes ticks; one grey scale, 0 to 255, holds for all images.
    """
    axes = _sheet(len(images), columns, images.shape[1] / images.shape[2], title=0.25)
    for ax, image, label in zip(axes.flat, images, labels, strict=False):
        ax.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        short = label if len(label) <= 14 else label[:13] + "…"
        ax.set_title(short, fontsize="x-small", pad=2)
    return axes.flat[0].figure


def trimap_sheet(images: np.ndarray, trimaps: np.ndarray, columns: int = 8) -> Figure:
    """A sheet of sample images, each with its tri-map to the right of it.

    Args:
        images: 8-bit pixels, shape ``(n, height, width, channels)``, one channel (grey)
            or three (red, green, blue).
        trimaps: Class of each pixel, 0 to 2, shape ``(n, height, width)``.
        columns: Panels a row, an even number.

    Returns:
        A figure without axes ticks.
    """
    axes = _sheet(2 * len(images), columns, images.shape[1] / images.shape[2])
    for i, (image, trimap) in enumerate(zip(images, trimaps, strict=True)):
        axes.flat[2 * i].imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        axes.flat[2 * i + 1].imshow(trimap, cmap=SEQUENTIAL, vmin=0, vmax=2)
    return axes.flat[0].figure


def accuracy_curves(curves: pd.DataFrame) -> Figure:
    """Test accuracy against epoch, both kinds (Figures 5 and 6, a to e).

    Args:
        curves: Columns ``dataset``, ``kernel_size``, ``kind``, ``seed``, ``epoch``
            (from 0) and ``val_accuracy``, in [0, 1].

    Returns:
        A figure with a row for each data set and a column for each kernel size. A line
        is the mean over seeds, its band the standard deviation over seeds (divided by
        n) to either side. A row's scale begins at the lowest band of its last two
        thirds of epochs, so that the first epochs may be below it.
    """
    datasets = list(dict.fromkeys(curves["dataset"]))
    sizes = sorted(set(curves["kernel_size"]))
    fig, axes = plt.subplots(
        len(datasets),
        len(sizes),
        figsize=(WIDTH, 1.9 * len(datasets) + 0.7),
        sharey="row",
        squeeze=False,
    )
    for panels, dataset in zip(axes, datasets, strict=True):
        of_dataset = curves[curves["dataset"] == dataset]
        bottom, top = 100.0, 0.0
        for ax, size in zip(panels, sizes, strict=True):
            arms = of_dataset[of_dataset["kernel_size"] == size]
            for kind, rows in arms.groupby("kind", sort=False):
                runs = rows.pivot(index="epoch", columns="seed", values="val_accuracy")
                mean, std = 100 * runs.mean(axis=1), 100 * runs.std(axis=1, ddof=0)
                style = {"color": PALETTE[kind], "linestyle": LINE_STYLES[kind]}
                if len(runs) == 1:
                    style["marker"] = "o"  # one epoch makes no line
                ax.plot(runs.index + 1, mean, label=kind, linewidth=2, **style)
                ax.fill_between(
                    runs.index + 1,
                    mean - std,
                    mean + std,
                    color=PALETTE[kind],
                    alpha=0.25,
                    linewidth=0,
                )
                late = runs.index >= runs.index.max() / 3
                bottom = min(bottom, float((mean - std)[late].min()))
                top = max(top, float((mean + std).max()))
            if not len(arms):
                ax.text(0.5, 0.5, "no runs", ha="center", transform=ax.transAxes)
            ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        margin = 0.08 * max(top - bottom, 0.1)
        panels[0].set(ylim=(bottom - margin, top + margin))
        panels[0].set_ylabel(f"{dataset}\naccuracy (%)", fontsize="small")
    for ax, size in zip(axes[0], sizes, strict=True):
        ax.set_title(f"{size}×{size}")
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    _kind_legend(fig, list(dict.fromkeys(curves["kind"])))
    return fig


def differences(table: pd.DataFrame) -> Figure:
    """Adaptive less ordinary accuracy against kernel size, with intervals.

    Args:
        table: Columns ``dataset``, ``kernel_size``, ``difference``, ``low`` and
            ``high``, in percentage points; may have no rows.

    Returns:
        A figure with a panel for each data set; a dot a kernel size, a bar its
        interval.
    """
    datasets = list(dict.fromkeys(table["dataset"]))
    fig, axes = plt.subplots(
        1, max(1, len(datasets)), figsize=(WIDTH, 2.8), squeeze=False
    )
    for ax, dataset in zip(axes[0], datasets, strict=False):
        rows = table[table["dataset"] == dataset]
        reach = [rows["difference"] - rows["low"], rows["high"] - rows["difference"]]
        ax.errorbar(
            range(len(rows)),
            rows["difference"],
            yerr=np.array(reach, dtype=float),
            fmt="o",
            color=PALETTE["adaptive"],
            ecolor="0.25",
            capsize=3,
        )
        ax.axhline(0, color=PALETTE["ordinary"], linestyle="--", linewidth=1)
        ax.set_xticks(range(len(rows)), rows["kernel_size"])
        ax.tick_params(labelsize="small")
        ax.margins(x=0.2)
        ax.set_title(dataset, fontsize="small")
        ax.set_xlabel(r"kernel size $n$", fontsize="small")
    axes[0, 0].set_ylabel("adaptive − ordinary\n(percentage points)", fontsize="small")
    return fig


def aperture_changes(changes: pd.DataFrame, paths: pd.DataFrame) -> Figure:
    """Apertures after training against those before, and their way there.

    Args:
        changes: Columns ``kernel_size``, ``layer``, ``first`` and ``last``, a row a
            filter of a run, apertures in grid units.
        paths: Columns ``kernel_size``, ``filter``, ``epochs`` and ``aperture``, of one
            layer of one run for each kernel size.

    Returns:
        A figure with a column for each kernel size. Above, a dot a filter and a colour
        a layer, on the diagonal if its aperture is the same as before training; below,
        a line a filter. The lower bound 1/n is dotted.
    """
    sizes = sorted(set(changes["kernel_size"]))
    layers = list(dict.fromkeys(changes["layer"]))
    fig, axes = plt.subplots(
        2, len(sizes), figsize=(WIDTH, 5.2), sharey="row", squeeze=False
    )
    shades = sns.color_palette(SEQUENTIAL, len(layers))
    named = range(len(layers)) if len(layers) <= 8 else (0, len(layers) - 1)
    markers = "osD^vP*"
    for (above, below), size in zip(axes.T, sizes, strict=True):
        rows = changes[changes["kernel_size"] == size]
        ends = rows["first"].min(), rows["first"].max()
        above.plot(ends, ends, color="0.5", linewidth=1)
        for i, layer in enumerate(layers):
            of_layer = rows[rows["layer"] == layer]
            above.plot(
                of_layer["first"],
                of_layer["last"],
                markers[i % len(markers)],
                color=shades[i],
                markersize=3,
                alpha=0.7,
                # A legend of very many layers would tell nothing.
                label=layer.replace("_", " ") if i in named else None,
            )
        path = paths[paths["kernel_size"] == size].pivot(
            index="epochs", columns="filter", values="aperture"
        )
        below.plot(path.index, path, color=PALETTE["adaptive"], linewidth=0.7)
        for ax in (above, below):
            ax.axhline(1 / size, color="0.3", linestyle=":", linewidth=1)
        above.set(title=f"{size}×{size}", xlabel="before training")
        below.set(xlabel="epochs")
    axes[0, 0].set_ylabel("after training")
    axes[1, 0].set_ylabel(r"aperture $\sigma$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(
        handles,
        labels,
        loc="outside upper center",
        ncols=4,
        fontsize="small",
        markerscale=2,
    )
    return fig


def effective_sizes(changes: pd.DataFrame) -> Figure:
    """Effective sizes of the kernels of each layer, before and after training.

    Args:
        changes: Columns ``kernel_size``, ``layer``, ``first_size`` and ``last_size``,
            a row a filter of a run, sizes in pixels.

    Returns:
        A figure with a panel for each kernel size; for each layer a box before and one
        after training: median, quartiles, and whiskers to the 5th and 95th percentile.
    """
    sizes = sorted(set(changes["kernel_size"]))
    layers = list(dict.fromkeys(changes["layer"]))
    fig, axes = plt.subplots(
        1, len(sizes), figsize=(WIDTH, 3.2), sharey=True, squeeze=False
    )
    fills = {
        "first": ("before training", "0.8"),
        "last": ("after", PALETTE["adaptive"]),
    }
    for ax, size in zip(axes[0], sizes, strict=True):
        rows = changes[changes["kernel_size"] == size]
        for shift, (point, (label, color)) in zip(
            (-0.2, 0.2), fills.items(), strict=True
        ):
            drawn = ax.boxplot(
                [rows.loc[rows["layer"] == layer, f"{point}_size"] for layer in layers],
                positions=[i + shift for i in range(len(layers))],
                widths=0.34,
                whis=(5, 95),
                showfliers=False,
                patch_artist=True,
                medianprops={"color": "black"},
                boxprops={"facecolor": color},
            )
            drawn["boxes"][0].set_label(label)
        ax.axhline(size, color="0.3", linestyle=":", linewidth=1)
        ax.set_xticks(range(len(layers)), range(1, len(layers) + 1))
        ax.set(title=f"{size}×{size}", xlabel="adaptive layer")
    axes[0, 0].set(ylabel="effective size (pixels)", ylim=(0, max(sizes) + 0.5))
    axes[0, 0].legend(fontsize="small", loc="upper left")
    return fig


def kernel_sheet(
    kernels: np.ndarray, apertures: np.ndarray, columns: int = 8
) -> Figure:
    """A sheet of kernels, each with its aperture (Figure 5 f).

    Args:
        kernels: Shape ``(height, width, filters)``, in the order to draw.
        apertures: Shape ``(filters,)``, in grid units.
        columns: Kernels a row.

    Returns:
        A figure; each kernel has a scale of its own, centred on zero.
    """
    axes = _sheet(kernels.shape[-1], columns, kernels.shape[0] / kernels.shape[1], 0.2)
    for ax, kernel, aperture in zip(
        axes.flat, np.moveaxis(kernels, -1, 0), apertures, strict=False
    ):
        high = np.abs(kernel).max()
        ax.imshow(kernel, cmap=DIVERGING, vmin=-high, vmax=high)
        ax.set_title(rf"$\sigma$ = {aperture:.2f}", fontsize="x-small", pad=2)
    return axes.flat[0].figure


def _kind_legend(fig: Figure, kinds: Sequence[str]) -> None:
    """Names the two kinds above all panels."""
    handles = [
        Line2D([], [], color=PALETTE[k], linestyle=LINE_STYLES[k], linewidth=2)
        for k in kinds
    ]
    fig.legend(handles, kinds, loc="outside upper center", ncols=2, fontsize="small")


def time_ratios(ratios: pd.DataFrame, printed: Mapping[int, float]) -> Figure:
    """Time of one network over that of another, against kernel size (Section 4.5).

    Args:
        ratios: Columns ``comparison`` (name of a line), ``kernel_size``, ``median``,
            ``low`` and ``high``, the ends of the median's interval.
        printed: For each kernel size the ratio that the paper's times give.

    Returns:
        A figure with a marker and an interval for each ratio, and a line at 1.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    names = list(dict.fromkeys(ratios["comparison"]))
    # Side by side around the kernel size, so that no interval hides another.
    shifts = 0.2 * (np.arange(len(names) + 1) - len(names) / 2)
    ax.axhline(1, color="0.5", linewidth=1)
    ax.plot(
        np.array(list(printed)) + shifts[0],
        list(printed.values()),
        "D",
        color="0.2",
        label="paper, training",
    )
    for place, name in enumerate(names):
        rows = ratios[ratios["comparison"] == name]
        ax.errorbar(
            rows["kernel_size"] + shifts[place + 1],
            rows["median"],
            [rows["median"] - rows["low"], rows["high"] - rows["median"]],
            label=name,
            **_MARKS[place],
        )
    ax.set(
        xlabel="kernel size (pixels)",
        ylabel="ratio of times",
        xticks=sorted({*printed, *ratios["kernel_size"]}),
    )
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.15), ncols=2)
    return fig


def extra_times(differences: pd.DataFrame, alone: float) -> Figure:
    """Extra time of an adaptive layer against image size (Section 4.5).

    Args:
        differences: Columns ``image_side``, ``ordinary`` (milliseconds of the ordinary
            layer), ``median``, ``low`` and ``high``: extra milliseconds of the adaptive
            one, with an interval.
        alone: Milliseconds of the envelope by itself, drawn as a line.

    Returns:
        A figure with two panels: the ordinary layer's time, and the extra time.
    """
    fig, (whole, extra) = plt.subplots(1, 2, figsize=(WIDTH, 3.6))
    side = differences["image_side"]
    whole.plot(
        side,
        differences["ordinary"],
        marker="o",
        color=PALETTE["ordinary"],
        linestyle=LINE_STYLES["ordinary"],
    )
    whole.set(title="ordinary layer", ylabel="milliseconds", ylim=(0, None))
    middle = differences["median"]
    extra.axhline(0, color="0.5", linewidth=1)
    extra.axhline(
        alone, color="0.2", linestyle=":", label="envelope and derivatives alone"
    )
    extra.errorbar(
        side,
        middle,
        [middle - differences["low"], differences["high"] - middle],
        color=PALETTE["adaptive"],
        marker="o",
        capsize=4,
        label="adaptive minus ordinary",
    )
    extra.set(title="adaptive minus ordinary", ylabel="milliseconds")
    extra.legend(fontsize="small")
    for ax in (whole, extra):
        ax.set(xlabel="image side (pixels)", xticks=list(side))
    return fig


def envelope_times(times: pd.DataFrame) -> Figure:
    """Time of the envelope by itself against the number of filters, a line a size.

    Args:
        times: Columns ``kernel_size``, ``filters``, ``median``, ``low`` and ``high``,
            in milliseconds.

    Returns:
        A figure with logarithmic axes.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    sizes = sorted(times["kernel_size"].unique())
    shades = sns.color_palette("flare", len(sizes))
    for place, (n, shade) in enumerate(zip(sizes, shades, strict=True)):
        rows = times[times["kernel_size"] == n]
        ax.errorbar(
            rows["filters"],
            rows["median"],
            [rows["median"] - rows["low"], rows["high"] - rows["median"]],
            color=shade,
            marker="osD^v"[place % 5],
            linestyle=["-", "--", ":"][place % 3],
            capsize=3,
            label=f"{n}×{n}",
        )
    ax.set(xscale="log", yscale="log", xlabel="filters", ylabel="milliseconds")
    ticks = sorted(times["filters"].unique())
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.legend(title="kernel size")
    return fig


# A comparison's marker: they differ in shape and lightness, to be told apart in grey.
_MARKS = (
    {"color": PALETTE["adaptive"], "marker": "o", "linestyle": "", "capsize": 4},
    {"color": PALETTE["ordinary"], "marker": "s", "linestyle": "", "capsize": 4},
    {"color": "#2a9d8f", "marker": "^", "linestyle": "", "capsize": 4},
)


def arm_curves(curves: pd.DataFrame, panels: Mapping[str, str]) -> Figure:
    """Learning curves of the arms of a comparison (Figures 7a and 7b).

    Args:
        curves: Columns ``kind``, ``kernel_size``, ``seed``, ``epoch`` (from 0) and
            those that ``panels`` names.
        panels: Column to the label of its axis, a panel each.

    Returns:
        A figure; for each arm the mean over its seeds and a band from the lowest to
        the highest seed. Smaller kernels of a kind are lighter.
    """
    fig, axes = plt.subplots(
        1, len(panels), figsize=(WIDTH, 3.4), squeeze=False, sharex=True
    )
    for (kind, size), style in _arm_styles(curves).items():
        rows = curves[(curves["kind"] == kind) & (curves["kernel_size"] == size)]
        for ax, column in zip(axes[0], panels, strict=True):
            wide = rows.pivot(index="epoch", columns="seed", values=column)
            epochs = wide.index + 1
            ax.plot(epochs, wide.mean(axis=1), label=f"{kind} {size}×{size}", **style)
            ax.fill_between(
                epochs,
                wide.min(axis=1),
                wide.max(axis=1),
                color=style["color"],
                alpha=0.2,
                linewidth=0,
            )
    for ax, label in zip(axes[0], panels.values(), strict=True):
        ax.set(xlabel="epochs", ylabel=label)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return fig


def segmentations(
    images: np.ndarray,
    truth: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    near: np.ndarray,
) -> Figure:
    """Input, true and predicted segmentations, and where these err (Figures 7c to 7q).

    Args:
        images: 8-bit pixels, shape ``(n, height, width, channels)``, one channel (grey)
            or three (red, green, blue).
        truth: True class of each pixel, 0 to 2, shape ``(n, height, width)``.
        predictions: Title to predicted classes, of the same shape.
        near: Pixels that count as near a border, booleans of the same shape.

    Returns:
        A figure with two rows an image: the classes, and below them the pixels near a
        border (grey) and the wrong ones (black), with the share of right pixels.
    """
    columns = 2 + len(predictions)
    side = WIDTH / columns
    fig, axes = plt.subplots(
        2 * len(images),
        columns,
        figsize=(WIDTH, 2 * len(images) * (side + 0.1) + 0.2),
        squeeze=False,
    )
    classes = {"cmap": SEQUENTIAL, "vmin": 0, "vmax": 2}
    for i, (image, mask) in enumerate(zip(images, truth, strict=True)):
        above, below = axes[2 * i], axes[2 * i + 1]
        above[0].imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
        above[1].imshow(mask, **classes)
        # A light zone leaves errors in it and outside of it to be told from it.
        zone = 0.25 * near[i]
        below[1].imshow(zone, cmap="Greys", vmin=0, vmax=1)
        for column, predicted in enumerate(predictions.values(), start=2):
            wrong = predicted[i] != mask
            above[column].imshow(predicted[i], **classes)
            below[column].imshow(
                np.where(wrong, 1.0, zone), cmap="Greys", vmin=0, vmax=1
            )
            below[column].set_xlabel(
                f"{100 * (1 - wrong.mean()):.1f} % right",
                fontsize="small",
                labelpad=2,
            )
        below[1].set_xlabel("near a border", fontsize="small", labelpad=2)
        below[0].set_visible(False)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    for ax, title in zip(axes[0], ("input", "truth", *predictions), strict=True):
        ax.set_title(title, fontsize="small")
    return fig


def aperture_shift(
    first: np.ndarray, last: np.ndarray, sizes: Mapping[str, np.ndarray], low: float
) -> Figure:
    """Apertures of a layer before and after training, and the sizes they amount to.

    Args:
        first: Apertures before training, shape ``(runs, filters)``, in grid units.
        last: Those of the same filters after training.
        sizes: Title to effective sizes in pixels, any shape: a histogram each.
        low: Lower bound of the apertures, in grid units.

    Returns:
        A figure: on the left a dot a filter, on the diagonal if it did not move.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.6))
    ends = np.array([min(first.min(), last.min()), max(first.max(), last.max())])
    left.plot(ends, ends, color="0.5", linewidth=1, label="not moved")
    left.axhline(low, color="0.5", linewidth=1, linestyle=":", label="lower bound 1/n")
    left.plot(first.ravel(), last.ravel(), "o", color=PALETTE["adaptive"], alpha=0.6)
    left.legend(fontsize="small")
    left.set(
        xlabel="aperture before training (kernel widths)",
        ylabel="after training (kernel widths)",
    )
    values = np.concatenate([np.ravel(size) for size in sizes.values()])
    bins = np.linspace(values.min(), values.max() + 1e-6, 16)
    styles = [
        {"color": "0.5", "linestyle": "--"},
        {"color": PALETTE["adaptive"], "linestyle": "-"},
    ]
    for (title, size), style in zip(sizes.items(), styles, strict=True):
        right.hist(
            np.ravel(size), bins, histtype="step", linewidth=2, label=title, **style
        )
    right.set(xlabel="effective kernel size (pixels)", ylabel="filters")
    right.legend()
    return fig


def _arm_styles(frame: pd.DataFrame) -> dict[tuple[str, int], dict[str, object]]:
    """Colour and line of each kind and kernel size in a frame, ordinary ones first."""
    arms = frame[["kind", "kernel_size"]].drop_duplicates()
    styles = {}
    for kind in PALETTE:
        sizes = sorted(arms.loc[arms["kind"] == kind, "kernel_size"])
        shades = sns.light_palette(PALETTE[kind], 2 * len(sizes))[len(sizes) :]
        for size, shade in zip(sizes, shades, strict=True):
            styles[kind, int(size)] = {
                "color": shade,
                "linestyle": LINE_STYLES[kind] if size == sizes[-1] else ":",
                "linewidth": 2,
            }
    return styles


def heatmap_rows(
    images: np.ndarray,
    heatmaps: Mapping[str, np.ndarray],
    names: Mapping[str, Sequence[str]],
    wrong: Mapping[str, Sequence[bool]],
    true_names: Sequence[str],
    title: str = "",
) -> Figure:
    """Images above their heatmaps, a row for each network (Figure 6 f).

    Args:
        images: 8-bit pixels, shape ``(n, height, width, channels)``.
        heatmaps: Label of a row to heatmaps, shape ``(n, height, width)``. Each is
            divided by the sum of its absolute values; one colour scale holds for all.
        names: Label of a row to the class that was predicted for each image.
        wrong: Label of a row to whether that is wrong; such a heatmap has a frame.
        true_names: True class of each image.
        title: Title of the figure.

    Returns:
        A figure without axes ticks. The scale ends at the 99.5 % quantile.
    """
    count, height, width = images.shape[:3]
    gap = max(1, width // 10)
    shares = {
        label: 100 * maps / np.abs(maps).sum(axis=(1, 2), keepdims=True).clip(1e-12)
        for label, maps in heatmaps.items()
    }
    pixels = np.concatenate([maps.ravel() for maps in shares.values()] or [np.ones(1)])
    high = np.quantile(np.abs(pixels), 0.995)
    signed = pixels.min() < 0
    scale = {
        "cmap": DIVERGING if signed else "magma",
        "vmin": -high if signed else 0,
        "vmax": high,
    }
    rows = len(shares) + 1
    side = WIDTH / count
    # One wide picture a row: a hundred axes would take seconds to lay out.
    fig, axes = plt.subplots(
        rows,
        1,
        figsize=(WIDTH, rows * (side * height / width + 0.22) + 0.3),
        squeeze=False,
    )
    axes = axes[:, 0]
    sheet = _side_by_side(images.astype(float), gap)
    axes[0].imshow(sheet.squeeze() / 255, cmap="gray", vmin=0, vmax=1)
    for ax, (label, maps) in zip(axes[1:], shares.items(), strict=True):
        drawn = ax.imshow(_side_by_side(maps[..., np.newaxis], gap)[..., 0], **scale)
        ax.set_ylabel(label, fontsize="small")
    for ax, label in zip(axes, (None, *shares), strict=True):
        written = true_names if label is None else names[label]
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        for spine in ax.spines.values():
            spine.set_visible(False)
        for index, name in enumerate(written):
            left = index * (width + gap)
            failed = label is not None and wrong[label][index]
            short = name if len(name) <= 11 else name[:10] + "…"
            ax.text(
                left + width / 2,
                -0.03 * height - 0.5,
                f"✗ {short}" if failed else short,
                ha="center",
                va="bottom",
                fontsize="x-small",
                weight="bold" if failed else "normal",
            )
            if failed:
                ax.add_patch(
                    Rectangle(
                        (left - 0.5, -0.5),
                        width,
                        height,
                        fill=False,
                        edgecolor="#2a9d8f",
                        linewidth=2,
                    )
                )
    axes[0].set_ylabel("image", fontsize="small")
    if shares:
        bar = fig.colorbar(drawn, ax=list(axes[1:]), aspect=40, pad=0.01)
        bar.set_label("% of the relevance", fontsize="small")
        bar.ax.tick_params(labelsize="x-small")
    if title:
        fig.suptitle(title, fontsize="medium")
    return fig


def _side_by_side(images: np.ndarray, gap: int) -> np.ndarray:
    """One image of many in a row, not a number in the gaps between them."""
    framed = np.pad(images, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=np.nan)
    return np.concatenate(list(framed), axis=1)[:, :-gap]


def difference_intervals(differences: pd.DataFrame) -> Figure:
    """Differences with their intervals, a panel for each measure.

    Args:
        differences: Columns ``panel`` (a measure), ``comparison`` (label of a row),
            ``mean``, ``low`` and ``high``.

    Returns:
        A figure with a line at zero in each panel.
    """
    panels = list(dict.fromkeys(differences["panel"]))
    labels = list(dict.fromkeys(differences["comparison"]))
    fig, axes = plt.subplots(
        1,
        len(panels),
        figsize=(WIDTH, 0.9 + 0.32 * len(labels)),
        sharey=True,
        squeeze=False,
    )
    for ax, panel in zip(axes[0], panels, strict=True):
        rows = differences[differences["panel"] == panel]
        places = [labels.index(label) for label in rows["comparison"]]
        ax.errorbar(
            rows["mean"],
            places,
            xerr=[rows["mean"] - rows["low"], rows["high"] - rows["mean"]],
            fmt="o",
            color="0.2",
            capsize=3,
        )
        ax.axvline(0, color="0.5", linewidth=1)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.set_title(panel)
    axes[0, 0].set_yticks(range(len(labels)), labels)
    axes[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    return fig


def flipping_curves(curves: pd.DataFrame) -> Figure:
    """Probability of a class while pixels are taken away, a panel a network.

    Args:
        curves: Columns ``network``, ``kind``, ``order`` (``"most relevant first"`` or
            ``"random"``), ``share`` (of the pixels, in [0, 1]), ``mean``, ``low`` and
            ``high``.

    Returns:
        A figure with a line and a band for each order.
    """
    panels = list(dict.fromkeys(curves["network"]))
    fig, axes = plt.subplots(
        1, len(panels), figsize=(WIDTH, 3.2), sharey=True, squeeze=False
    )
    for ax, panel in zip(axes[0], panels, strict=True):
        of_network = curves[curves["network"] == panel]
        for order, rows in of_network.groupby("order", sort=False):
            kind = rows["kind"].iloc[0]
            random = order == "random"
            color = "0.45" if random else PALETTE[kind]
            line = ":" if random else LINE_STYLES[kind]
            share = 100 * rows["share"]
            ax.plot(share, rows["mean"], line, color=color, linewidth=2, label=order)
            ax.fill_between(
                share, rows["low"], rows["high"], color=color, alpha=0.2, linewidth=0
            )
        ax.set(title=panel, xlabel="pixels replaced (%)", ylim=(0, 1))
        ax.legend(fontsize="x-small")
    axes[0, 0].set_ylabel("probability of the class")
    return fig


def _sheet(panels: int, columns: int, aspect: float, title: float = 0.0) -> np.ndarray:
    """Axes of a sheet, without frames; ``title`` inches are left above each."""
    rows = -(-panels // columns)
    side = WIDTH / columns
    # So many panels of one size need no layout engine, which is slow with them.
    _, axes = plt.subplots(
        rows,
        columns,
        figsize=(WIDTH, rows * (side * aspect + title)),
        squeeze=False,
        layout="none",
        gridspec_kw={
            "left": 0,
            "right": 1,
            "bottom": 0,
            "top": 1 - title / (rows * (side * aspect + title)),
            "wspace": 0.06,
            "hspace": 0.06 + title / (side * aspect),
        },
    )
    for ax in axes.flat:
        ax.axis("off")
    return axes
