"""Numbers and words that code puts into the text of a page."""

from collections.abc import Mapping

from myst_nb import glue


def glue_all(prefix: str, facts: Mapping[str, object]) -> None:
    """Makes facts known to the text, without showing them here.

    Args:
        prefix: What their names begin with, as "simple".
        facts: By name; the text says ``{glue:text}`` and "simple_name".
    """
    for name, value in facts.items():
        glue(f"{prefix}_{name}", value, display=False)
