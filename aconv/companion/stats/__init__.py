"""Statistics of repeated runs: comparisons, printed numbers, choices on the test split.

``stats.comparison`` holds the summaries and tests of the paper's tables and what
they leave out (Welch's test, intervals, effect sizes, Holm's correction).
``stats.resampling`` gives intervals over seeds and examples at once.
``stats.looks`` says what a look at some of the planned runs may decide.
``stats.rounding`` says what rounded, printed numbers still allow.
``stats.selection`` measures what choosing the kernel size and the epoch on the test
split does to a result.
``stats.verdicts`` has the words for what evidence says of a claim, ``stats.written``
writes estimates and their intervals.

All functions take plain arrays or data frames and know nothing of how runs are made.
Scores are in whatever unit they come in; the paper's are accuracies.
"""

from aconv.companion.stats.comparison import (
    EffectSize,
    Summary,
    TTest,
    hedges_g,
    holm,
    holm_confidences,
    mean_interval,
    summarise,
    t_test,
    two_tailed_p,
)
from aconv.companion.stats.looks import LOOKS, share_of_level
from aconv.companion.stats.resampling import crossed_interval
from aconv.companion.stats.rounding import (
    Interval,
    TTestBounds,
    holds_proportion,
    maximum_bounds,
    t_test_bounds,
    two_tailed_p_bounds,
)
from aconv.companion.stats.selection import (
    NullDistribution,
    Spread,
    permutation_p,
    plateau_spread,
    selection_table,
    simulate_null,
    stack,
)
from aconv.companion.stats.verdicts import (
    Claim,
    Evidence,
    Judgement,
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
    "LOOKS",
    "Claim",
    "EffectSize",
    "Evidence",
    "Interval",
    "Judgement",
    "NullDistribution",
    "Spread",
    "Summary",
    "TTest",
    "TTestBounds",
    "Verdict",
    "combine",
    "crossed_interval",
    "direction",
    "from_cases",
    "from_checks",
    "from_convergence",
    "from_formula",
    "hedges_g",
    "holds_proportion",
    "holm",
    "holm_confidences",
    "is_stable",
    "judge",
    "maximum_bounds",
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
    "t_test_bounds",
    "two_tailed_p",
    "two_tailed_p_bounds",
    "within",
]
