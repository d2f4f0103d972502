"""Claims that chapters test live, judged by the results that they keep."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.stats

from aconv.companion.analysis.findings import Finding, not_tested, of_checks
from aconv.companion.analysis.kept import KeptResult, kept
from aconv.companion.datasets import info
from aconv.companion.experiments.filter_learning import (
    verdict_of_each,
    verdict_on_convergence,
)
from aconv.companion.measures import heatmaps as heatmap_measures
from aconv.companion.measures import times
from aconv.companion.paper.numbers import number
from aconv.companion.stats import Verdict, combine, direction
from aconv.companion.stats.written import interval

# Double precision agrees to some 1e-16; a wrong formula is off by a tenth and more.
EXACT = 1e-10
# A kernel is learned if its output explains so much of its target's variance.
LEARNED = 0.9
# An aperture has moved if it changed by so much of its initial value.
_MOVED = 0.1
# Times that differ by no more are the same.
_TOLERANCE = 0.05
_NO_NETWORK = "no times of the paper's network are kept"


def kernel(*checks: str) -> Finding:
    """Judges formulas by the chapter on the kernel.

    Args:
        checks: Names of its errors, or "size": that the effective size rises with the
            aperture.

    Returns:
        The finding.
    """

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        passed, texts = [], []
        for name in checks:
            if name == "size":
                sizes = values["sizes"]
                passed.append(bool(np.all(np.diff(sizes) > 0)))
                texts.append(f"{sizes[0]:.1f} to {sizes[-1]:.1f} pixels")
            else:
                error = values["errors"][name]
                passed.append(error < EXACT)
                size = f"off by {error:.0e}" if error else "equal to the last bit"
                texts.append(f"{_CHECKS[name]} {size}")
        return of_checks(passed), "; ".join(texts)

    return _judged("adaptive_kernel", judge)


def kernel_misprint() -> Finding:
    """Judges Eq. (12)."""

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        errors = values["errors"]
        text = (
            f"off by {errors['printed']:.2f} of the largest derivative; without its "
            f"factor 2 by {errors['without_2']:.2f}; with the derivative of s as well "
            f"by {errors['aperture']:.0e}"
        )
        return _misprint(errors["printed"], errors["aperture"]), text

    return _judged("adaptive_kernel", judge)


def kernel_indices() -> Finding:
    """Judges the indices of Eqs. (23) and (24)."""

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        errors = values["errors"]
        text = (
            f"so taken, the derivative is off by {errors['indices']:.2f} of the "
            f"largest; with (i + k, j + l) by {errors['weights']:.0e}"
        )
        return _misprint(errors["indices"], errors["weights"]), text

    return _judged("adaptive_kernel", judge)


def variance(what: str) -> Finding:
    """Judges the variance of weights under envelopes.

    Args:
        what: "covered", intervals of the mean that contain the theorem's value, or
            "inside", single measurements inside the band of chance.

    Returns:
        The finding: it holds if as many are as 95 % intervals allow, with a chance of
        1 in 1000 to say no to a true claim.
    """

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        count, total = values[what], values[f"{what}_of"]
        least = scipy.stats.binom.ppf(0.001, total, 0.95)
        text = f"{count} of {total} {_VARIANCES[what]}"
        return of_checks([count >= least]), text

    return _judged("variance_theorem", judge)


def gradient_variance() -> Finding:
    """Judges Eq. (20), with an error that is independent of the input."""

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        ratios = values["ratios"]
        # Together the intervals miss a true claim once in 1000.
        reach = scipy.stats.norm.isf(0.0005 / len(ratios)) / scipy.stats.norm.isf(0.025)
        inside = [abs(r["ratio"] - 1) <= reach * r["half"] for r in ratios]
        low, high = (f(r["ratio"] for r in ratios) for f in (min, max))
        text = (
            f"{low:.2f} to {high:.2f} of Eq. (20) with an error independent of the "
            f"input; {values['dependent']:.1f} with that of a loss at a narrow envelope"
        )
        return of_checks([all(inside)]), text

    return _judged("variance_theorem", judge)


def filters(what: str) -> Finding:
    """Judges what the layer of nine kernels learns, and how fast.

    Args:
        what: "learned" (the adaptive kernels), "both_learn", "converges",
            "most_converge" or "most_move".

    Returns:
        The finding, the same way if every kernel or seed bears the claim out, the other
        way if none does.
    """

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        adaptive = np.array(values["explained_adaptive"])
        ordinary = np.array(values["explained_ordinary"])
        moved = np.array(values["moved"]) > _MOVED
        latest = number("filters.convergence.high").value
        settled, early = np.array(values["settled"]), np.array(values["early"])
        learned = adaptive > LEARNED, ordinary > LEARNED
        share = f"of {len(adaptive)} explain over {LEARNED:.0%} of their target"
        cases = {
            "learned": (learned[0], f"{learned[0].sum()} {share}"),
            "both_learn": (
                np.concatenate(learned),
                f"{learned[0].sum()} adaptive and {learned[1].sum()} ordinary {share}",
            ),
            "converges": (
                settled <= latest,
                f"after {np.median(settled):.0f} updates, median over seeds",
            ),
            "most_converge": (
                early > 0.5,
                f"{early.mean():.0%} of the apertures by {latest}",
            ),
            "most_move": (
                moved,
                f"{moved.sum()} of {len(moved)} apertures move by over {_MOVED:.0%}",
            ),
        }
        agree, text = cases[what]
        if what in ("converges", "most_converge"):
            return verdict_on_convergence(agree, values["updates"], latest), text
        return verdict_of_each(agree), text

    return _judged("filter_learning", judge)


def filter_error() -> Finding:
    """Judges that the adaptive error is lower, with the authors' penalty."""

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        low, high = values["low"], values["high"]
        text = (
            f"{1e3 * values['adaptive']:.2f} against {1e3 * values['ordinary']:.2f} "
            f"thousandths, difference {interval(1e3 * low, 1e3 * high)}"
        )
        return direction(low, high, claimed=-1), text

    return _judged("filter_learning", judge)


def slowdown() -> Finding:
    """Judges the ratio of training steps, at each kernel size."""
    claim = tuple(
        number(f"timing.slowdown.{end}").rounded[end == "high"]
        for end in ("low", "high")
    )

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        if "training" not in values:
            return Verdict.NOT_TESTED, _NO_NETWORK
        rows = values["training"]
        found = [times.within(row["low"], row["high"], claim) for row in rows]
        text = ", ".join(
            f"{row['size']}×{row['size']} {row['median']:.2f} "
            f"[{row['low']:.2f}, {row['high']:.2f}]"
            for row in rows
        )
        return times.common(found), text

    return _judged("timing", judge)


def timing_parts(*parts: str) -> Finding:
    """Judges what the extra time depends on.

    Args:
        parts: Of "independent" (of the image), "size_only" (and not on the number of
            filters) and "removed" (by folding).

    Returns:
        The finding.
    """

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        same = (1 - _TOLERANCE, 1 + _TOLERANCE)
        found, texts = [], []
        if "independent" in parts:
            low, high = values["share"]
            found.append(times.within(low, high, (-_TOLERANCE, _TOLERANCE)))
            texts.append(
                f"the extra time changes by [{100 * low:.1f}, {100 * high:.1f}] % of "
                "the convolution's growth with the image"
            )
        if "size_only" in parts:
            low, high = values["with_filters"]
            found.append(times.within(low, high, same))
            texts.append(f"and by a factor of [{low:.1f}, {high:.1f}] with the filters")
        if "removed" in parts:
            if "folded" not in values:
                return Verdict.NOT_TESTED, _NO_NETWORK
            rows = values["folded"]
            found.append(
                times.common([times.within(r["low"], r["high"], same) for r in rows])
            )
            low, high = min(r["low"] for r in rows), max(r["high"] for r in rows)
            texts.append(f"folded over ordinary [{low:.2f}, {high:.2f}] over all sizes")
        return combine(found), " ".join(texts)

    return _judged("timing", judge)


def heatmaps(claim: str) -> Finding:
    """Judges a claim about heatmaps, over all sets of images.

    Args:
        claim: The claim, with "_" for a space.

    Returns:
        The finding.
    """
    wanted = claim.replace("_", " ")

    def judge(values: Mapping[str, Any]) -> tuple[Verdict, str]:
        verdicts, texts = [], []
        for images in values["images"]:
            rows = [row for row in images["gaps"] if row["claim"] == wanted]
            if rows:
                lows, highs = ([row[end] for row in rows] for end in ("low", "high"))
                verdicts.append(heatmap_measures.verdict(lows, highs))
                intervals = ", ".join(
                    f"{row['measure']} {interval(row['low'], row['high'])}"
                    for row in rows
                )
                texts.append(f"{info(images['dataset']).title}: {intervals}")
        if not verdicts:
            return Verdict.NOT_TESTED, "no recorded networks"
        return combine(verdicts), "; ".join(texts)

    return _judged("heatmaps", judge)


_CHECKS = {
    "product": "output",
    "weights": "derivative of weights",
    "aperture": "derivative of apertures",
    "folded": "folded network",
    "strides": "output with strides or dilation",
}
_VARIANCES = {
    "covered": "intervals contain the theorem's value",
    "inside": "measurements are where chance alone puts them",
}


def _misprint(printed: float, mended: float) -> Verdict:
    if printed < EXACT:
        return Verdict.HOLDS
    # That the mended formula is exact shows that the check itself is sound.
    return Verdict.MISPRINT if mended < EXACT else Verdict.OPEN


def _judged(
    chapter: str, judge: Callable[[Mapping[str, Any]], tuple[Verdict, str]]
) -> Finding:
    """Judges the kept result of a chapter, values and parameters, if there is one."""
    result = kept(chapter)
    if result is None:
        return not_tested("the chapter has kept no result")
    verdict, text = judge({**result.parameters, **result.values})
    if verdict is Verdict.NOT_TESTED:
        return not_tested(text)
    return Finding(verdict, text, describe(result))


def describe(result: KeptResult) -> str:
    """Says where a kept result comes from.

    Args:
        result: The result.

    Returns:
        What was computed where, and the digest of what made it.
    """
    parts = ["computed by the chapter", result.backend, result.device]
    if "seeds" in result.parameters:
        count = result.parameters["seeds"]
        seeds = f"{count} seed" if count == 1 else f"{count} seeds"
        if "recorded_seeds" in result.parameters:
            seeds += f" live, {result.parameters['recorded_seeds']} recorded"
        parts.insert(1, seeds)
    if "rounds" in result.parameters:
        parts.insert(1, f"{result.parameters['rounds']} rounds")
    if not result.is_current:
        parts.append("by an earlier version of the code")
    return "; ".join([*parts, f"digest {result.digest}"])
