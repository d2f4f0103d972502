"""A verdict for every claim of the paper.

``data/claims.yaml`` names what judges a claim; here are the judges by name. No verdict
is written down anywhere: each is computed from recorded runs, from results that
chapters keep, or by calculation from what is printed.
"""

import collections
import dataclasses
from collections.abc import Callable, Iterable, Mapping

from aconv.companion.analysis import (
    chapter_claims,
    printed_claims,
    printed_settings,
    recorded_claims,
)
from aconv.companion.analysis.findings import Finding, Records, not_tested
from aconv.companion.paper.claims import PaperClaim, load_claims
from aconv.companion.runs.store import RunStore
from aconv.companion.stats import Verdict

# Judges by what they judge from: records and arguments, the claim's numbers, or
# arguments alone.
_OF_RECORDS: Mapping[str, Callable[..., Finding]] = {
    "comparison": recorded_claims.comparison,
    "best_size": recorded_claims.best_size,
    "best_size_but_faces": recorded_claims.best_size_but_faces,
    "trained": recorded_claims.trained,
    "every_size": recorded_claims.every_size,
    "clear_gains": recorded_claims.clear_gains,
    "larger": recorded_claims.larger,
    "against_smallest": recorded_claims.against_smallest,
    "apertures": recorded_claims.apertures_of,
    "segmentation": recorded_claims.segmentation_scores,
    "segmentation_onset": recorded_claims.segmentation_onset,
}
_OF_NUMBERS: Mapping[str, Callable[[Iterable[str]], Finding]] = {
    "settings": printed_settings.settings,
    "same_number": printed_claims.same_number,
    "layers": printed_claims.layers,
}
_OF_ARGUMENTS: Mapping[str, Callable[..., Finding]] = {
    "output_size": printed_claims.output_size,
    "grid": printed_claims.grid,
    "gaussian_labels": printed_claims.gaussian_labels,
    "parameters": printed_claims.parameters,
    "printed_tests": printed_claims.printed_tests,
    "printed_maxima": printed_claims.printed_maxima,
    "highest_mean": printed_claims.highest_mean,
    "printed_slowdown": printed_claims.printed_slowdown,
    "printed_speed": printed_claims.printed_speed,
    "kernel": chapter_claims.kernel,
    "kernel_misprint": chapter_claims.kernel_misprint,
    "kernel_indices": chapter_claims.kernel_indices,
    "variance": chapter_claims.variance,
    "gradient_variance": chapter_claims.gradient_variance,
    "filters": chapter_claims.filters,
    "filter_error": chapter_claims.filter_error,
    "slowdown": chapter_claims.slowdown,
    "timing_parts": chapter_claims.timing_parts,
    "heatmaps": chapter_claims.heatmaps,
}


@dataclasses.dataclass(frozen=True)
class JudgedClaim:
    """A claim of the paper and what is found about it.

    Attributes:
        claim: The claim.
        finding: What is found.
    """

    claim: PaperClaim
    finding: Finding


def judge_claims(
    claims: Iterable[PaperClaim] | None = None, store: RunStore | None = None
) -> list[JudgedClaim]:
    """Judges claims.

    Args:
        claims: The claims; all of the paper by default.
        store: Where the records are; the store of the project by default.

    Returns:
        The claims with their findings, in the same order.

    Raises:
        ValueError: If a claim names a judge that does not exist.
    """
    records = Records(store)
    claims = load_claims() if claims is None else claims
    return [JudgedClaim(claim, judge_claim(claim, records)) for claim in claims]


def judge_claim(claim: PaperClaim, records: Records) -> Finding:
    """Judges one claim.

    Args:
        claim: The claim.
        records: The recorded runs.

    Returns:
        The finding.

    Raises:
        ValueError: If it names a judge that does not exist.
    """
    if claim.untested:
        return not_tested(claim.untested)
    name, *arguments = claim.judge
    if name in _OF_RECORDS:
        return _OF_RECORDS[name](records, *arguments)
    if name in _OF_NUMBERS:
        return _OF_NUMBERS[name](claim.numbers)
    if name in _OF_ARGUMENTS:
        return _OF_ARGUMENTS[name](*arguments)
    known = sorted([*_OF_RECORDS, *_OF_NUMBERS, *_OF_ARGUMENTS])
    raise ValueError(f"`judge` must be one of {known}. Received: {name!r}")


def count_verdicts(judged: Iterable[JudgedClaim]) -> dict[Verdict, int]:
    """Counts claims by verdict.

    Args:
        judged: What ``judge_claims`` returned.

    Returns:
        Every verdict, in the order of ``stats.Verdict``, to its number of claims.
    """
    found = collections.Counter(item.finding.verdict for item in judged)
    return {verdict: found[verdict] for verdict in Verdict}


def count_numbers(judged: Iterable[JudgedClaim]) -> int:
    """Counts the numbers of the paper that belong to claims.

    Args:
        judged: What ``judge_claims`` returned.

    Returns:
        Their number.
    """
    return sum(len(item.claim.numbers) for item in judged)
