"""The errors of Section 4.1: ours, those that the authors recorded, and the minimum."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aconv.companion.chapters.filters import compute, settings
from aconv.companion.chapters.filters.compute import FilterBanks
from aconv.companion.chapters.filters.pictures import first_digit
from aconv.companion.pages.words import agreement
from aconv.companion.paper.numbers import number
from aconv.companion.runs.results_cache import load_result
from aconv.layers.envelope import effective_size


def settings_facts() -> dict[str, str]:
    """Return what the text says of the training."""
    facts = {
        "learning_rate": settings.LEARNING_RATE,
        "momentum": settings.MOMENTUM,
        "clip_value": settings.CLIP_VALUE,
        "initial_aperture": settings.INITIAL_APERTURE,
        "code": settings.WEIGHT_DECAY,
        "recorded": settings.RECORDED_WEIGHT_DECAY,
    }
    return {name: f"{value:g}" for name, value in facts.items()}


def loss_rows(
    banks: Mapping[tuple[float, str], FilterBanks], panels: Mapping[float, str]
) -> pd.DataFrame:
    """The errors of trained layers, for ``figures.loss_curves``."""
    return pd.concat(
        pd.DataFrame(
            {
                "update": np.arange(len(loss)),
                "loss": loss,
                "kind": kind,
                "seed": seed,
                "panel": panels[penalty],
            }
        )
        for (penalty, kind), bank in banks.items()
        for seed, loss in zip(bank.seeds, bank.loss, strict=True)
    )


def learned_table(bank: FilterBanks, targets: np.ndarray) -> pd.DataFrame:
    """Apertures, sizes and explained variance of each target, means over seeds."""
    apertures = bank.apertures[:, -1]
    sizes = [effective_size(u[:, :, np.newaxis]) for u in bank.envelopes]
    return pd.DataFrame(
        {
            "filter": list(settings.TARGET_FILTERS),
            "aperture": apertures.mean(axis=0),
            "± over seeds": apertures.std(axis=0),
            "effective size (pixels)": np.mean(sizes, axis=0),
            "variance explained (%)": 100 * compute.explained_variance(bank, targets),
        }
    )


def errors_table(
    banks: Mapping[tuple[float, str], FilterBanks],
    minima: Mapping[float, float],
    *,
    recorded: bool,
) -> pd.DataFrame:
    """Errors, in thousandths, of trained layers and of those that the authors recorded.

    The latter are of the paper's digit. Layers and minima come by L2 penalty.
    """
    middle = number("filters.updates").value
    names = ["first", f"at update {middle}", "last"]
    rows = []
    for kind in ("ordinary", "adaptive"):
        if recorded:
            errors = [
                f"{1e3 * number(f'records.filters.{kind}.{when}').value:g}"
                for when in ("first", f"at_{middle}", "last")
            ]
            rows.append([kind, "by the authors", "not recorded", *errors, "–"])
        for (penalty, of_kind), bank in banks.items():
            if of_kind == kind:
                minimum = f"{1e3 * minima[penalty]:.3f}" if kind == "ordinary" else "–"
                errors = [_of_seeds(bank, update) for update in (0, middle, -1)]
                rows.append([kind, "here", f"{penalty:g}", *errors, minimum])
    return pd.DataFrame(
        rows, columns=["kernels", "trained", "penalty", *names, "minimum"]
    )


def penalty_table() -> pd.DataFrame:
    """The recorded error of the ordinary layer, and the minima of two penalties."""
    image = first_digit()
    targets = settings.target_images(image)
    recorded = number("records.filters.ordinary.last")
    rows = []
    for penalty, where in (
        (settings.WEIGHT_DECAY, "in the authors' code"),
        (settings.RECORDED_WEIGHT_DECAY, "in no version of it"),
    ):
        error = compute.ridge_error(image, targets, penalty)
        same = "yes" if recorded.agrees(error) else "no"
        rows.append((f"{penalty:g}", where, f"{error:.6f}", recorded.printed, same))
    names = ["L2 penalty", "stands", "error at the minimum", "recorded", "the same"]
    return pd.DataFrame(rows, columns=names)


def penalty_facts() -> dict[str, object]:
    """Return what the audit says of the recorded error of the ordinary layer."""
    image = first_digit()
    recorded = number("records.filters.ordinary.last")
    low, high = compute.penalties_of_error(
        image, settings.target_images(image), *recorded.rounded
    )
    middle = number("filters.updates").value
    return {
        "recorded": recorded.printed,
        "middle": middle,
        "at": number(f"records.filters.ordinary.at_{middle}").printed,
        "penalty_low": low,
        "penalty_high": high,
        "adaptive": number("records.filters.adaptive.last").printed,
    }


def _of_seeds(bank: FilterBanks, update: int) -> str:
    """Mean, least and largest error before an update, or a dash beyond the last."""
    if update >= bank.loss.shape[1]:
        return "–"
    errors = 1e3 * bank.loss[:, update]
    return f"{np.mean(errors):.3f} ({errors.min():.3f} to {errors.max():.3f})"


def error_agreement(low: float, high: float) -> str:
    """Return whether an interval of the errors' difference agrees with the kept one."""
    kept = load_result("filter_learning")
    ends = {"error": (kept.values["low"], kept.values["high"])} if kept else {}
    return agreement({"error": (low, high)}, ends)
