"""A verdict for every claim of the paper, written down nowhere: each is computed."""

import dataclasses
import functools
import importlib
from collections.abc import Iterable
from pathlib import Path

from aconv.companion.analysis.findings import JUDGES, Context, Finding, NotTestedError
from aconv.companion.paper.claims import PaperClaim, load_claims
from aconv.companion.paper.numbers import number
from aconv.companion.runs.results_cache import results_folder
from aconv.companion.runs.store import RunStore
from aconv.companion.stats import Verdict

_EVERY_JUDGE = "aconv.companion.claims.every_judge"


@dataclasses.dataclass(frozen=True)
class JudgedClaim:
    """A claim of the paper and what is found about it."""

    claim: PaperClaim
    finding: Finding


def judge_claims(
    claims: Iterable[PaperClaim] | None = None, store: RunStore | None = None
) -> list[JudgedClaim]:
    """Judge claims, all of the paper by default, on the records of a store."""
    folders = (store or RunStore()).folder, results_folder()
    # Records and results are moved into place, which the folder's time shows.
    changed = [path.stat().st_mtime_ns if path.exists() else 0 for path in folders]
    context = _context(*folders, *changed)
    claims = load_claims() if claims is None else claims
    return [JudgedClaim(claim, judge_claim(claim, context)) for claim in claims]


def judge_claim(claim: PaperClaim, context: Context) -> Finding:
    """Judge one claim; ``ValueError`` if it names a judge that does not exist."""
    if claim.untested:
        return Finding(Verdict.NOT_TESTED, claim.untested)
    if claim.judge not in JUDGES:
        # A page imports the judges of its claims, so that it is made again when they
        # change, and not when those of other chapters do.
        importlib.import_module(_EVERY_JUDGE)
    if claim.judge not in JUDGES:
        raise ValueError(
            f"`judge` of the claim {claim.id!r} must be one of "
            f"{', '.join(sorted(JUDGES))}, of the modules that {_EVERY_JUDGE} imports. "
            f"Received: {claim.judge!r}"
        )
    try:
        return JUDGES[claim.judge](claim, context)
    except NotTestedError as reason:
        return Finding(Verdict.NOT_TESTED, str(reason))


def count_verdicts(judged: Iterable[JudgedClaim]) -> dict[Verdict, int]:
    """Return for every verdict, in the order of ``Verdict``, its number of claims."""
    found = [item.finding.verdict for item in judged]
    return {verdict: found.count(verdict) for verdict in Verdict}


def count_numbers(judged: Iterable[JudgedClaim]) -> tuple[int, int]:
    """Return how many printed numbers, and how many recorded, belong to claims."""
    of_claims = [number(name) for item in judged for name in item.claim.numbers]
    recorded = sum(found.is_recorded for found in of_claims)
    return len(of_claims) - recorded, recorded


@functools.lru_cache(maxsize=1)
def _context(records: Path, results: Path, *changed: int) -> Context:
    """What judges are given, made anew only where records or results have changed."""
    return Context(RunStore(records))
