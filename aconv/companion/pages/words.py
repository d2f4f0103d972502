"""How numbers look in the text of a page."""

import re
from typing import Any


def minus(cell: Any) -> Any:
    """Puts the sign of minus before numbers, where a hyphen stands for it.

    Args:
        cell: Text with numbers, or what is no text.

    Returns:
        The text, in which hyphens inside words and exponents stay; what is no text as
        it is.

    Example:
        >>> minus("-0.5 [-1.0, +0.1], 2e-5, U-Net, 3-4")
        '−0.5 [−1.0, +0.1], 2e-5, U-Net, 3-4'
    """
    return re.sub(r"(?<![\w.])-(?=\d)", "−", cell) if isinstance(cell, str) else cell
