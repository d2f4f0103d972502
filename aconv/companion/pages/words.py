"""Numbers and verdicts in the text of a page."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from aconv.companion.stats import Verdict

Interval = tuple[float, float]


def minus(cell: Any) -> Any:
    """Replace the hyphen before a number by a minus sign, "inf" by its sign."""
    if not isinstance(cell, str):
        return cell
    signed = re.sub(r"(?<![\w.])-(?=\d|inf\b)", "−", cell)
    return re.sub(r"(?<=[−+])inf\b", "∞", signed)


def layer_title(name: str) -> str:
    """Return such as "level 2, block 1, conv 2" of "level_2_block_1_conv_2"."""
    return re.sub(r"_(?=[a-z])", ", ", name).replace("_", " ")


def listed(words: Iterable[str]) -> str:
    """Return such as "one, two and three"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def count_words(verdicts: Iterable[Verdict]) -> str:
    """Return such as "holds 2, open 3", in the order of ``Verdict``."""
    verdicts = list(verdicts)
    return ", ".join(
        f"{word} {verdicts.count(word)}" for word in Verdict if word in verdicts
    )


def agreement(here: Mapping[Any, Interval], kept: Mapping[Any, Interval]) -> str:
    """Return whether intervals of this build overlap those that are kept, by name."""
    both = {name: (here[name], kept[name]) for name in here if name in kept}
    if not both:
        return "with no kept result to compare it with"
    apart = [
        name
        for name, ((low, high), (low_kept, high_kept)) in both.items()
        if low > high_kept or low_kept > high
    ]
    if not apart:
        return "with intervals that overlap those kept in the answer box"
    # Of several, some may agree.
    where = f" at {listed(map(str, apart))}" if len(both) > 1 else ""
    return f"with intervals apart from those kept in the answer box{where}"
