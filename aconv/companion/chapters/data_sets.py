"""The profiles in the chapter on the data sets."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis.frames import settings_frame
from aconv.companion.datasets import info, names, stand_in
from aconv.companion.datasets.registry import alternatives
from aconv.companion.pages import figures
from aconv.companion.runs import PROFILES, get_study

# Of each profile a mark and a shade, by either of which it can be told from the others;
# the smaller lies on the larger where two profiles see equally much.
_MARKS = {
    "demo": {"marker": "o", "color": "#8a8a8a", "fillstyle": "none", "markersize": 8},
    "short": {"marker": "^", "color": figures.PALETTE["adaptive"], "zorder": 4},
    "full": {"marker": "s", "color": figures.PALETTE["ordinary"], "markersize": 11},
}
_QUANTITIES = {"train_images": "training images", "steps": "updates per run"}


def file_rows() -> pd.DataFrame:
    """Return the files that each set can be read from, alternatives after "or"."""
    rows = []
    for name in names():
        groups = [
            ", ".join(file.path for file in group) for group in alternatives(info(name))
        ]
        if groups:
            rows.append({"set": name, "files in the data folder": "; or ".join(groups)})
    return pd.DataFrame(rows)


def scale_rows() -> pd.DataFrame:
    """Count what a run of the version ``paper`` sees of each set, by profile."""
    rows = []
    for study in ("simple", "unet"):
        settings = settings_frame(study, PROFILES).set_index(["profile", "dataset"])
        found = get_study(study)
        for dataset in found.datasets:
            part = (*found.short_datasets, dataset)[0]
            taken = {"demo": stand_in(dataset), "short": part, "full": dataset}
            rows += [
                {
                    "set": info(dataset).title,
                    "profile": profile,
                    **{
                        name: int(settings.loc[(profile, taken[profile]), name])
                        for name in _QUANTITIES
                    },
                }
                for profile in PROFILES
            ]
    return pd.DataFrame(rows)


def scale_figure(rows: pd.DataFrame) -> Figure:
    """Draw how much a run of each profile sees."""
    sets = list(dict.fromkeys(rows["set"]))
    fig, axes = plt.subplots(
        1, 2, sharey=True, figsize=(figures.WIDTH, 1.4 + 0.36 * len(sets))
    )
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
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    return fig
