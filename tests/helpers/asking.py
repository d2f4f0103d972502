"""Questions to judges, as ``data/claims.yaml`` puts them."""

from aconv.companion.analysis.findings import Context
from aconv.companion.claims.judging import judge_claim
from aconv.companion.paper.claims import PaperClaim


def ask(judge, records=None):
    """What a judge finds, by its name and arguments, as "best_size simple"."""
    name, *arguments = judge.split()
    claim = PaperClaim("id", "claim", "place", "page", (), "", name, tuple(arguments))
    context = Context()
    if records is not None:
        context.records = records
    return judge_claim(claim, context)
