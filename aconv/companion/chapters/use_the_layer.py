"""The page for users: what to expect of an adaptive layer, and what it costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from aconv import AdaptiveConv2D
from aconv.companion.analysis import apertures, decomposition, overview
from aconv.companion.analysis.evidence import describe_evidence, evidence_of
from aconv.companion.analysis.frames import apertures_frame, runs_frame
from aconv.companion.datasets import info
from aconv.companion.pages.tables import captioned, pivoted, with_cells
from aconv.companion.pages.words import count_words, listed
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results_cache import Result
from aconv.companion.stats.formatting import format_estimate
from aconv.companion.studies.catalog import SEEDS, make_spec
from aconv.companion.training import networks

SMALL, LARGE = 3, 7
_NONE = "no recorded runs yet"
# What a user chooses, as steps of ``analysis.decomposition``: each changes one thing.
_CHOICES = {
    decomposition.INITIALIZATION: "other initial weights",
    decomposition.FIXED_ENVELOPE: "envelope, with train_aperture=False",
    decomposition.TRAINED_APERTURES: "trained apertures",
}


def accuracy(recorded: Mapping[str, Sequence[RunRecord]]) -> str:
    """Count which way the recorded comparisons of accuracy point."""
    everything = overview.overview(recorded)
    tested = everything[everything["seeds"] > 0]
    if not len(tested):
        return _NONE
    counts = count_words(judgement.verdict for judgement in everything["judgement"])
    return (
        f"of {len(everything)} comparisons that the paper prints: {counts} "
        f"({describe_evidence(tested['evidence'])})"
    )


def trained_words(steps: pd.DataFrame) -> str:
    """Say on how many data sets training the apertures changed the accuracy."""
    trained = steps[steps["step"] == decomposition.TRAINED_APERTURES]
    if trained.empty:
        return f"has {_NONE}"
    above, below = (trained["low"] > 0).sum(), (trained["high"] < 0).sum()
    if not above and not below:
        return f"changed the accuracy on none of {len(trained)} data sets beyond chance"
    return (
        f"raised the accuracy on {above} of {len(trained)} data sets beyond chance and "
        f"lowered it on {below}"
    )


def steps_table(steps: pd.DataFrame, caption: str) -> Styler:
    """Return what each choice adds to the accuracy, a row for each data set."""
    rows = with_cells(steps[steps["step"].isin(_CHOICES)], share=True)
    numbers = rows[["difference", "low", "high"]].itertuples(index=False)
    table = pivoted(
        rows.assign(
            choice=rows["step"].map(_CHOICES),
            text=[format_estimate(*estimate) for estimate in numbers],
        ),
        "cell",
        "choice",
        "text",
    )
    return captioned(table.rename(columns={"cell": "data set"}), caption)


def time_facts(timing: Result) -> dict[str, Any]:
    """Return at each size the time over that of the ordinary network, and where."""
    ratios = {
        phase: ", ".join(f"{row['median']:.2f}" for row in timing.values[phase])
        for phase in ("training", "folded")
    }
    sizes = (row["size"] for row in timing.values["training"])
    return ratios | {
        "sizes": ", ".join(f"{size}×{size}" for size in sizes),
        "rounds": timing.parameters["rounds"],
        "device": timing.provenance.device,
    }


def decision_table(recorded: Mapping[str, Sequence[RunRecord]]) -> pd.DataFrame:
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
            "How far do apertures move?",
            aperture_movement(recorded),
            "Let the range of the initial apertures hold the sizes that you want.",
        ),
    )
    return pd.DataFrame(rows, columns=["question", "found in this book", "what to do"])


def parameters() -> str:
    """Compare the paper's ResNet with small ordinary and large adaptive kernels."""
    small, large = _weights("ordinary", SMALL), _weights("adaptive", LARGE)
    return (
        f"ResNet of one block per level on 32×32 colour images: {small.total:,} with "
        f"ordinary {SMALL}×{SMALL} kernels, "
        f"{large.total:,} with adaptive {LARGE}×{LARGE} ones, "
        f"{large.total / small.total:.1f} times as many; {large.apertures} of them are "
        "apertures, one per filter"
    )


def _weights(kind: str, kernel_size: int) -> networks.ParameterCount:
    facts = info("cifar10")
    spec = make_spec("resnet", facts.name, kind, kernel_size, SEEDS[0], "short")
    of_data = facts.image_shape, facts.classes
    model = networks.build_network(spec.settings, kernel_size, *of_data)
    return networks.count_parameters(model)


def size_range() -> str:
    """Return the range of effective sizes of a kernel, within its bounds."""
    texts = []
    for size in (SMALL, LARGE):
        low, high = apertures.effective_sizes(np.array([1 / size, size]), size)
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


def aperture_movement(recorded: Mapping[str, Sequence[RunRecord]]) -> str:
    """Return how far apertures moved in the recorded classifications."""
    texts, evidence = [], []
    for study in ("simple", "resnet"):
        records = recorded.get(study, ())
        paths = apertures_frame(records)
        if not len(paths):
            continue
        paths = apertures.at_largest_size(paths)
        changes = apertures.first_and_last(paths)
        size = changes["kernel_size"].iloc[0]
        moved = (changes["last"] - changes["first"]).abs().mean()
        sets = listed(info(name).title for name in dict.fromkeys(paths["dataset"]))
        texts.append(f"{moved:.3f} ({overview.NETWORKS[study]}, {sets}, {size}×{size})")
        runs = runs_frame(records)
        of_sets = runs[runs["kernel_size"] == size].groupby("dataset", sort=False)
        evidence += [evidence_of(of_set) for _, of_set in of_sets]
    if not texts:
        return _NONE
    sources = describe_evidence(evidence)
    return f"by {' and '.join(texts)} kernel widths on average ({sources})"
