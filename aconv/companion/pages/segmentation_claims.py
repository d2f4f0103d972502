"""What the paper claims of the U-Net, beside what runs say."""

import pandas as pd

from aconv.companion.analysis.evidence import describe, evidence_of, judge_comparisons
from aconv.companion.analysis.segmentation import (
    adaptive_network,
    arm_name,
    compare_networks,
    judge_onset,
    ordinary_networks,
    printed_claim,
    printed_comparisons,
    printed_p,
)
from aconv.companion.pages.runs import Runs
from aconv.companion.pages.unet import compare_scores, interval
from aconv.companion.paper.numbers import number
from aconv.companion.stats import Claim, Verdict
from aconv.companion.stats.written import signed


def claims() -> list[tuple[str, str, str, str, Claim]]:
    """Returns what the paper claims of the networks.

    Returns:
        For each claim: what it says of the adaptive network, the score, the name of the
        ordinary network, the paper's words or numbers, and the claim itself.
    """
    printed = printed_comparisons().set_index("against")
    found = []
    for arm in ordinary_networks():
        claim = Claim(-1)
        found.append(("training loss lower", "train_loss", arm, "lower", claim))
    for arm in ordinary_networks():
        row = printed.loc[arm_name(arm)]
        p = printed_p(arm)
        words = f"{signed(row['difference'])} points, p = {p.printed}"
        claim = printed_claim(arm)
        found.append(("peak accuracy higher", "peak", arm, words, claim))
    for words, score in (
        ("more accurate at borders", "border_accuracy"),
        ("border class met better", "iou_border"),
    ):
        for arm in ordinary_networks():
            found.append((words, score, arm, "slightly", Claim(1)))
    return [
        (words, score, arm_name(arm), printed_words, claim)
        for words, score, arm, printed_words, claim in found
    ]


def claims_table(runs: Runs) -> pd.DataFrame:
    """The paper's claims beside intervals of runs, judged.

    Args:
        runs: The runs.

    Returns:
        One row per claim: what is claimed of the adaptive network, the paper's words,
        the interval (95 %, Welch), the verdict by the interval that is corrected for
        the two comparisons of the score, of the peak accuracy for those of the
        overview, and the evidence.
    """
    compared = compare_scores(runs.frame, family=runs.family)
    arms = {arm_name(arm): arm for arm in ordinary_networks()}
    known = evidence_of(runs.frame)
    rows = []
    for words, score, against, printed, claim in claims():
        chosen = compared.query("score == @score and against == @against")
        row = {"adaptive 7×7": f"{words} than {against}", "paper": printed}
        if len(chosen):
            (found,) = judge_comparisons(
                chosen, claim, runs.curves, adaptive_network(), arms[against]
            ).to_dict("records")
            row["here: 95 % interval"] = interval(found, score)
            row["verdict"] = str(found["judgement"])
            row["evidence"] = describe([found["evidence"]])
        else:
            row["here: 95 % interval"] = "fewer than 2 seeds"
            row["verdict"] = Verdict.NOT_TESTED.value
            row["evidence"] = describe(filter(None, [known]))
        rows.append(row)
    table = pd.DataFrame([*rows, _overfitting(runs)])
    if not runs.are_recorded:
        table["verdict"] = f"{Verdict.NOT_TESTED.value}: these are no photographs"
    return table


def _overfitting(runs: Runs) -> dict[str, str]:
    """Row of the claim that overfitting starts late."""
    onset = number("unet.overfitting_from")
    verdict, found = judge_onset(runs.frame)
    return {
        "adaptive 7×7": "overfitting starts late, at shifted epochs",
        "paper": f"after about {onset.value} epochs",
        "here: 95 % interval": found,
        "verdict": verdict.value,
        "evidence": describe(filter(None, [evidence_of(runs.frame)])),
    }


def claims_facts(table: pd.DataFrame, runs: Runs) -> dict[str, object]:
    """Returns what the text says of the claims.

    Args:
        table: What ``claims_table`` returned.
        runs: The runs.

    Returns:
        ``found``, how many claims have which verdict, as a sentence; ``border_word``
        (the verdicts on borders, counted), ``reach`` (half the interval of the peak
        accuracy against the largest ordinary kernels, as text), ``flattery`` (peak
        minus last accuracy, points) and ``rise`` (of the validation loss from its
        lowest).
    """
    words = table["verdict"].str.split(":").str[0]
    counts = [f"{count} {word}" for word, count in words.value_counts().items()]
    border = words[table["adaptive 7×7"].str.contains("border")]
    reach = "cannot be given"
    compared = compare_networks(runs.frame, "peak")
    large = compared[compared["against"] == arm_name(ordinary_networks()[-1])]
    for row in large.itertuples():
        reach = f"reaches {(row.high - row.low) / 2:.2f} points to either side"
    return {
        "found": f"Of {len(table)} statements: {', '.join(counts)} ({runs.text}).",
        "border_word": ", ".join(
            f"{count} of {len(border)} {word}"
            for word, count in sorted(border.value_counts().items())
        ),
        "reach": reach,
        "flattery": float(100 * (runs.frame["peak"] - runs.frame["last"]).mean()),
        "rise": float(runs.frame["val_loss_rise"].mean()),
    }
