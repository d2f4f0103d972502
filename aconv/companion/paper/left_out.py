"""Which numbers of the paper's text are not in ``data/paper.yaml``, and why.

The text of the paper is not part of this project. Whoever has it as a file, with its
formulas as LaTeX between dollar signs, can check that no number was overlooked::

    python -m aconv.companion.paper.left_out paper.txt
"""

import collections
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from aconv.companion.paper.numbers import load

_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|```.*?```", re.DOTALL)
_LABEL = re.compile(
    r"(?:Sections?|Figures?|Tables?|Theorem|Algorithm|Appendix|Eqs?\.?)\s+\(?$"
)
# What is no result and no setting: products, grants, and the date of the preprint.
_NAMES = {
    "8565": "the name of a processor",
    "1650": "the name of a graphics processor",
    "1001": "the name of a grant",
    "118": "the name of a grant",
    "15": "the date of the preprint",
}

_NO_REASON = "NO REASON"


def left_out(text: str) -> Iterator[tuple[str, str, str]]:
    """Goes through the numbers of a text that ``data/paper.yaml`` does not have.

    Numbers in words are not seen, and a number that the file has once is known wherever
    it occurs.

    Args:
        text: The paper, formulas as LaTeX between dollar signs, code between three
            backticks, sections with their number at the beginning of a line. It ends
            with its references, which are not looked at.

    Yields:
        The number as printed; the words around it; and why it is left out, empty if no
        rule says so.

    Example:
        >>> list(left_out("It reached 12.3456 % (Tek, 2019)."))[0]
        ('12.3456', 'It reached 12.3456 % (Tek, 2019).', '')
    """
    body = text.rpartition("\nReferences")[0] or text
    printed = {
        number
        for entry in load().values()
        for number in (_plain(found) for found in _NUMBER.findall(entry.printed))
    }
    formulas = [match.span() for match in _FORMULA.finditer(body)]
    for match in _NUMBER.finditer(body):
        number = _plain(match.group())
        if number in printed:
            continue
        at = match.start()
        context = " ".join(body[max(0, at - 45) : match.end() + 25].split())
        inside = any(start <= at < end for start, end in formulas)
        yield number, context, _why(body, match, number, inside)


def _plain(number: str) -> str:
    return number.rstrip(",.")


def _why(body: str, match: re.Match, number: str, in_formula: bool) -> str:
    before, after = body[: match.start()], body[match.end() :]
    if in_formula:
        return "part of a formula or of code"
    if re.fullmatch(r"(?:19|20)\d\d", number):
        return "a year"
    if _LABEL.search(before[-20:]):
        return "the number of a section, figure, table, theorem or equation"
    if before.endswith("\n") and re.match(r"\.?\s+[A-Z]", after):
        return "the number of a section"
    if before.endswith("(") and after.startswith(")"):
        return "the number of an equation"
    return _NAMES.get(number, "")


def main(arguments: Sequence[str]) -> int:
    """Prints the numbers that are left out, and says whether each has a reason.

    Args:
        arguments: The name of the file.

    Returns:
        0 if every number that is left out has a reason, else 1; 2 without a file.
    """
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print(f"One argument is needed, a text file. Received: {list(arguments)}")
        return 2
    text = Path(arguments[0]).read_text(encoding="utf-8")
    reasons = collections.Counter()
    for number, context, why in left_out(text):
        reasons[why or _NO_REASON] += 1
        print(f"{number:>8}  {why or _NO_REASON:60}  {context}")
    for why, count in reasons.most_common():
        print(f"{count:>8}  {why}")
    return 1 if reasons[_NO_REASON] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
