"""The chapter on the U-Net: scores, comparisons and the first layer's apertures.

Accuracies and intersections over unions are in percent, and differences in percentage
points; the training loss is in its own unit.
"""

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from aconv.companion.analysis import accuracy, scale, segmentation
from aconv.companion.analysis.apertures import effective_sizes
from aconv.companion.analysis.frames import apertures_frame
from aconv.companion.analysis.overview import in_family
from aconv.companion.datasets import info
from aconv.companion.measures.segmentation import near_border
from aconv.companion.pages import figures
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.tables import DASH, DATASET, spread, text_table
from aconv.companion.pages.words import minus
from aconv.companion.runs import SEEDS, grid, load_comparable_runs
from aconv.companion.runs.rebuilding import predictions
from aconv.companion.stats.formatting import format_estimate
from aconv.companion.studies.arms import ARMS
from aconv.companion.training.networks import build_network, count_parameters
from aconv.companion.training.preprocessing import symmetric

LABELS = {
    "peak": "peak acc.",
    "last": "last acc.",
    "mean_iou": "mean IoU",
    "iou_border": "border IoU",
    "border_accuracy": "acc. at borders",
    "train_loss": "training loss",
}

FURTHER = ("all-adaptive",)
"""Arms that the paper has not, shown in tables where they are recorded."""


def unit(score: str) -> tuple[float, int]:
    """Return how a score is shown."""
    return (1.0, 3) if score == "train_loss" else (100.0, 2)


# Of ``analysis.segmentation.printed_comparisons``.
PRINTED_EFFECTS = {
    "against": ("adaptive against", ""),
    "difference": ("difference (points)", ".2f"),
    "low": ("95 % interval", "{low:.2f} to {high:.2f}"),
    "p_holm": ("p (paper), Holm", ".3f"),
    "g": ("Hedges g (interval)", "{g:.1f} ({g_low:.1f} to {g_high:.1f})"),
}
_DIFFERENCES = {
    "score": ("score", LABELS.get),
    "against": ("against", ""),
    "difference": ("difference", "{difference:z.{digits}f}"),
    "low": ("interval", "{low:z.{digits}f} to {high:z.{digits}f}"),
    "p_holm": ("p (Holm)", ".3f"),
    "p_student": ("p Student", ".3f"),
    "g": ("g", "z.1f"),
}
# Of ``analysis.coverage.coverage``.
MISSING = {
    "dataset": DATASET,
    "version": ("version", ""),
    "profile": ("profile", ""),
    "arm": ("network", "{arm} {kernel_size}×{kernel_size}"),
    "seeds": ("seeds", lambda seeds: ", ".join(map(str, seeds))),
    "hours": ("hours", ".1f"),
}


def with_further(runs: Runs) -> Runs:
    """Return runs with the recorded ones of ``FURTHER`` of their setting."""
    spec = runs.records[0].spec
    further = [
        record
        for record in load_comparable_runs(
            "unet", runs.store, version=spec.version, arms=FURTHER
        )
        if (record.spec.profile, record.spec.dataset) == (spec.profile, spec.dataset)
    ]
    return dataclasses.replace(runs, records=[*runs.records, *further])


def runs_facts(runs: Runs) -> dict[str, object]:
    """Return what captions and text say of the runs."""
    spec = runs.records[0].spec
    settings = spec.settings
    facts = info(spec.dataset)
    # Of runs that are begun, the first epochs.
    done = runs.frame["epochs"].max() / settings.epochs
    updates = done * scale.share_of_paper(spec)
    images = done * scale.share_of_paper(spec, scale.images)
    found = [
        f"{runs.frame[f'iou_{name}'].min():.2f} ({name})"
        for name in facts.class_names
        if f"iou_{name}" in runs.frame
    ]
    return {
        "where": runs.text,
        "epochs": int(runs.frame["epochs"].max()),
        "device": runs.frame["device"].iloc[0],
        "train": settings.train_images or facts.train,
        "test": settings.test_images or facts.test,
        # Compared with the paper's.
        "updates": f"{scale.percent(updates)} %",
        "images": f"{scale.percent(images)} %",
        # The lowest intersection over union of any run: 0 if it never finds the class.
        "classes_found": ", ".join(found) or "not known before a run is complete",
    }


def parameter_facts(version: str) -> dict[str, str]:
    """Return the trainable numbers of each network for the paper's images."""
    facts = {}
    for spec in grid("unet", "full", version, seeds=SEEDS[:1]):
        images = info(spec.dataset)
        shape, classes = images.image_shape, images.classes
        model = build_network(spec.settings, spec.kernel_size, shape, classes)
        count = count_parameters(model).trainable
        facts[f"parameters_{spec.kind}_{spec.kernel_size}"] = f"{count:,}"
    return facts


def tri_maps(runs: Runs, images: np.ndarray, truth: np.ndarray) -> Figure:
    """Draw what the first seed of each network predicts (Figures 7c to 7q)."""
    inputs, _ = symmetric(images, images[:0])
    outputs = predictions(runs.records, runs.store, inputs)
    shown = {
        name: outputs[tuple(arm.values())].argmax(axis=-1)
        for name, arm in segmentation.NETWORKS.items()
        if tuple(arm.values()) in outputs
    }
    return figures.segmentations(images, truth, shown, near_border(truth))


def scores_table(
    runs: pd.DataFrame, scores: Sequence[str], *, printed: bool = False
) -> pd.DataFrame:
    """Mean and spread of scores of each network."""
    names = {tuple(arm.values()): name for name, arm in segmentation.NETWORKS.items()}
    size = segmentation.ADAPTIVE["kernel_size"]
    names |= {(arm, size): f"{ARMS[arm].title}, first {size}×{size}" for arm in FURTHER}
    rows = defaultdict(dict)
    for score in scores:
        factor, digits = unit(score)
        table = accuracy.summarise_arms(runs, ["arm", "kernel_size"], score, factor)
        for row in table.itertuples():
            text = spread(row.n, row.mean, row.std, digits)
            rows[row.arm, row.kernel_size] |= {"seeds": row.n, LABELS[score]: text}
    table = pd.DataFrame(
        [{"network": name, **rows[arm]} for arm, name in names.items() if arm in rows]
    )
    if printed:
        table.insert(2, "peak acc., paper", table["network"].map(_printed_spread))
    return table


def _printed_spread(network: str) -> str:
    if network not in segmentation.NETWORKS:
        return DASH
    paper = segmentation.printed_summary(segmentation.NETWORKS[network])
    return spread(paper.n, paper.mean, paper.std)


def printed_accuracies() -> dict[tuple[str, int], float]:
    """Return the peak accuracies that the paper prints, by kind and kernel size."""
    return {
        tuple(arm.values()): segmentation.printed_summary(arm).mean / 100
        for arm in segmentation.NETWORKS.values()
    }


def printed_facts(printed: pd.DataFrame) -> dict[str, object]:
    """Return what the text says of the printed tests."""
    by_size = printed.set_index("kernel_size")
    gaps = by_size["difference"].add_prefix("paper_gap_")
    return gaps.to_dict() | by_size["p_holm"].add_prefix("paper_holm_").to_dict()


def compare_scores(
    runs: pd.DataFrame,
    test: Literal["welch", "student"] = "welch",
    family: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compare the networks in each score, families of two but for the peak's."""
    tables = []
    for score in LABELS:
        options = {"scale": unit(score)[0], "test": test}
        table = segmentation.compare_networks(runs, score, **options)
        if score == "peak":
            table = in_family(table, family)
        tables.append(table.assign(score=score))
    return accuracy.concat_comparisons(tables)


def differences_table(
    runs: pd.DataFrame, family: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Adaptive minus ordinary in each score, by Welch's test and the paper's."""
    keys = ["score", "against"]
    student = compare_scores(runs, "student").rename(columns={"p": "p_student"})
    every = itertools.product(LABELS, segmentation.ORDINARY)
    rows = (
        pd.DataFrame(every, columns=keys)
        .merge(compare_scores(runs, family=family), "left", keys)
        .merge(student[[*keys, "p_student"]], "left", keys)
    )
    rows["digits"] = [unit(score)[1] for score in rows["score"]]
    table = text_table(rows, _DIFFERENCES)
    table["interval"] = table["interval"].replace(DASH, "fewer than 2 seeds")
    return table


def further_text(runs: pd.DataFrame) -> str:
    """Compare the network whose kernels are all adaptive with two of the paper's."""
    size = segmentation.ADAPTIVE["kernel_size"]
    texts = []
    for name, arm in (("one adaptive layer", "adaptive"), ("none", "ordinary")):
        arms = ({"arm": each, "kernel_size": size} for each in (FURTHER[0], arm))
        texts += [
            f"by {format_estimate(row.difference, row.low, row.high)} points from that "
            f"of the network with {name}"
            for row in accuracy.compare(runs, *arms, by=accuracy.SETTING).itertuples()
        ]
    if not texts:
        return "Its runs are not recorded yet."
    return minus(f"Its peak accuracy differs {' and '.join(texts)} (Welch).")


def first_layer(*candidates: Runs) -> tuple[Figure, Mapping[str, float]]:
    """Draw the apertures of the adaptive layer before and after training."""
    tables = (apertures_frame(runs.records) for runs in candidates)
    paths = next(table for table in tables if len(table))
    epochs = paths.groupby("seed")["epochs"]
    first, last = (
        paths[paths["epochs"] == epochs.transform(end)]
        .pivot(index="seed", columns="filter", values="aperture")
        .to_numpy("float32")
        for end in ("min", "max")
    )
    n = segmentation.ADAPTIVE["kernel_size"]
    before, after = (effective_sizes(ends.ravel(), n) for ends in (first, last))
    facts = {
        "aperture_first": np.median(first),
        "aperture_last": np.median(last),
        "size_before": before.mean(),
        "size_after": after.mean(),
        "size_low": after.min(),
        "size_high": after.max(),
        # Records keep five digits.
        "at_bound": 100 * np.mean(last <= (1 + 1e-4) / n),
    }
    sizes = {"before": before, "after": after}
    figure = figures.aperture_shift(first, last, sizes, 1 / n)
    return figure, {name: float(value) for name, value in facts.items()}


def worth_words(runs: Runs) -> str:
    """Return sentences on what verdicts by recorded runs are worth."""
    if not runs.are_recorded:
        return "No run on photographs is recorded yet."
    frame, largest = runs.frame, list(segmentation.ORDINARY)[-1]
    printed = segmentation.printed_comparisons().set_index("against")
    compared = in_family(segmentation.compare_networks(frame, "peak"), runs.family)
    sentences = [
        'What "open" is worth: the interval of the difference in peak accuracy from '
        f"{largest} reaches {(row.high - row.low) / 2:.2f} points to either side, and "
        f"the paper's difference is {printed['difference'][largest]:.2f} points."
        for row in compared[compared["against"] == largest].itertuples()
    ]
    best = (
        "Taking the best epoch, as the paper does, adds "
        f"{100 * (frame['peak'] - frame['last']).mean():.2f} points to the accuracy "
        "after the last, on average over the recorded runs; the validation loss after "
        f"the last epoch is {frame['val_loss_rise'].mean():.3f} above its lowest."
    )
    return " ".join([*sentences, best])
