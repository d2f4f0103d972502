"""Comparing two arms of an experiment by the scores of their runs.

The paper compares the five scores of each arm by Student's two-tailed t-test for
independent samples with equal variances (Tables 2 and 3). A reader who judges such a
comparison needs more: Welch's test, intervals, and Holm's correction.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.optimize
import scipy.special
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Summary:
    """Summary numbers of the scores of one arm.

    ``ddof`` is 0 if the standard deviation divides by n, as NumPy and the paper's
    tables do, 1 if it divides by n − 1; ``maximum`` is None where it is not known.
    """

    mean: float
    std: float
    n: int
    ddof: int = 0
    maximum: float | None = None

    @property
    def variance(self) -> float:
        """Unbiased variance: the standard deviation squared, over n − 1."""
        return self.std**2 * (self.n - self.ddof) / (self.n - 1)


@dataclass(frozen=True)
class TTest:
    """Result of a two-tailed t-test of two independent arms.

    ``difference`` is the mean of the first arm minus that of the second, ``error`` its
    standard error. Its interval is without end where no two scores of an arm differ,
    which tells nothing of other runs; ``t`` is NaN if nothing differs, infinite if only
    the means do.
    """

    t: float
    p: float
    df: float
    difference: float
    low: float
    high: float
    error: float


def summarise(scores: ArrayLike) -> Summary:
    """Return mean, standard deviation and maximum of two or more scores of one arm."""
    scores = np.asarray(scores, dtype=float)
    return Summary(
        mean=float(scores.mean()),
        std=float(scores.std()),
        n=scores.size,
        maximum=float(scores.max()),
    )


def two_tailed_p(t: ArrayLike, df: ArrayLike) -> np.ndarray | float:
    """Return the two-tailed p-value of a t statistic."""
    return 2 * scipy.special.stdtr(df, -np.abs(t))


def t_test(
    a: ArrayLike | Summary,
    b: ArrayLike | Summary,
    *,
    equal_variances: bool = True,
    confidence: float = 0.95,
) -> TTest:
    """Test whether two independent arms have one mean, by Student or else by Welch."""
    a, b = _as_summary(a), _as_summary(b)
    share_a, share_b = a.variance / a.n, b.variance / b.n
    df = float(a.n + b.n - 2)
    if equal_variances:
        error = math.sqrt(_pooled_variance(a, b) * (1 / a.n + 1 / b.n))
    else:
        error = math.sqrt(share_a + share_b)
        # Without any spread Satterthwaite's formula is 0/0, and t is infinite or NaN
        # whatever the degrees of freedom.
        if error > 0:
            # Shares of the variance, so that tiny variances do not underflow.
            part_a = share_a / (share_a + share_b)
            part_b = share_b / (share_a + share_b)
            df = 1 / (part_a**2 / (a.n - 1) + part_b**2 / (b.n - 1))
    difference = a.mean - b.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        t = float(np.divide(difference, error))
    reach = _reach(error, df, confidence)
    return TTest(
        t=t,
        p=two_tailed_p(t, df),
        df=df,
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        error=error,
    )


def mean_interval(
    values: ArrayLike | Summary, confidence: float = 0.95
) -> tuple[float, float]:
    """Return Student's interval of a mean, without end if no two values differ."""
    summary = _as_summary(values)
    error = math.sqrt(summary.variance / summary.n)
    reach = _reach(error, summary.n - 1, confidence)
    return summary.mean - reach, summary.mean + reach


def hedges_g(
    a: ArrayLike | Summary, b: ArrayLike | Summary, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return Hedges' g and the ends of its interval; NaN if no arm has any spread.

    The difference of the means in pooled standard deviations, times the factor that
    makes it unbiased for normal scores (Hedges 1981; 0.90 for five runs per arm). The
    interval inverts the noncentral t distribution of the statistic (Steiger and Fouladi
    1997): it holds for few runs, where the usual normal approximation does not.
    """
    a, b = _as_summary(a), _as_summary(b)
    pooled = math.sqrt(_pooled_variance(a, b))
    if pooled == 0:
        return math.nan, math.nan, math.nan
    df = a.n + b.n - 2
    d = (a.mean - b.mean) / pooled
    unbiased = math.exp(
        scipy.special.gammaln(df / 2)
        - scipy.special.gammaln((df - 1) / 2)
        - math.log(df / 2) / 2
    )
    scale = math.sqrt(a.n * b.n / (a.n + b.n))
    tail = (1 - confidence) / 2
    # For -t the interval is mirrored, so solving for |t| alone is enough.
    t = abs(d) * scale
    low = _noncentrality(t, df, 1 - tail) / scale
    high = _noncentrality(t, df, tail) / scale
    if d < 0:
        low, high = -high, -low
    return d * unbiased, low, high


def holm(p_values: ArrayLike) -> np.ndarray:
    """Adjust p-values for the size of their family (Holm 1979).

    The smallest of m p-values is multiplied by m, the next by m − 1 and so on; a value
    is never below the one before it nor above 1. Rejecting where the result is at most
    α keeps the chance of any false rejection in the family at α, whatever the
    dependence between the comparisons. A comparison without p, NaN, does not count.
    """
    p = pd.Series(np.asarray(p_values, dtype=float)).sort_values()  # NaN last
    factors = p.count() - np.arange(p.size)
    return (factors * p).cummax().clip(upper=1).sort_index().to_numpy()


def holm_confidences(p_values: ArrayLike, confidence: float = 0.95) -> np.ndarray:
    """Return the confidences of intervals that exclude zero where Holm rejects.

    With α = 1 − ``confidence``, the interval of the k-th smallest of m p-values has the
    confidence 1 − α / (m − k + 1), up to the first that contains zero; those of all
    larger p-values have the same as that one, and contain zero, too.
    """
    alpha = 1 - confidence
    p = pd.Series(np.asarray(p_values, dtype=float))
    rejected = np.count_nonzero(holm(p) < alpha)
    steps = (p.rank(method="first") - 1).clip(upper=rejected)
    return (1 - alpha / (p.count() - steps)).to_numpy()


def _as_summary(arm: ArrayLike | Summary) -> Summary:
    return arm if isinstance(arm, Summary) else summarise(arm)


def _reach(error: float, df: float, confidence: float) -> float:
    """How far an interval by Student reaches; without any spread there is no end."""
    if error == 0:
        return math.inf
    return float(scipy.special.stdtrit(df, (1 + confidence) / 2)) * error


def _pooled_variance(a: Summary, b: Summary) -> float:
    return ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2)


def _noncentrality(t: float, df: int, probability: float) -> float:
    """Noncentrality under which a noncentral t is below ``t`` with ``probability``."""

    def excess(noncentrality: float) -> float:
        below = scipy.special.nctdtr(df, noncentrality, t)
        if np.isnan(below):
            # scipy gives up far out in either tail, where the value is 0 or 1.
            below = float(noncentrality < t)
        return below - probability

    # The probability falls as the noncentrality grows: widen until both signs are in.
    reach = 10.0 + t
    while excess(t - reach) < 0 or excess(t + reach) > 0:
        reach *= 2
    return float(scipy.optimize.brentq(excess, t - reach, t + reach))
