"""Numbers and words that code puts into the text of a page."""

from collections.abc import Mapping

import numpy as np
from myst_nb import glue


def glue_all(prefix: str, facts: Mapping[str, object]) -> None:
    """Glue facts for the text, which calls them ``prefix_name``."""
    for name, value in facts.items():
        # The text formats what it is given as Python writes it, without NumPy's names.
        plain = value.item() if isinstance(value, np.generic) else value
        glue(f"{prefix}_{name}", plain, display=False)
