"""The versions of the paper's experiments, and their accuracies, as pages show them."""

import pandas as pd

from aconv.companion.analysis.overview import NETWORKS
from aconv.companion.analysis.version_levels import PRINTED, nearest_versions
from aconv.companion.pages.split import cell_title
from aconv.companion.pages.words import minus
from aconv.companion.runs import STUDIES
from aconv.companion.stats.verdicts import NEAR_PRINT
from aconv.companion.stats.written import signed


def sources_table() -> pd.DataFrame:
    """Where the settings of each version are from."""
    return pd.DataFrame(
        {"network": NETWORKS[study.name], "version": name, "from": version.source}
        for study in STUDIES.values()
        for name, version in study.versions.items()
    )


def levels_table(levels: pd.DataFrame) -> pd.DataFrame:
    """The accuracies of Table 2 beside those of each version."""
    rows = []
    for (dataset, size, source), of_source in levels.groupby(
        ["dataset", "kernel_size", "source"], sort=False
    ):
        arms = {row.arm: row for row in of_source.itertuples()}
        ordinary = arms.get("ordinary")
        rows.append(
            {
                "set": cell_title(dataset, size),
                "source": source if source == PRINTED else f"version {source}",
                **{arm: _shown(arms.get(arm)) for arm in ("ordinary", "adaptive")},
                "ordinary minus print": "–"
                if ordinary is None or source == PRINTED
                else signed(ordinary.off_print),
            }
        )
    return pd.DataFrame(rows)


def levels_words(levels: pd.DataFrame) -> str:
    """Return which version's ordinary kernels come nearest to print."""
    nearest = nearest_versions(levels)
    if nearest.empty:
        return (
            "No version has two complete runs of full length yet, so nothing can be "
            "said."
        )
    versions = len(STUDIES["simple"].versions)
    words = []
    for row in nearest.itertuples():
        which = (
            f"of {versions} versions only {row.source} has runs. Its ordinary kernels"
            if row.known == 1
            else f"of {row.known} of {versions} versions with runs {row.source} comes "
            "nearest. Its ordinary kernels"
        )
        far = abs(row.off_print) > NEAR_PRINT
        words.append(
            f"On {cell_title(row.dataset, row.kernel_size)}, {which} reach "
            f"{row.mean:.2f} %, {signed(row.off_print)} points from print"
            + (", which is too far to decide a claim." if far else ".")
        )
    return minus(" ".join(words))


def _shown(level: object | None) -> str:
    if level is None:
        return "no runs yet"
    return f"{level.mean:.2f} [{level.low:.2f}, {level.high:.2f}] ({level.n} seeds)"
