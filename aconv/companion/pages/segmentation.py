"""The body of the chapter on the U-Net: tables of text, claims, and what captions say.

Accuracies and intersections over unions are in percent, and differences in percentage
points; the training loss is in its own unit.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Literal, Self

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis import scale
from aconv.companion.analysis.accuracy import (
    SETTING,
    compare,
    summarise_arms,
    together,
)
from aconv.companion.analysis.coverage import largest
from aconv.companion.analysis.findings import Records
from aconv.companion.analysis.frames import apertures_frame
from aconv.companion.analysis.overview import in_family
from aconv.companion.analysis.segmentation import (
    adaptive_network,
    arm_name,
    compare_networks,
    networks,
    ordinary_networks,
    printed_summary,
)
from aconv.companion.datasets import info
from aconv.companion.measures.segmentation import near_border
from aconv.companion.pages import figures
from aconv.companion.pages.shown import ShownRuns
from aconv.companion.pages.words import minus
from aconv.companion.runs import (
    ARMS,
    SEEDS,
    grid,
    obtain,
    predictions,
    recorded,
    store_for,
)
from aconv.companion.stats.written import estimate
from aconv.companion.studies.catalog import DEFAULT_VERSION
from aconv.companion.training.preprocessing import symmetric
from aconv.layers.envelope import effective_size, envelope

LABELS = {
    "peak": "peak acc.",
    "last": "last acc.",
    "mean_iou": "mean IoU",
    "iou_border": "border IoU",
    "border_accuracy": "acc. at borders",
    "train_loss": "training loss",
}
_ARM = ["kind", "kernel_size"]

FURTHER = ("all-adaptive",)
"""Arms that the paper has not, shown in tables where they are recorded."""


def unit(score: str) -> tuple[float, int]:
    """Return how a score is shown."""
    return (1.0, 3) if score == "train_loss" else (100.0, 2)


class Runs(ShownRuns):
    """The runs that the chapter shows, of one version and profile on one data set."""

    @classmethod
    def live(
        cls,
        profile: str,
        dataset: str | None,
        seeds: int,
        epochs: int | None,
        version: str = DEFAULT_VERSION,
    ) -> Self:
        """Do runs, unless they are recorded."""
        store = store_for(profile)
        specs = grid(
            "unet",
            profile,
            version,
            datasets=None if dataset is None else [dataset],
            seeds=SEEDS[:seeds],
            epochs=epochs,
        )
        return cls(obtain(specs, store), store)

    def with_further(self) -> Self:
        """Return these runs and those of the arms that the paper has not."""
        spec = self.records[0].spec
        further = [
            record
            for record in recorded(
                "unet", self.store, version=spec.version, arms=FURTHER
            )
            if (record.spec.profile, record.spec.dataset)
            == (spec.profile, spec.dataset)
        ]
        return Runs([*self.records, *further], self.store)

    def recorded_instead(self) -> Self:
        """Return the recorded runs of the largest profile, these if there are none."""
        version = self.records[0].spec.version
        records = largest(recorded("unet", version=version))
        return Runs(records, store_for("short")) if records else self

    @property
    def are_recorded(self) -> bool:
        """Whether these are runs on photographs, which the claims are about."""
        return self.records[0].spec.profile != "demo"

    @functools.cached_property
    def family(self) -> pd.DataFrame | None:
        """Table of ``analysis.overview.judged_comparisons``; None for stand-ins."""
        return Records(self.store).family if self.are_recorded else None

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.records[0].spec.dataset

    def facts(self) -> dict[str, object]:
        """Return what captions and text say of the runs."""
        spec = self.records[0].spec
        settings = spec.settings
        facts = info(self.dataset)
        return {
            "where": self.text,
            "epochs": int(self.frame["epochs"].max()),
            "device": self.frame["device"].iloc[0],
            "train": settings.train_images or facts.train,
            "test": settings.test_images or facts.test,
            "updates": f"{scale.percent(scale.share_of_paper(spec))} %",
            "images": f"{scale.percent(scale.share_of_paper(spec, scale.images))} %",
            "classes_found": ", ".join(
                f"{self.frame[f'iou_{name}'].min():.2f} ({name})"
                for name in facts.class_names
                if name != "background" and f"iou_{name}" in self.frame
            ),
        }

    def parameters(self) -> dict[str, str]:
        """Return the trainable numbers of each network, as "parameters_KIND_SIZE"."""
        counts = self.frame.groupby(_ARM)["trainable"].first()
        return {
            f"parameters_{kind}_{size}": f"{count:,}"
            for (kind, size), count in counts.items()
        }


def tri_maps(runs: Runs, images: np.ndarray, truth: np.ndarray) -> Figure:
    """Draw what the first seed of each network predicts (Figures 7c to 7q)."""
    inputs, _ = symmetric(images, images[:0])
    outputs = predictions(runs.records, runs.store, inputs)
    shown = {}
    for arm in networks():
        key = arm["arm"], arm["kernel_size"]
        if key in outputs:
            shown[arm_name(arm)] = outputs[key].argmax(axis=-1)
    return figures.segmentations(images, truth, shown, near_border(truth))


def scores_table(
    runs: pd.DataFrame, scores: Sequence[str], *, printed: bool = False
) -> pd.DataFrame:
    """Mean and spread of scores of each network."""
    by = ["arm", "kernel_size"]
    found = {
        score: summarise_arms(runs, by, score, unit(score)[0]).set_index(by)
        for score in scores
    }
    names = {(arm["arm"], arm["kernel_size"]): arm_name(arm) for arm in networks()}
    published = dict(zip(names, networks(), strict=True))
    names |= {
        (arm, size): f"{ARMS[arm].title}, first {size}×{size}"
        for arm, size in found[scores[0]].index
        if arm in FURTHER
    }
    rows = []
    for key, name in names.items():
        if key not in found[scores[0]].index:
            continue
        row = {"network": name, "seeds": found[scores[0]].loc[key, "n"]}
        if printed:
            row["peak acc., paper"] = "–"
        if printed and key in published:
            paper = printed_summary(published[key])
            row["peak acc., paper"] = _spread(paper.mean, paper.std, paper.n, 2)
        for score in scores:
            summary = found[score].loc[key]
            row[LABELS[score]] = _spread(
                summary["mean"], summary["std"], summary["n"], unit(score)[1]
            )
        rows.append(row)
    return pd.DataFrame(rows)


def printed_tests_table(printed: pd.DataFrame) -> pd.DataFrame:
    """The printed tests beside what the printed numbers allow."""
    return pd.DataFrame(
        {
            "adaptive against": row.against,
            "t in the records": f"{row.t_recorded:.2f}",
            "t from printed means": f"{row.t:.2f}",
            "t allowed by rounding": f"{row.t_low:.2f} to {row.t_high:.2f}",
            "recorded t allowed": "yes" if row.t_possible else "no",
            "p printed": row.printed,
            "p from printed means": f"{row.p:.4f}",
            "p allowed by rounding": f"{row.p_low:.4f} to {row.p_high:.4f}",
            "printed p is recorded t's": row.p_is,
        }
        for row in printed.itertuples()
    )


def printed_effects_table(printed: pd.DataFrame) -> pd.DataFrame:
    """What the printed numbers amount to."""
    return pd.DataFrame(
        {
            "adaptive against": row.against,
            "difference (points)": f"{row.difference:.2f}",
            "95 % interval": f"{row.low:.2f} to {row.high:.2f}",
            "p (paper), Holm": f"{row.p_holm:.3f}",
            "Hedges g (interval)": f"{row.g:.1f} ({row.g_low:.1f} to {row.g_high:.1f})",
        }
        for row in printed.itertuples()
    )


def printed_facts(printed: pd.DataFrame) -> dict[str, object]:
    """Return what the text says of the printed tests."""
    facts = {
        "tests": len(printed),
        "t_possible": int(printed["t_possible"].sum()),
        "p_cut": int((printed["p_is"] == "cut off").sum()),
    }
    for row in printed.itertuples():
        facts[f"paper_gap_{row.kernel_size}"] = float(row.difference)
        facts[f"paper_holm_{row.kernel_size}"] = float(row.p_holm)
    return facts


def compare_scores(
    runs: pd.DataFrame,
    test: Literal["welch", "student"] = "welch",
    family: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compare the networks in each score, two comparisons a family."""
    tables = []
    for score in LABELS:
        table = compare_networks(runs, score, scale=unit(score)[0], test=test)
        if score == "peak" and family is not None:
            table = in_family(table, family)
        tables.append(table.assign(score=score))
    return together(tables)


def differences_table(
    runs: pd.DataFrame, family: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Adaptive minus ordinary in each score, by Welch's test and the paper's."""
    keys = ["score", "against"]
    welch = compare_scores(runs, family=family).set_index(keys)
    student = compare_scores(runs, "student").set_index(keys)
    columns = ["score", "against", "difference", "95 % interval"]
    columns += ["p", "p (Holm)", "p Student", "g"]
    rows = []
    for score, label in LABELS.items():
        for arm in ordinary_networks():
            key = score, arm_name(arm)
            row = dict.fromkeys(columns, "–")
            row |= {"score": label, "against": arm_name(arm)}
            row["95 % interval"] = "fewer than 2 seeds"
            if key in welch.index:
                found = welch.loc[key]
                row |= {
                    "difference": f"{found['difference']:z.{unit(score)[1]}f}",
                    "95 % interval": interval(found, score),
                    "p": f"{found['p']:.3f}",
                    "p (Holm)": f"{found['p_holm']:.3f}",
                    "p Student": f"{student.loc[key, 'p']:.3f}",
                    "g": f"{found['g']:z.1f}",
                }
            rows.append(row)
    return pd.DataFrame(rows)


def further_text(runs: pd.DataFrame) -> str:
    """Compare the network whose kernels are all adaptive with two of the paper's."""
    size = adaptive_network()["kernel_size"]
    texts = []
    for name, arm in (("one adaptive layer", "adaptive"), ("none", "ordinary")):
        arms = ({"arm": each, "kernel_size": size} for each in (FURTHER[0], arm))
        texts += [
            f"by {estimate(row.difference, row.low, row.high)} points from that of the "
            f"network with {name}"
            for row in compare(runs, *arms, by=SETTING).itertuples()
        ]
    if not texts:
        return "Its runs are not recorded yet."
    return minus(f"Its peak accuracy differs {' and '.join(texts)} (Welch, 95 %).")


def first_layer(*candidates: Runs) -> tuple[Figure, Mapping[str, float]]:
    """Draw the apertures of the adaptive layer before and after training."""
    paths = next(
        table
        for table in (apertures_frame(runs.records) for runs in candidates)
        if len(table)
    )
    ends = {}
    for name, epochs in paths.groupby("seed")["epochs"].agg(["min", "max"]).items():
        at = paths[paths["epochs"] == paths["seed"].map(epochs)]
        wide = at.pivot(index="seed", columns="filter", values="aperture")
        ends[name] = wide.to_numpy("float32")
    n = adaptive_network()["kernel_size"]
    sizes = {
        title: effective_size(envelope(ends[name].ravel(), (n, n)))
        for title, name in (("before", "min"), ("after", "max"))
    }
    facts = {
        "aperture_first": np.median(ends["min"]),
        "aperture_last": np.median(ends["max"]),
        "size_before": sizes["before"].mean(),
        "size_after": sizes["after"].mean(),
        "size_low": sizes["after"].min(),
        "size_high": sizes["after"].max(),
        # Records keep five digits.
        "at_bound": 100 * np.mean(ends["max"] <= (1 + 1e-4) / n),
    }
    figure = figures.aperture_shift(ends["min"], ends["max"], sizes, 1 / n)
    return figure, {name: float(value) for name, value in facts.items()}


def _spread(mean: float, std: float, n: int, digits: int) -> str:
    if n < 2:
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ± {std:.{digits}f}"


def interval(row: Mapping[str, float], score: str) -> str:
    """Return the interval of a comparison as text."""
    digits = unit(score)[1]
    return f"{row['low']:z.{digits}f} to {row['high']:z.{digits}f}"
