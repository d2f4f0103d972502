"""The signs of numbers in the text of a page."""

import re
from typing import Any


def minus(cell: Any) -> Any:
    """Replace the hyphen before a number by a minus sign, "inf" by its sign."""
    if not isinstance(cell, str):
        return cell
    signed = re.sub(r"(?<![\w.])-(?=\d|inf\b)", "−", cell)
    return re.sub(r"(?<=[−+])inf\b", "∞", signed)
