"""Apertures and their kernels in the chapters on Tables 2 and 3."""

import dataclasses
from typing import Self

import numpy as np
import pandas as pd

from aconv.companion.analysis import apertures
from aconv.companion.analysis.accuracy import ADAPTIVE, select
from aconv.companion.analysis.frames import apertures_frame
from aconv.companion.pages import tables
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.words import layer_title
from aconv.companion.stats.formatting import format_span

SEVERAL = 1.0
"""A layer has several sizes if more pixels lie between its small and large kernels."""

# Of ``analysis.apertures.summarise_changes``.
MOVEMENT = {
    "kernel_size": tables.SIZE,
    "layer": ("layer", layer_title),
    "change": ("change", "+z.3f"),
    "moved": ("moved by", "{moved:.3f} ± {moved_std:.3f}"),
    "at_bound": ("at 1/n", ".0%"),
    "median": ("size in pixels", "{smallest:.1f}, {median:.1f}, {largest:.1f}"),
    "spread": ("std", "{first_spread:.2f} → {spread:.2f}"),
    "order": ("order kept", ".2f"),
}


@dataclasses.dataclass(frozen=True)
class Apertures:
    """The apertures of the adaptive runs on one data set."""

    paths: pd.DataFrame  # of ``analysis.frames.apertures_frame``
    changes: pd.DataFrame  # of ``analysis.apertures.first_and_last``
    text: str  # which runs they are of, for captions

    @classmethod
    def of(cls, *candidates: Runs) -> Self:
        """Take those of the first runs with any, on Fashion-MNIST if possible."""
        shown, paths = next(
            (runs, paths)
            for runs in candidates
            for paths in [select(apertures_frame(runs.records), ADAPTIVE)]
            if len(paths)
        )
        paths = apertures.of_shown_set(paths)
        runs = select(shown.frame, {"dataset": paths["dataset"].iloc[0], **ADAPTIVE})
        return cls(paths, apertures.first_and_last(paths), tables.describe_runs(runs))

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.paths["dataset"].iloc[0]

    @property
    def first_layer(self) -> str:
        """Name of the adaptive layer next to the input."""
        return apertures.order_layers(self.paths["layer"])[0]

    def shown_paths(self) -> pd.DataFrame:
        """Return the paths in the first layer, of the first seed of each size."""
        first_seed = self.paths.groupby("kernel_size")["seed"].transform("min")
        return self.paths[
            (self.paths["layer"] == self.first_layer)
            & (self.paths["seed"] == first_seed)
        ]

    def facts(self) -> dict[str, object]:
        """Return what the text says of the apertures."""
        starts = self.paths.loc[self.paths["epochs"] == 0, "aperture"]
        small = int(self.paths["kernel_size"].min())
        movement = apertures.summarise_changes(apertures.at_largest_size(self.changes))
        order = movement["order"].dropna()
        span = format_span(f"{order.min():.2f}", f"{order.max():.2f}")
        return {
            "start_low": float(starts.min()),
            "start_high": float(starts.max()),
            "small": small,
            "below": float(100 * (starts < 1 / small).mean()),
            "aperture_set": tables.dataset_title(self.dataset),
            "aperture_text": self.text,
            "several": SEVERAL,
            "largest": int(movement["kernel_size"].max()),
            "width": float((movement["largest"] - movement["smallest"]).min()),
            "moved": float(movement["moved"].mean()),
            "before": float(movement["first_spread"].mean()),
            "after": float(movement["spread"].mean()),
            "order": "none, all start alike" if order.empty else span,
        }

    def words(self) -> str:
        """Return sentences on the spread of sizes and the movement of apertures."""
        found = self.facts()
        grid = f"{found['largest']}×{found['largest']}"
        return (
            f"At {grid} at least {found['width']:.1f} pixels lie between the small and "
            f"the large ones. Training moves an aperture by {found['moved']:.3f} on "
            "average and changes the standard deviation of the sizes in a layer from "
            f"{found['before']:.2f} to {found['after']:.2f} pixels, mean over layers; "
            "the rank correlation of the apertures before and after it is "
            f"{found['order']}, by layer."
        )


def learned_kernels(
    of: Apertures, *candidates: Runs
) -> tuple[str, np.ndarray, np.ndarray]:
    """Return the kernels of the first layer of a run that kept its weights.

    The run is on the data set of the apertures if possible, and of the largest kernel
    size; before the kernels, sorted by aperture, stands which run it is.
    """
    kept = [
        (record, runs.store)
        for runs in candidates
        for record in runs.records
        if record.weights_sha256 and record.spec.kind == "adaptive"
    ]
    record, store = max(
        kept,
        key=lambda pair: (pair[0].spec.dataset == of.dataset, pair[0].spec.kernel_size),
    )
    found = np.asarray(record.apertures[of.first_layer].last, dtype=float)
    order = np.argsort(found, kind="stable")
    # Means over input channels: what a filter does to a grey image.
    kernel = store.weights(record)[f"{of.first_layer}/kernel"].astype("float32")
    spec = record.spec
    cell = tables.cell_title(spec.dataset, spec.kernel_size)
    which = f"{cell}, seed {spec.seed}, {spec.profile}, version {spec.version}"
    return which, kernel.mean(axis=2)[..., order], found[order]
