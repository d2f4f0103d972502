"""The signs of numbers in the text of a page."""

import re
from typing import Any


def minus(cell: Any) -> Any:
    """Replace the hyphen before a number by a minus sign.

    Example:
        >>> minus("-0.5 [-1.0, +0.1], 2e-5, U-Net, 3-4")
        '−0.5 [−1.0, +0.1], 2e-5, U-Net, 3-4'
    """
    return re.sub(r"(?<![\w.])-(?=\d)", "−", cell) if isinstance(cell, str) else cell
