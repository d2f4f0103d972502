"""Comparing two arms of an experiment by the scores of their runs.

The paper compares the five scores of each arm by Student's two-tailed t-test for
independent samples with equal variances (Tables 2 and 3). Beside it stand what a reader
needs to judge such a comparison: Welch's test, which drops the equal variances, the
interval of the difference, the effect size with its interval, and Holm's correction for
the number of comparisons.
"""

import math
import numbers
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
from numpy.typing import ArrayLike

from aconv.companion.stats._check import (
    delta_degrees,
    finite_array,
    open_unit,
    whole_number,
)


@dataclass(frozen=True)
class Summary:
    """Summary numbers of the scores of one arm.

    Args:
        mean: Mean of the scores.
        std: Standard deviation, not negative.
        n: Number of scores, at least 2.
        ddof: 0 if the standard deviation divides by n, as NumPy and the paper's
            tables do, 1 if it divides by n − 1.
        maximum: Highest score, ``None`` where it is not known.

    Raises:
        ValueError: If a number is out of its range or not finite.

    Example:
        >>> Summary(mean=0.9963, std=2e-4, n=5)  # Table 2, MNIST, adaptive
        Summary(mean=0.9963, std=0.0002, n=5, ddof=0, maximum=None)
    """

    mean: float
    std: float
    n: int
    ddof: int = 0
    maximum: float | None = None

    def __post_init__(self) -> None:
        whole_number("n", self.n, minimum=2)
        delta_degrees(self.ddof)
        for name in ("mean", "std", "maximum"):
            value = getattr(self, name)
            if value is None and name == "maximum":
                continue
            if not isinstance(value, numbers.Real) or not math.isfinite(value):
                raise ValueError(f"`{name}` must be a finite number. Received: {value}")
        if self.std < 0:
            raise ValueError(f"`std` must not be negative. Received: {self.std}")

    @property
    def variance(self) -> float:
        """Unbiased variance: the standard deviation squared, over n − 1."""
        return self.std**2 * (self.n - self.ddof) / (self.n - 1)


@dataclass(frozen=True)
class TTest:
    """Result of a two-tailed t-test of two independent arms.

    Attributes:
        t: Test statistic, positive where the first arm is better. NaN if neither the
            means nor any two scores of an arm differ, infinite if only the means do.
        p: Two-tailed p-value.
        df: Degrees of freedom.
        difference: Mean of the first arm less mean of the second.
        low: Lower end of the confidence interval of the difference; without end where
            no two scores of an arm differ, which tells nothing of other runs.
        high: Upper end of that interval.
        confidence: Confidence of the interval.
        error: Standard error of the difference.
    """

    t: float
    p: float
    df: float
    difference: float
    low: float
    high: float
    confidence: float
    error: float


@dataclass(frozen=True)
class EffectSize:
    """Hedges' g, the difference of two means in standard deviations.

    Attributes:
        g: Unbiased estimate of the standardised difference.
        low: Lower end of the confidence interval of the standardised difference.
        high: Upper end of that interval.
        confidence: Confidence of the interval.
    """

    g: float
    low: float
    high: float
    confidence: float


def summarise(scores: ArrayLike, ddof: int = 0) -> Summary:
    """Return mean, standard deviation and maximum of the scores of one arm.

    Args:
        scores: Scores, shape (n,), n at least 2.
        ddof: 0 (the default, as in the paper's tables) or 1.

    Returns:
        The summary.

    Raises:
        ValueError: If ``scores`` is not a finite vector of at least two numbers, or
            ``ddof`` is neither 0 nor 1.

    Example:
        >>> summarise([0.5, 0.7]).maximum
        0.7
    """
    scores = finite_array("scores", scores, ndim=1)
    ddof = delta_degrees(ddof)
    if scores.size < 2:
        raise ValueError(
            f"`scores` must hold at least 2 values. Received: {scores.size}"
        )
    return Summary(
        mean=float(scores.mean()),
        std=float(scores.std(ddof=ddof)),
        n=scores.size,
        ddof=ddof,
        maximum=float(scores.max()),
    )


def two_tailed_p(t: ArrayLike, df: ArrayLike) -> np.ndarray | float:
    """Return the two-tailed p-value of a t statistic.

    Args:
        t: Statistic, any shape.
        df: Degrees of freedom, positive, broadcast against ``t``.

    Returns:
        P-values between 0 and 1, NaN where ``t`` is; a float if both are scalars.

    Raises:
        ValueError: If a number of degrees of freedom is not positive.

    Example:
        >>> round(two_tailed_p(2.88, 8), 3)  # Table 2, MNIST
        0.021
    """
    if not np.all(np.asarray(df) > 0):
        raise ValueError(f"`df` must be positive. Received: {df}")
    p = 2 * scipy.stats.t.sf(np.abs(t), df)
    return float(p) if np.ndim(p) == 0 else p


def t_test(
    a: ArrayLike | Summary,
    b: ArrayLike | Summary,
    *,
    equal_variances: bool = True,
    confidence: float = 0.95,
) -> TTest:
    """Tests whether two independent arms have the same mean, two-tailed.

    With equal variances this is the test of the paper's Tables 2 and 3, otherwise
    Welch's with the degrees of freedom of Welch and Satterthwaite.

    Args:
        a: First arm (in the paper: adaptive): scores of shape (n_a,), or their summary.
        b: Second arm (in the paper: ordinary): scores of shape (n_b,), or their
            summary.
        equal_variances: Student's test if true, Welch's if false.
        confidence: Confidence of the interval of the difference, in (0, 1).

    Returns:
        The test and the confidence interval of the difference of the means.

    Raises:
        ValueError: If an arm has fewer than two scores or a score is not finite, or if
            ``confidence`` is not between 0 and 1.

    Example:
        >>> test = t_test([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
        >>> round(test.t, 4), round(test.p, 4)
        (-1.2247, 0.2879)
    """
    a, b = _as_summary("a", a), _as_summary("b", b)
    confidence = open_unit("confidence", confidence)
    share_a, share_b = a.variance / a.n, b.variance / b.n
    if equal_variances:
        df = float(a.n + b.n - 2)
        error = math.sqrt(_pooled_variance(a, b) * (1 / a.n + 1 / b.n))
    else:
        error = math.sqrt(share_a + share_b)
        # Without any spread the formula is 0/0. The t statistic is infinite or NaN
        # then, whatever the degrees of freedom.
        df = float(a.n + b.n - 2)
        if error > 0:
            # Shares of the variance, so that tiny variances do not underflow.
            part_a = share_a / (share_a + share_b)
            part_b = share_b / (share_a + share_b)
            df = 1 / (part_a**2 / (a.n - 1) + part_b**2 / (b.n - 1))
    difference = a.mean - b.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        t = float(np.divide(difference, error))
    reach = float(scipy.stats.t.ppf((1 + confidence) / 2, df)) * error
    if error == 0:
        reach = math.inf
    return TTest(
        t=t,
        p=two_tailed_p(t, df),
        df=df,
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        confidence=confidence,
        error=error,
    )


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of a mean, by Student.

    Args:
        values: Independent values, shape (n,), n at least 2.
        confidence: Confidence of the interval, in (0, 1).

    Returns:
        Its ends; without end where the values have no spread.

    Raises:
        ValueError: If ``values`` is not a finite vector of at least two numbers, or
            ``confidence`` is not between 0 and 1.

    Example:
        >>> low, high = mean_interval([1.0, 2.0, 3.0])
        >>> round(low, 2), round(high, 2)
        (-0.48, 4.48)
    """
    summary = summarise(values)
    confidence = open_unit("confidence", confidence)
    error = math.sqrt(summary.variance / summary.n)
    if error == 0:
        return -math.inf, math.inf
    reach = float(scipy.stats.t.ppf((1 + confidence) / 2, summary.n - 1)) * error
    return summary.mean - reach, summary.mean + reach


def hedges_g(
    a: ArrayLike | Summary, b: ArrayLike | Summary, *, confidence: float = 0.95
) -> EffectSize:
    """Return Hedges' g with an exact confidence interval.

    The difference of the means is divided by the pooled standard deviation and
    multiplied by the factor that makes it unbiased for normal scores (Hedges 1981;
    0.90 for five runs per arm). The interval inverts the noncentral t distribution of
    the statistic (Steiger and Fouladi 1997), so it holds its confidence for few runs,
    where the usual normal approximation does not.

    Args:
        a: First arm: scores of shape (n_a,), or their summary.
        b: Second arm: scores of shape (n_b,), or their summary.
        confidence: Confidence of the interval, in (0, 1).

    Returns:
        The effect size, positive where the first arm is better. All its numbers are
        NaN if no arm has any spread: there is no unit to measure in.

    Raises:
        ValueError: As ``t_test``.

    Example:
        >>> effect = hedges_g([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
        >>> round(effect.g, 1), round(effect.low, 2), round(effect.high, 2)
        (-0.8, -2.68, 0.78)
    """
    a, b = _as_summary("a", a), _as_summary("b", b)
    confidence = open_unit("confidence", confidence)
    pooled = math.sqrt(_pooled_variance(a, b))
    if pooled == 0:
        return EffectSize(math.nan, math.nan, math.nan, confidence)
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
    return EffectSize(d * unbiased, low, high, confidence)


def holm(p_values: ArrayLike) -> np.ndarray:
    """Adjusts p-values for the size of their family (Holm 1979).

    The smallest of m p-values is multiplied by m, the next by m − 1 and so on; a value
    is never below the one before it nor above 1. Rejecting where the result is at most
    α keeps the chance of any false rejection in the family at α, whatever the
    dependence between the comparisons.

    Args:
        p_values: P-values, shape (m,). NaN marks a comparison that has none: it stays
            NaN and does not count.

    Returns:
        Adjusted p-values, shape (m,), in the order given.

    Raises:
        ValueError: If ``p_values`` is no vector or a value lies outside [0, 1].

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    known = ~np.isnan(p)
    if p.ndim != 1 or ((p[known] < 0) | (p[known] > 1)).any():
        raise ValueError(
            "`p_values` must be a vector of numbers in [0, 1] or NaN. "
            f"Received: {p_values}"
        )
    order = np.argsort(p)[: known.sum()]  # NaN sorts last
    factors = np.arange(order.size, 0, -1)
    adjusted = np.full_like(p, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return adjusted


def holm_confidences(p_values: ArrayLike, confidence: float = 0.95) -> np.ndarray:
    """Return the confidences of intervals that exclude zero where Holm rejects.

    With α = 1 − ``confidence``, the interval of the k-th smallest of m p-values has the
    confidence 1 − α / (m − k + 1), up to the first that contains zero; those of all
    larger p-values have the same as that one, and contain zero, too.

    Args:
        p_values: P-values, shape (m,). NaN marks a comparison that has none: it stays
            NaN and does not count.
        confidence: Confidence of the family, in (0, 1).

    Returns:
        Confidences, shape (m,), in the order given.

    Raises:
        ValueError: If ``p_values`` is no vector or a value lies outside [0, 1], or
            ``confidence`` is not between 0 and 1.

    Example:
        >>> holm_confidences([0.01, 0.5, 0.04]).round(4).tolist()
        [0.9833, 0.975, 0.975]
    """
    alpha = 1 - open_unit("confidence", confidence)
    adjusted, p = holm(p_values), np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    rejected = np.count_nonzero(adjusted[order] < alpha)
    steps = np.minimum(np.arange(order.size), rejected)
    confidences = np.full_like(p, np.nan)
    confidences[order] = 1 - alpha / (order.size - steps)
    return confidences


def _as_summary(name: str, arm: ArrayLike | Summary) -> Summary:
    if isinstance(arm, Summary):
        return arm
    try:
        return summarise(arm)
    except ValueError as error:
        raise ValueError(f"Arm `{name}`: {error}") from error


def _pooled_variance(a: Summary, b: Summary) -> float:
    return ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2)


def _noncentrality(t: float, df: int, probability: float) -> float:
    """Noncentrality under which a noncentral t is below ``t`` with ``probability``."""

    def excess(noncentrality: float) -> float:
        below = scipy.stats.nct.cdf(t, df, noncentrality)
        if np.isnan(below):
            # scipy gives up far out in either tail, where the value is 0 or 1.
            below = float(noncentrality < t)
        return below - probability

    # The probability falls as the noncentrality grows: widen until both signs are in.
    reach = 10.0 + t
    while excess(t - reach) < 0 or excess(t + reach) > 0:
        reach *= 2
    return float(scipy.optimize.brentq(excess, t - reach, t + reach))
