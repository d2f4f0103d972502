"""Statistics of repeated runs: comparisons, printed numbers, choices on the test split.

Scores are in whatever unit they come in; the paper's are accuracies.
"""

from aconv.companion.stats.comparison import (
    Summary,
    holm,
    mean_interval,
    summarise,
    t_test,
)
from aconv.companion.stats.resampling import crossed_interval
from aconv.companion.stats.verdicts import (
    AGAINST,
    FOR,
    Claim,
    Evidence,
    Verdict,
    combine,
    direction,
    interval_in_range,
    judge,
)
