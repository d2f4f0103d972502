"""What the paper says of the U-Net, judged once for all pages."""

import pandas as pd
import pytest

from aconv.companion.analysis.overview import printed_comparisons
from aconv.companion.analysis.segmentation import (
    arm_name,
    judge_onset,
    ordinary_networks,
    printed_claim,
)
from aconv.companion.paper.numbers import number

ONSET = int(number("unet.overfitting_from").value)
LATE, EARLY = ONSET + 5, ONSET // 4


@pytest.mark.parametrize(
    ("lowest", "rises", "epochs", "verdict"),
    [
        ([LATE, LATE + 1], True, ONSET + 20, "points the same way"),
        ([EARLY, EARLY + 1], True, ONSET + 20, "points the other way"),
        ([EARLY, LATE], True, ONSET + 20, "open"),
        # The loss still falls: there is no overfitting that could begin.
        ([ONSET + 20, ONSET + 20], False, ONSET + 20, "open"),
        ([EARLY, EARLY], True, ONSET, "not tested"),
    ],
)
def test_onset_of_overfitting_needs_runs_that_overfit(lowest, rises, epochs, verdict):
    runs = pd.DataFrame(
        {
            "epochs": epochs,
            "val_loss_epoch": [epoch - 1 for epoch in lowest],
            "val_loss_rise": 0.1 * rises,
        }
    )
    found, text = judge_onset(runs)
    assert found == verdict
    assert str(epochs) in text


def test_claims_of_the_peak_are_those_of_the_printed_comparisons():
    printed = printed_comparisons().query("study == 'unet'").set_index("name")["claim"]
    claims = {arm_name(arm): printed_claim(arm) for arm in ordinary_networks()}
    assert claims == printed.to_dict()
    assert {name: claim.sign for name, claim in claims.items()} == {
        "ordinary 3×3": 0,
        "ordinary 7×7": 1,
    }
