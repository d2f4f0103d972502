"""The claims of the paper as pages show them: boxes, the board, tables."""

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from IPython.display import HTML, Markdown

from aconv.companion.claims.judging import JudgedClaim, count_numbers, judge_claims
from aconv.companion.pages.words import count_words, minus
from aconv.companion.paper.claims import load_claims
from aconv.companion.paper.numbers import number

_MOST_PRINTED = 4
_TITLES = {
    "intro": "First page",
    "notebooks/results": "Results",
    "notebooks/audit": "Audit",
    "notebooks/adaptive_kernel": "The adaptive kernel",
    "notebooks/variance_theorem": "The variance theorem",
    "notebooks/data_sets": "The data sets",
    "notebooks/filter_learning": "Learning image filters",
    "notebooks/simple_network": "The simple network",
    "notebooks/resnet": "The ResNet",
    "notebooks/heatmaps": "Heatmaps",
    "notebooks/unet": "The U-Net",
    "notebooks/timing": "Time",
}
_COLUMNS = ("claim", "paper", "here", "evidence", "verdict", "page")


def answer(page: str) -> Markdown:
    """Return the box of a chapter: its claims, verdicts, findings and evidence."""
    of_page = [claim for claim in load_claims() if claim.answer == page]
    # What the paper's own sections say comes before its abstract and discussion.
    of_page.sort(key=lambda claim: not re.match(r"Section [34]|Table", claim.place))
    judged = judge_claims(of_page)
    sources = dict.fromkeys(
        # Without what tells one kept result from another.
        item.finding.evidence.partition("; digest")[0]
        for item in judged
        if item.finding.evidence != "–"
    )
    lines = [
        "````{admonition} Answer",
        ":class: tip answer",
        "| the paper's claim | verdict | found here |",
        "|---|---|---|",
        *map(_row, judged),
        "",
        f"Evidence: {minus('; '.join(sources))}." if sources else "",
        "````",
    ]
    return Markdown("\n".join(lines))


def board() -> Markdown:
    """Return the few claims of the first page, as a table."""
    of_board = [claim for claim in load_claims() if claim.board]
    judged = judge_claims(sorted(of_board, key=lambda claim: claim.board))
    lines = [
        "```{table}",
        ":class: board",
        "",
        "| the paper's claim | verdict | found here | chapter |",
        "|---|---|---|---|",
        *(f"{_row(item)} [](/{item.claim.page}) |" for item in judged),
        "```",
    ]
    return Markdown("\n".join(lines))


def verdict_facts(ids: Iterable[str]) -> dict[str, str]:
    """Return the verdicts on claims, by their ids with "_" for dots, for a text."""
    known = {claim.id: claim for claim in load_claims()}
    return {
        item.claim.id.replace(".", "_"): item.finding.verdict.value
        for item in judge_claims([known[name] for name in ids])
    }


def counts_text(judged: Sequence[JudgedClaim]) -> str:
    """Return such as "45 claims with 105 printed numbers: holds 24, open 21"."""
    counts = count_words(item.finding.verdict for item in judged)
    printed, recorded = count_numbers(judged)
    more = f" and {recorded} that its authors recorded" if recorded else ""
    return f"{len(judged)} claims with {printed} printed numbers{more}: {counts}"


def _judge_page(page: str) -> list[JudgedClaim]:
    return judge_claims([claim for claim in load_claims() if claim.page == page])


def counts_of(page: str) -> str:
    """Return ``counts_text`` of the claims that a page of the book tests."""
    return counts_text(_judge_page(page))


def claims_table(page: str) -> HTML:
    """Return ``judged_table`` of the claims that a page of the book tests."""
    judged = _judge_page(page)
    return judged_table(judged, f"The {len(judged)} claims that belong to this page")


def judged_table(
    judged: Iterable[JudgedClaim], caption: str, *, opens: str = "all"
) -> HTML:
    """Return claims as a table that the page's script can sort and filter.

    ``opens`` is "decided" where the script shows only those at first.
    """
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    body = "".join(_html_row(item) for item in judged)
    return HTML(
        '<div class="claims-frame">'
        f'<table class="claims dataframe" data-opens="{opens}">'
        f"<caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _html_row(item: JudgedClaim) -> str:
    claim, finding = item.claim, item.finding
    file = PurePosixPath(claim.page).name
    # The tables are on pages in the folder of the notebooks.
    address = f"{file}.html" if "/" in claim.page else f"../{claim.page}.html"
    if claim.section:
        address += f"#{claim.section}"
    place = f'<span class="place">{html.escape(claim.place)}</span>'
    cells = (
        f"{html.escape(claim.claim)} {place}",
        html.escape(_paper(item)),
        html.escape(minus(finding.ours)),
        _evidence(finding.evidence),
        html.escape(finding.verdict),
        f'<a href="{address}">{_TITLES[claim.page]}</a>',
    )
    row = "".join(
        f'<td data-label="{name}">{cell}</td>'
        for name, cell in zip(_COLUMNS, cells, strict=True)
    )
    verdict = finding.verdict.replace(" ", "-")
    return f'<tr id="claim-{claim.id}" data-verdict="{verdict}">{row}</tr>'


def _evidence(text: str) -> str:
    """Write evidence; what tells one kept result from another in small type."""
    known, semicolon, origin = minus(text).partition("; digest")
    if not semicolon:
        return html.escape(known)
    first, *rest = known.split("; ")
    small = html.escape("; ".join([*rest, f"digest{origin}"]))
    return f'{html.escape(first)} <span class="place">{small}</span>'


def _paper(item: JudgedClaim) -> str:
    """What the paper prints: its numbers, or how many; or how many are recorded."""
    if item.finding.paper:
        return minus(item.finding.paper)
    numbers = [number(name) for name in item.claim.numbers]
    printed = [found.printed for found in numbers if not found.is_recorded]
    if len(printed) > _MOST_PRINTED:
        return f"{len(printed)} numbers"
    if len(printed) < len(numbers):
        printed.append(f"{len(numbers) - len(printed)} recorded")
    return ", ".join(dict.fromkeys(printed)) or "–"


def _row(item: JudgedClaim) -> str:
    claim = f"{_cell(item.claim.claim)} *({_cell(item.claim.place)})*"
    return f"| {claim} | **{item.finding.verdict}** | {_cell(item.finding.ours)} |"


def _cell(text: str) -> str:
    return minus(text).replace("|", "\\|")
