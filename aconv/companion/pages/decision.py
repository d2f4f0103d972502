"""The costs and gains of an adaptive layer, for those who choose."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import pandas as pd

from aconv import AdaptiveConv2D
from aconv.companion.analysis import overview
from aconv.companion.analysis.apertures import effective_sizes, first_and_last
from aconv.companion.analysis.evidence import describe, evidence_of
from aconv.companion.analysis.frames import apertures_frame, runs_frame
from aconv.companion.datasets import info
from aconv.companion.measures import times
from aconv.companion.pages.words import count_words
from aconv.companion.runs.record import RunRecord
from aconv.companion.studies.catalog import SEEDS, make_spec
from aconv.companion.training.networks import build_network, count_parameters

SMALL, LARGE = 3, 7
_NONE = "no recorded runs yet"


def decision_table(
    recorded: Mapping[str, Sequence[RunRecord]],
    taken: pd.DataFrame,
) -> pd.DataFrame:
    """Questions before a layer is exchanged, and this book's numbers."""
    rows = (
        (
            "How many weights does a larger grid cost?",
            parameters(),
            "Choose it where an ordinary network of as many weights would be an option "
            "too, and compare with that.",
        ),
        (
            "How far can a kernel change its size?",
            size_range(),
            f"Leave {SMALL}×{SMALL} layers ordinary; give the others 5×5 or more.",
        ),
        (
            "How many apertures start at the bound 1/n?",
            share_below_bound(),
            "On small grids choose initial apertures above the bound.",
        ),
        (
            "What does a training step cost?",
            step_costs(taken),
            "Plan with the cost of the larger grid.",
        ),
        (
            "What does the trained model cost?",
            served_costs(taken),
            "Fold before the model is deployed.",
        ),
        (
            "How far do apertures move?",
            aperture_movement(recorded),
            "Let the range of the initial apertures hold the sizes that you want.",
        ),
    )
    return pd.DataFrame(rows, columns=["question", "found in this book", "what to do"])


def parameters() -> str:
    """Compare the paper's ResNet with small ordinary and large adaptive kernels."""
    small, large = (
        count_parameters(_resnet(kind, size))
        for kind, size in (("ordinary", SMALL), ("adaptive", LARGE))
    )
    return (
        f"ResNet of one block per level on 32×32 colour images: {small.total:,} with "
        f"ordinary {SMALL}×{SMALL} kernels, "
        f"{large.total:,} with adaptive {LARGE}×{LARGE} ones, "
        f"{large.total / small.total:.1f} times as many; {large.apertures} of them are "
        "apertures, one per filter"
    )


def _resnet(kind: str, kernel_size: int) -> keras.Model:
    facts = info("cifar10")
    spec = make_spec("resnet", facts.name, kind, kernel_size, SEEDS[0], "short")
    return build_network(spec.settings, kernel_size, facts.image_shape, facts.classes)


def size_range() -> str:
    """Return the range of effective sizes of a kernel, within its bounds."""
    texts = []
    for size in (SMALL, LARGE):
        low, high = effective_sizes(np.array([1 / size, size]), size)
        texts.append(f"{low:.1f} to {high:.1f} pixels on a {size}×{size} grid")
    return ", ".join(texts)


def share_below_bound() -> str:
    """Return the share of default initial apertures below the default bound."""
    texts = []
    for size in (SMALL, LARGE):
        layer = AdaptiveConv2D(32, size)
        layer.build((None, size, size, 1))
        initial = keras.ops.convert_to_numpy(layer.aperture)
        share = 100 * np.mean(initial < layer.aperture_bounds[0])
        texts.append(f"{share:.0f} % at {size}×{size}")
    return f"of the default ones {', '.join(texts)} lie below the bound and act at it"


def step_costs(taken: pd.DataFrame) -> str:
    """Compare training steps, adaptive over ordinary and large over small."""
    training = taken[taken["phase"] == "training"]
    ordinary = training.query("kind == 'ordinary'").assign(
        kind=lambda rows: np.where(rows["kernel_size"] == LARGE, "large", "small"),
        kernel_size=LARGE,
    )
    (larger,) = times.compare(ordinary, "large", "small", "kernel_size").itertuples()
    return (
        "simple network without batch normalisation after its convolutions, "
        f"adaptive over ordinary: {_ratios(training, 'adaptive')}; "
        f"ordinary {LARGE}×{LARGE} over {SMALL}×{SMALL}: {_ratio(larger)}"
    )


def served_costs(taken: pd.DataFrame) -> str:
    """Compare inference of folded and of ordinary networks."""
    inference = taken[taken["phase"] == "inference"]
    return (
        "the weights of an ordinary network with kernels of that size; its time over "
        f"that of the ordinary one: {_ratios(inference, 'folded')}"
    )


def _ratios(taken: pd.DataFrame, kind: str) -> str:
    compared = times.compare(taken, kind, "ordinary", "kernel_size")
    return ", ".join(
        f"{_ratio(row)} at {row.kernel_size}×{row.kernel_size}"
        for row in compared.itertuples()
    )


def _ratio(row: object) -> str:
    return f"{row.median:.2f} [{row.low:.2f}, {row.high:.2f}]"


def accuracy(recorded: Mapping[str, Sequence[RunRecord]]) -> str:
    """Count which way the recorded comparisons of accuracy point."""
    everything = overview.overview(recorded)
    tested = everything[everything["seeds"] > 0]
    if not len(tested):
        return _NONE
    counts = count_words(judgement.verdict for judgement in tested["judgement"])
    return (
        f"of {len(everything)} comparisons that the paper prints: {counts} "
        f"({describe(tested['evidence'])})"
    )


def aperture_movement(recorded: Mapping[str, Sequence[RunRecord]]) -> str:
    """Return how far apertures moved in the recorded classifications."""
    texts, evidence = [], []
    for study in ("simple", "resnet"):
        records = recorded.get(study)
        paths = apertures_frame(records or [])
        if not len(paths):
            continue
        changes = first_and_last(paths)
        largest = changes[changes["kernel_size"] == changes["kernel_size"].max()]
        moved = (largest["last"] - largest["first"]).abs().mean()
        size = largest["kernel_size"].iloc[0]
        texts.append(f"{moved:.3f} ({overview.NETWORKS[study]}, {size}×{size})")
        runs = runs_frame(records)
        evidence += [
            evidence_of(of_set)
            for _, of_set in runs[runs["kernel_size"] == size].groupby(
                "dataset", sort=False
            )
        ]
    if not texts:
        return _NONE
    return f"by {' and '.join(texts)} kernel widths on average ({describe(evidence)})"
