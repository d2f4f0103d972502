"""The errors of Section 4.1: ours, those that the authors recorded, and the minimum."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aconv.companion.experiments import filter_learning
from aconv.companion.experiments.filter_learning import (
    RECORDED_WEIGHT_DECAY,
    TARGET_FILTERS,
    WEIGHT_DECAY,
    FilterBanks,
    explained_variance,
    penalties_of_error,
    ridge_error,
    target_images,
)
from aconv.companion.experiments.pictures import first_digit
from aconv.companion.paper.numbers import number
from aconv.layers.envelope import effective_size


def settings_facts() -> dict[str, str]:
    """Returns what the text says of the training.

    Returns:
        ``learning_rate``, ``momentum``, ``clip_value`` and ``initial_aperture``, and
        the L2 penalties ``code``, of the authors' code, and ``recorded``, of the
        ordinary layer that they recorded.
    """
    settings = {
        "learning_rate": filter_learning.LEARNING_RATE,
        "momentum": filter_learning.MOMENTUM,
        "clip_value": filter_learning.CLIP_VALUE,
        "initial_aperture": filter_learning.INITIAL_APERTURE,
        "code": WEIGHT_DECAY,
        "recorded": RECORDED_WEIGHT_DECAY,
    }
    return {name: f"{value:g}" for name, value in settings.items()}


def loss_rows(
    banks: Mapping[tuple[float, str], FilterBanks], panels: Mapping[float, str]
) -> pd.DataFrame:
    """The errors of trained layers, for ``figures.loss_curves``.

    Args:
        banks: L2 penalty and kind to the trained layers.
        panels: L2 penalty to the title of its panel.

    Returns:
        One row per layer, seed and update.
    """
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
    """What adaptive layers learned of each target.

    Args:
        bank: Trained adaptive layers.
        targets: Shape ``(height, width, 9)``.

    Returns:
        One row per target, means over seeds: ``aperture`` and its deviation, the
        effective size in pixels, and the explained variance in percent.
    """
    apertures = bank.apertures[:, -1]
    sizes = [effective_size(u[:, :, np.newaxis]) for u in bank.envelopes]
    return pd.DataFrame(
        {
            "filter": list(TARGET_FILTERS),
            "aperture": apertures.mean(axis=0),
            "± over seeds": apertures.std(axis=0),
            "effective size (pixels)": np.mean(sizes, axis=0),
            "variance explained (%)": 100 * explained_variance(bank, targets),
        }
    )


def errors_table(
    banks: Mapping[tuple[float, str], FilterBanks],
    minima: Mapping[float, float],
    *,
    recorded: bool,
) -> pd.DataFrame:
    """Sets the errors of trained layers beside those that the authors recorded.

    Args:
        banks: L2 penalty and kind to the trained layers.
        minima: L2 penalty to the error of ordinary kernels at the minimum.
        recorded: Whether the authors' numbers belong beside them: they are of the
            paper's digit.

    Returns:
        One row per training, ordinary ones first: ``kernels``, ``trained``, ``penalty``
        and, in thousandths, the errors at the first update, at the one that the paper's
        text names and at the last, and ``minimum``.
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
    """Holds the recorded error of the ordinary layer against two penalties.

    Returns:
        One row per L2 penalty: the penalty, where it stands, the error at the minimum,
        the recorded error and whether it is the former, rounded.
    """
    image = first_digit()
    targets = target_images(image)
    recorded = number("records.filters.ordinary.last")
    rows = []
    for penalty, where in (
        (WEIGHT_DECAY, "in the authors' code"),
        (RECORDED_WEIGHT_DECAY, "in no version of it"),
    ):
        error = ridge_error(image, targets, penalty)
        rows.append(
            {
                "L2 penalty": f"{penalty:g}",
                "stands": where,
                "error at the minimum": f"{error:.6f}",
                "recorded": recorded.printed,
                "the same": "yes" if recorded.agrees(error) else "no",
            }
        )
    return pd.DataFrame(rows)


def penalty_facts() -> dict[str, object]:
    """Returns what the audit says of the recorded error of the ordinary layer.

    Returns:
        ``recorded``, the error; ``middle``, the update that has it, too, as ``at``
        shows; ``penalty_low`` and ``penalty_high``, the penalties that give it to its
        last digit; ``adaptive``, the last recorded error of the adaptive layer.
    """
    image = first_digit()
    recorded = number("records.filters.ordinary.last")
    low, high = penalties_of_error(image, target_images(image), *recorded.rounded)
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
