"""The first page: five short answers, a picture of them and a strip of comparisons."""

import html

import pandas as pd
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure

from aconv.companion.analysis.decomposition import (
    FIXED_ENVELOPE,
    INITIALIZATION,
    TRAINED_APERTURES,
    longest,
)
from aconv.companion.analysis.evidence import describe_evidence
from aconv.companion.analysis.findings import Context, Finding, Records
from aconv.companion.analysis.overview import NETWORKS
from aconv.companion.chapters.classification import starts
from aconv.companion.claims.judging import judge_claim
from aconv.companion.pages import figures
from aconv.companion.pages.tables import dataset_title
from aconv.companion.pages.words import minus
from aconv.companion.paper.claims import load_claims
from aconv.companion.paper.consistency import printed_slowdown
from aconv.companion.stats import AGAINST, FOR, Verdict, combine
from aconv.companion.stats.formatting import (
    format_estimate,
    format_range,
    format_signed,
    format_span,
)
from aconv.companion.stats.interim_analyses import LEVELS

RESULTS = "notebooks/results.html"
_EQUAL_STARTS = "What does the envelope give, at equal starts?"
_TRAINING = "What does training the size add to it?"


def answers(context: Context) -> Markdown:
    """Return the five answers: a verdict, a question and what was found."""
    rows = (
        _trainable(context),
        _step(context.records, FIXED_ENVELOPE, _EQUAL_STARTS),
        _step(context.records, TRAINED_APERTURES, _TRAINING),
        _decided(context),
        _cost(context),
    )
    lines = [
        f"- **{verdict}** **{question}** {minus(text)}"
        for verdict, question, text in rows
    ]
    return Markdown("\n".join(["```{container} answers", *lines, "```"]))


def picture(records: Records) -> Figure:
    """Draw the steps from ordinary to adaptive kernels below what the paper prints."""
    steps = longest(records.steps)
    names = [INITIALIZATION, FIXED_ENVELOPE, TRAINED_APERTURES]
    steps = steps[steps["step"].isin(names)]
    if not len(steps):
        return figures.note("no recorded runs of all variants yet")
    of_simple = records.comparisons["network"] == NETWORKS["simple"]
    printed = records.comparisons[of_simple].set_index("comparison")
    steps = steps.assign(title=steps["dataset"].map(dataset_title))
    return figures.steps_below_print(steps, printed)


def picture_words(records: Records) -> str:
    """Return which runs the picture is of, for its caption."""
    evidence = longest(records.judged_step(TRAINED_APERTURES))["evidence"]
    if not len(evidence):
        return "No runs are recorded yet"
    decided = any(found.decides for found in evidence)
    point = "" if decided else ", which can only point"
    return f"Recorded runs{point}: {describe_evidence(evidence)}"


def strip(comparisons: pd.DataFrame) -> HTML:
    """Return all printed comparisons as a strip of verdicts, framed at full length."""
    groups = []
    for network, rows in comparisons.groupby("network", sort=False):
        cells = "".join(_cell(row) for row in rows.itertuples())
        title = html.escape(network)
        groups.append(f"<li><span>{title}</span><ul>{cells}</ul></li>")
    return HTML(f'<ul class="strip">{"".join(groups)}</ul>')


def _cell(row: tuple) -> str:
    verdict = row.judgement.verdict
    full = row.evidence is not None and row.evidence.at_scale
    name = f"comparison-{row.Index}"
    kind = "verdict-" + verdict.replace(" ", "-") + (" full-length" if full else "")
    return (
        f'<li><a class="verdict {kind}" href="{RESULTS}" aria-describedby="{name}">'
        f"{html.escape(row.comparison.removeprefix('against '))}</a>"
        f'<span role="tooltip" id="{name}">{html.escape(minus(_comparison(row)))}'
        "</span></li>"
    )


def _comparison(row: tuple) -> str:
    text = (
        f"{row.judgement}. Adaptive minus ordinary, points: paper "
        f"{format_estimate(row.paper, row.paper_low, row.paper_high)}"
    )
    if not row.seeds:
        return text + ", here no two runs of both."
    here = format_estimate(row.difference, row.low, row.high)
    return f"{text}, here {here} at {row.size}. {describe_evidence([row.evidence])}."


def _trainable(context: Context) -> tuple[Verdict, str, str]:
    finding = _finding("abstract.envelope", context)
    errors = context.values("adaptive_kernel")["errors"]
    sizes = context.values("adaptive_kernel")["sizes"]
    worst = max(errors[name] for name in ("weights", "aperture"))
    derivatives = "Derivatives by weights and apertures differ from double precision by"
    if finding.verdict is Verdict.HOLDS:
        derivatives = (
            "With Eq. (12) mended the derivatives are right: those by weights and "
            "apertures agree with double precision to"
        )
    text = (
        f"{derivatives} {worst:.0e} of the largest, and on a 9×9 grid a kernel "
        f"can have any size from {sizes[0]:.1f} to {sizes[-1]:.1f} pixels."
    )
    if len(context.records.starts):
        text += f" Does training find one? {starts.answer(context.records.starts)}"
    return finding.verdict, "Can the size be trained?", text


def _step(records: Records, step: str, question: str) -> tuple[Verdict, str, str]:
    judged = longest(records.judged_step(step))
    verdict = combine(found.verdict for found in judged["judgement"])
    if not len(judged):
        return verdict, question, "No runs of both variants yet."
    return verdict, question, f"{_gains(judged)} ({_lengths(judged)})."


def _gains(judged: pd.DataFrame) -> str:
    """Say how far accuracies differ, and on how many data sets beyond chance."""
    points = format_span(*map(format_signed, judged["difference"].agg(["min", "max"])))
    gain, loss = (judged["low"] > 0).sum(), (judged["high"] < 0).sum()
    on = f"{gain} of {len(judged)} up and on {loss} down"
    if not gain and not loss:
        on = f"none of {len(judged)}"
    return f"{points} points of accuracy, by data set; beyond chance on {on}"


def _lengths(judged: pd.DataFrame) -> str:
    full = sum(found.at_scale for found in judged["evidence"])
    seeds = judged[["n_first", "n_second"]].min(axis=None)
    if not full:
        return f"from at least {seeds} runs of each, which only point"
    return f"{full} at full length; {seeds} seeds at least"


def _decided(context: Context) -> tuple[Verdict, str, str]:
    table = context.records.comparisons
    verdicts = [found.verdict for found in table["judgement"]]
    known = table[table["seeds"] > 0]
    full = sum(found.at_scale for found in known["evidence"])
    towards, away = (sum(v in side for v in verdicts) for side in (FOR, AGAINST))
    text = (
        f"Of {len(table)} comparisons of accuracy {full or 'none'} "
        f"{'have' if full > 1 else 'has'} {min(LEVELS)} runs of full length or more. "
        f"On the paper's side: {towards}; on the other: {away}; "
        f"open: {verdicts.count(Verdict.OPEN)}; not tested: "
        f"{verdicts.count(Verdict.NOT_TESTED)}."
    )
    finding = _finding("abstract.improvement", context)
    return finding.verdict, "Are such networks more accurate?", text


def _cost(context: Context) -> tuple[Verdict, str, str]:
    finding = _finding("timing.slowdown", context)
    values = context.values("timing")
    tables = [pd.DataFrame(values[name]) for name in ("training", "folded")]
    training, folded = (
        format_range(table["median"].min(), table["median"].max()) for table in tables
    )
    (low, high), printed = printed_slowdown()
    against = "in the paper "
    if tables[0]["high"].max() < low:
        against = "less than the paper says, "
    elif tables[0]["low"].min() > high:
        against = "more than the paper says, "
    text = (
        f"On a CPU a training step takes {training} times as long as with ordinary "
        f"kernels ({against}about {printed}), and the folded network {folded} times."
    )
    return finding.verdict, "What does a step cost?", text


def _finding(name: str, context: Context) -> Finding:
    (claim,) = (claim for claim in load_claims() if claim.id == name)
    return judge_claim(claim, context)
