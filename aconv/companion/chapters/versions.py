"""The versions of the paper's experiments, their settings and accuracies."""

import re
from collections.abc import Mapping

import pandas as pd
from pandas.io.formats.style import Styler

from aconv.companion.analysis import accuracy
from aconv.companion.analysis.frames import settings_frame
from aconv.companion.analysis.judging_version import complete_peaks, complete_runs
from aconv.companion.analysis.overview import NETWORKS
from aconv.companion.datasets import info
from aconv.companion.pages import tables
from aconv.companion.pages.words import listed, minus
from aconv.companion.runs import STUDIES, RunStore
from aconv.companion.stats import mean_interval, summarise
from aconv.companion.stats.formatting import format_signed
from aconv.companion.stats.verdicts import NEAR_PRINT
from aconv.companion.studies.catalog import DEFAULT_VERSION, get_study
from aconv.companion.studies.differences import differences

_SETTINGS = {
    "use bias": "bias of the convolutions",
    "restandardize": "output rescaled to the spread of the input",
    "aperture l2": "L2 penalty on apertures",
    "inputs": "images",
    "cycle top": "top of the cycle",
    "cycle by batch": "cycle goes on with every batch",
}
_VALUES = {
    "conv-bn-relu": "convolution, batch normalisation, ReLU",
    "conv-relu": "convolution with ReLU",
    "pixel-mean": "0 to 1, minus the mean image",
    "global-mean": "0 to 1, minus the mean",
    "standardized": "(x − 127) / std",
    "unit": "0 to 1",
    "zeros": "filled up with zeros",
    "itself": "concatenated with itself",
    "shift-0.1-flip": "shifts of 0.1, flips",
    "shift-0.2-flip": "shifts of 0.2, flips",
    "0.001 to 1e+03": "none",
}
"""Settings and their values for people, where the code's names are no words."""


def versions_table(study: str) -> Styler:
    """The table of ``studies.differences.differences`` in words, with its caption."""
    pattern = re.compile("|".join(map(re.escape, sorted(_VALUES, key=len)[::-1])))
    table = differences(study).map(
        lambda cell: pattern.sub(lambda found: _VALUES[found[0]], cell)
    )
    return tables.captioned(
        table.assign(setting=[_SETTINGS.get(n, n) for n in table["setting"]]),
        "Settings in which the versions differ, each at full length with kernels of "
        "7×7, and what short runs of the version paper have",
    )


_TRAINING = {
    "dataset": tables.DATASET,
    "profile": ("profile", ""),
    "train_images": ("images", "{train_images:,} / {test_images:,}"),
    "epochs": ("epochs", ""),
    "batch_size": ("batch", ""),
    "steps": ("updates", ","),
    "learning_rate": ("rate", "{learning_rate:g}, {schedule}"),
    "dropout": ("dropout", "g"),
    "augmentation": ("augmented", lambda name: "no" if name == "none" else "yes"),
}


def training_table(study: str, version: str, caption: str) -> Styler:
    """How the networks of a version are trained, the profiles of a set together."""
    rows = tables.together(settings_frame(study, version=version), "dataset")
    rows = rows.replace({"schedule": {"one-cycle": "one cycle"}})
    return tables.show(rows, _TRAINING, caption)


PRINTED = "printed"
_STUDY = "simple"
_TOO_FEW = "no two complete runs"


def version_levels(store: RunStore | None = None) -> pd.DataFrame:
    """Compare the printed accuracies of the simple network with those of versions."""
    done = complete_runs(_STUDY, store)
    rows = []
    for line in accuracy.printed_results(accuracy.PRINTED_TABLES[_STUDY]).itertuples():
        cell = {"dataset": line.dataset, "kernel_size": line.kernel_size}
        for arm, place in (("ordinary", "second"), ("adaptive", "first")):
            printed = accuracy.printed_summary(line, place)
            found = {PRINTED: printed}
            for version in get_study(_STUDY).versions:
                network = line.dataset, arm, line.kernel_size
                peaks = complete_peaks(done, _STUDY, version, *network)
                if len(peaks) >= 2:
                    found[version] = summarise(peaks)
            for source, level in found.items():
                numbers = level.n, level.mean, *mean_interval(level)
                off_print = level.mean - printed.mean
                rows.append((*cell.values(), source, arm, *numbers, off_print))
    names = ["dataset", "kernel_size", "source", "arm"]
    return pd.DataFrame(rows, columns=[*names, "n", "mean", "low", "high", "off_print"])


def sources_table() -> pd.DataFrame:
    """Where the settings of each version are from."""
    return pd.DataFrame(
        {"network": NETWORKS[study.name], "version": name, "from": version.source}
        for study in STUDIES.values()
        for name, version in study.versions.items()
    )


def levels_table(levels: pd.DataFrame) -> pd.DataFrame:
    """The accuracies of Table 2 beside those of each version."""
    cells = tables.with_cells(levels)
    cells["text"] = [
        f"{row.mean:.2f} [{row.low:.2f}, {row.high:.2f}] ({row.n} seeds)"
        for row in levels.itertuples()
    ]
    rows = []
    for (cell, source), of_source in cells.groupby(["cell", "source"], sort=False):
        arms = of_source.set_index("arm")
        texts = arms["text"].reindex(["ordinary", "adaptive"], fill_value=_TOO_FEW)
        is_ours = source != PRINTED
        off = arms["off_print"].get("ordinary") if is_ours else None
        off = tables.DASH if off is None else format_signed(off)
        rows.append((cell, f"version {source}" if is_ours else source, *texts, off))
    columns = ["set", "source", "ordinary", "adaptive", "ordinary minus print"]
    return pd.DataFrame(rows, columns=columns)


def judged_words(judged: Mapping[str, str]) -> str:
    """Return on which version each data set is judged, as "paper; a on b"."""
    sets: dict[str, list[str]] = {}
    for dataset, version in judged.items():
        sets.setdefault(version, []).append(info(dataset).title)
    if not sets:
        return DEFAULT_VERSION
    most, *others = sorted(sets, key=lambda version: -len(sets[version]))
    return "; ".join([most, *(f"{name} on {listed(sets[name])}" for name in others)])


def levels_words(levels: pd.DataFrame) -> str:
    """Return which version's ordinary kernels come nearest to print."""
    ours = levels[(levels["source"] != PRINTED) & (levels["arm"] == "ordinary")]
    if ours.empty:
        return (
            "No version has two complete runs of ordinary kernels at full length yet, "
            "so nothing can be said."
        )
    versions = len(STUDIES[_STUDY].versions)
    words = []
    for _, of_set in ours.groupby("dataset", sort=False):
        nearest = of_set.loc[of_set["off_print"].abs().idxmin()]
        which = (
            f"{nearest['source']} alone of {versions} versions has two complete runs "
            "of ordinary kernels"
            if len(of_set) == 1
            else f"{nearest['source']} comes nearest of the {len(of_set)} versions, "
            f"out of {versions}, that have two complete runs of ordinary kernels"
        )
        far = abs(nearest["off_print"]) > NEAR_PRINT
        cell = tables.cell_title(nearest["dataset"], nearest["kernel_size"])
        words.append(
            f"On {cell}, {which}. "
            f"Its ordinary kernels reach {nearest['mean']:.2f} %, "
            f"{format_signed(nearest['off_print'])} points from print"
            + (", which is too far to decide a claim." if far else ".")
        )
    return minus(" ".join(words))
