"""Comparing the networks of the U-Net study: the paper's numbers, and those of runs."""

from typing import Literal

import pandas as pd

from aconv.companion import stats
from aconv.companion.analysis import accuracy
from aconv.companion.analysis.accuracy import SETTING, Selection
from aconv.companion.paper.consistency import check_p, check_t
from aconv.companion.paper.numbers import PaperNumber, number
from aconv.companion.stats import Claim, Summary, Verdict
from aconv.companion.studies.catalog import get_study


def arm_name(selection: Selection) -> str:
    """Return the name of an arm for people."""
    size = selection["kernel_size"]
    return f"{selection['arm']} {size}×{size}"


def networks() -> list[Selection]:
    """Return the arms of the study, in the order of the paper's figure."""
    return [
        {"arm": kind, "kernel_size": size} for kind, size in get_study("unet").kernels
    ]


def adaptive_network() -> Selection:
    """Return the arm whose first layer is adaptive."""
    (found,) = (arm for arm in networks() if arm["arm"] == "adaptive")
    return found


def ordinary_networks() -> list[Selection]:
    """Return what the adaptive network is compared with, smallest kernel first."""
    return sorted(
        (arm for arm in networks() if arm["arm"] == "ordinary"),
        key=lambda arm: arm["kernel_size"],
    )


def compare_networks(
    runs: pd.DataFrame,
    score: str,
    *,
    scale: float = 100.0,
    test: Literal["welch", "student"] = "welch",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare the adaptive network with each ordinary one, as one family.

    ``mean_ordinary`` is the peak accuracy of the ordinary one, whatever the score.
    """
    tables = [
        accuracy.compare(
            runs,
            adaptive_network(),
            other,
            by=SETTING,
            score=score,
            scale=scale,
            test=test,
            confidence=confidence,
        ).assign(
            against=arm_name(other),
            mean_ordinary=100 * accuracy.select(runs, other)["peak"].mean(),
        )
        for other in ordinary_networks()
    ]
    return accuracy.adjust_for_multiplicity(
        accuracy.concat_comparisons(tables), confidence=confidence
    )


def judge_onset(runs: pd.DataFrame) -> tuple[Verdict, str]:
    """Judge the printed epoch from which the networks overfit.

    A run overfits from the epoch of its lowest validation loss if the loss is higher
    after the last one.
    """
    onset = number("unet.overfitting_from")
    length, lowest = int(runs["epochs"].max()), 1 + runs["val_loss_epoch"]
    if length <= onset.value:
        return Verdict.NOT_TESTED, f"the runs have {length} epochs"
    early = lowest < onset.value - onset.precision
    late = ~early & (runs["val_loss_rise"] > 0)
    words = {(True, False): Verdict.SAME_WAY, (False, True): Verdict.OTHER_WAY}
    verdict = stats.combine(
        words.get(of_run, Verdict.OPEN) for of_run in zip(late, early, strict=True)
    )
    return verdict, (
        f"lowest validation loss in epochs {lowest.min()} to {lowest.max()} of {length}"
    )


def printed_claim(arm: Selection) -> Claim:
    """Return what the paper claims of the peak accuracy compared with a network's."""
    difference = printed_summary(adaptive_network()).mean - printed_summary(arm).mean
    # The U-Net's section names no level of its own.
    level = number("table2.significance").value
    return accuracy.claim_of(difference, printed_p(arm).value, level)


def printed_summary(arm: Selection) -> Summary:
    """Return what the paper prints of the peak accuracies of a network."""
    size = arm["kernel_size"]
    stem = f"unet.oxford_pets.{arm['arm']}.{size}x{size}"
    mean, std = (
        100 * number(f"{stem}.{quantity}").as_fraction().value
        for quantity in ("mean", "std")
    )
    return Summary(mean, std, number("unet.repeats").value)


def printed_p(arm: Selection) -> PaperNumber:
    """Return the p that the paper prints of the comparison with a network."""
    return number("unet.oxford_pets.{0}x{0}.p".format(arm["kernel_size"]))


def printed_comparisons() -> pd.DataFrame:
    """Recompute what the printed numbers of the U-Net amount to.

    In percentage points: Student's test at the printed means and deviations, the ranges
    of t and p that rounding allows, and whether the printed p is that of the recorded
    t, rounded or cut off.
    """
    adaptive = adaptive_network()
    allowed = check_t().query("dataset == 'oxford_pets' and ddof == 0")
    digits = check_p().query("dataset == 'oxford_pets'").set_index("kernel_sizes")
    allowed = allowed.set_index("kernel_sizes")
    rows = []
    for arm in ordinary_networks():
        arms = printed_summary(adaptive), printed_summary(arm)
        test = stats.t_test(*arms)
        effect = stats.hedges_g(*arms)
        sizes = f"{adaptive['kernel_size']} against {arm['kernel_size']}"
        bounds, cut = allowed.loc[sizes], digits.loc[sizes]
        rows.append(
            {
                "against": arm_name(arm),
                "kernel_size": arm["kernel_size"],
                "difference": test.difference,
                "low": test.low,
                "high": test.high,
                "t": test.t,
                "p": test.p,
                "printed": printed_p(arm).printed,
                "p_printed": printed_p(arm).value,
                "g": effect.g,
                "g_low": effect.low,
                "g_high": effect.high,
                "t_recorded": bounds["t"],
                "t_low": bounds["t_low"],
                "t_high": bounds["t_high"],
                "t_possible": bool(bounds["t_possible"]),
                "p_low": bounds["p_low"],
                "p_high": bounds["p_high"],
                "p_is": "rounded"
                if cut["is_rounded"]
                else "cut off"
                if cut["is_cut"]
                else "neither",
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=stats.holm(table["p_printed"]))
