"""Numbers of figures on pages that have no number themselves.

Sphinx counts them from 1 over all such pages, so that "Fig. 3" of this book would be
another than the paper's Figure 3. They get the first letter of their page's file
instead: "R.1" is the first figure of *Results*.
"""

from collections.abc import Mapping

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from steps import PARALLEL


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx, once all figures are counted."""
    # Later than this, pages are written; earlier, Sphinx counts once more.
    app.connect("env-check-consistency", set_numbers)
    return PARALLEL


def set_numbers(app: Sphinx, env: BuildEnvironment) -> None:
    """Give the figures of pages without a number the letter of their page."""
    for page, kinds in env.toc_fignumbers.items():
        letter = page.rpartition("/")[2][0].upper()
        for kind, numbers in kinds.items():
            kinds[kind] = with_letter(numbers, letter)


def with_letter(
    numbers: Mapping[str, tuple[int | str, ...]], letter: str
) -> dict[str, tuple[int | str, ...]]:
    """Return the numbers of a page's figures, those of one part with the letter.

    Numbers that have a chapter stay; the others begin with 1 on each page.
    """
    ordered = sorted(name for name in numbers if len(numbers[name]) == 1)
    ordered.sort(key=lambda name: numbers[name])
    places = {name: (letter, place) for place, name in enumerate(ordered, start=1)}
    return {name: places.get(name, number) for name, number in numbers.items()}
