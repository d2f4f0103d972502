"""The chapter on the data sets: which runs use which, and how much of them."""

import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis.frames import settings_frame
from aconv.companion.datasets import info, names, stand_in
from aconv.companion.datasets.registry import alternatives
from aconv.companion.pages.figures import theme
from aconv.companion.pages.tables import DASH
from aconv.companion.runs import PROFILES, get_study

# Of each profile a mark and a shade, by either of which it can be told from the others;
# the smaller lies on the larger where two profiles see equally much.
_MARKS = {
    "demo": {"marker": "o", "color": "#8a8a8a", "fillstyle": "none", "markersize": 8},
    "short": {"marker": "^", "color": theme.PALETTE["adaptive"], "zorder": 4},
    "full": {"marker": "s", "color": theme.PALETTE["ordinary"], "markersize": 11},
}
_EXPERIMENTS = {
    "4.1": "learning image filters",
    "4.2": "simple network",
    "4.3": "residual network, deep Taylor",
    "4.4": "U-Net",
    "4.5": "time complexity",
}
# What experiments without profiles use.
_PICTURES = {"4.1": "mnist (its first digit)", "4.5": "random pixels"}
_QUANTITIES = {"train_images": "training images", "steps": "updates per run"}


def file_rows() -> pd.DataFrame:
    """Return the files that each set can be read from, alternatives after "or"."""
    rows = []
    for name in names():
        groups = alternatives(info(name))
        paths = [", ".join(file.path for file in group) for group in groups]
        if groups:
            rows.append((name, "; or ".join(paths)))
    return pd.DataFrame(rows, columns=["set", "files in the data folder"])


def section_rows() -> pd.DataFrame:
    """Return the sets that the runs of each section of the paper use."""
    every = [info(name) for name in names()]
    rows = []
    for section, experiment in _EXPERIMENTS.items():
        embedded, others = (
            ", ".join(
                facts.name
                for facts in every
                if section in facts.sections and (facts.kind == "embedded") is kind
            )
            for kind in (True, False)
        )
        shown = _PICTURES.get(section, others)
        rows.append((section, experiment, shown, embedded or DASH))
    columns = ["section", "experiment", "full and short runs", "demo runs"]
    return pd.DataFrame(rows, columns=columns)


def scale_rows() -> pd.DataFrame:
    """Count what a run of the version ``paper`` sees of each set, by profile."""
    rows = []
    for study in ("simple", "unet"):
        settings = settings_frame(study, PROFILES).set_index(["profile", "dataset"])
        found = get_study(study)
        for dataset in found.datasets:
            part = (*found.short_datasets, dataset)[0]
            taken = {"demo": stand_in(dataset), "short": part, "full": dataset}
            for profile in PROFILES:
                of_run = settings.loc[(profile, taken[profile]), [*_QUANTITIES]]
                rows.append((info(dataset).title, profile, *map(int, of_run)))
    return pd.DataFrame(rows, columns=["set", "profile", *_QUANTITIES])


def scale_figure(rows: pd.DataFrame) -> Figure:
    """Draw how much a run of each profile sees."""
    sets = list(dict.fromkeys(rows["set"]))
    fig, axes = theme.panel_row(2, 1.4 + 0.36 * len(sets), sharey=True)
    for ax, (name, label) in zip(axes, _QUANTITIES.items(), strict=True):
        for place, of_set in enumerate(sets):
            values = rows.loc[rows["set"] == of_set, name]
            ax.plot([values.min(), values.max()], [place, place], color="0.8", zorder=1)
        for profile, of_profile in rows.groupby("profile", sort=False):
            places = [sets.index(of_set) for of_set in of_profile["set"]]
            style = {"linestyle": "", "label": profile, **_MARKS[profile]}
            ax.plot(of_profile[name], places, **style)
        ax.set(xscale="log", xlabel=label, ylim=(len(sets) - 0.5, -0.5))
        ax.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(sets)), sets)
    theme.legend_above(fig, axes[0], 3, frameon=False)
    return fig
