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
