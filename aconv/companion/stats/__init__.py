"""Statistics of repeated runs: comparisons, printed numbers, choices on the test split.

All functions take plain arrays or data frames and know nothing of how runs are made.
Scores are in whatever unit they come in; the paper's are accuracies.
"""

from aconv.companion.stats.comparison import (
    Summary,
    hedges_g,
    holm,
    holm_confidences,
    mean_interval,
    summarise,
    t_test,
)
from aconv.companion.stats.looks import share_of_level
from aconv.companion.stats.resampling import crossed_interval
from aconv.companion.stats.selection import (
    permutation_p,
    plateau_spread,
    selection_table,
    simulate_null,
    stack,
)
from aconv.companion.stats.verdicts import (
    Claim,
    Evidence,
    Verdict,
    combine,
    direction,
    from_cases,
    from_checks,
    from_convergence,
    from_formula,
    is_stable,
    judge,
    misprint_unless,
    within,
)

__all__ = [
    "Claim",
    "Evidence",
    "Summary",
    "Verdict",
    "combine",
    "crossed_interval",
    "direction",
    "from_cases",
    "from_checks",
    "from_convergence",
    "from_formula",
    "hedges_g",
    "holm",
    "holm_confidences",
    "is_stable",
    "judge",
    "mean_interval",
    "misprint_unless",
    "permutation_p",
    "plateau_spread",
    "selection_table",
    "share_of_level",
    "simulate_null",
    "stack",
    "summarise",
    "t_test",
    "within",
]
