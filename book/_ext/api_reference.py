"""What the API reference shows: arguments and members of classes, examples as code.

Layers of Keras have a ``__new__`` that takes anything, and autodoc would show that one;
and they have some hundred members that are documented elsewhere.
"""

import inspect
import re

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature
from steps import PARALLEL, on_pages

# What Sphinx makes of a long signature: a list of definitions without terms.
PARAMETERS = re.compile(
    r'<dl>\s*((?:<dd><em class="sig-param">.*?</dd>\s*)+)</dl>', re.DOTALL
)


def setup(app: Sphinx) -> dict:
    """Connect the steps to autodoc."""
    app.connect("autodoc-process-signature", of_init)
    app.connect("autodoc-skip-member", skip_foreign)
    # Before napoleon reads the docstring.
    app.connect("autodoc-process-docstring", set_examples_apart, priority=400)
    on_pages(app, lambda body, *_: mend_signatures(body), priority=850)
    return PARALLEL


def of_init(
    app: Sphinx,
    what: str,
    name: str,
    documented: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str, None] | None:
    """Return the signature of a class as text, and None for all else."""
    if what != "class":
        return None
    whole = inspect.signature(documented.__init__)
    _, *arguments = whole.parameters.values()  # without `self`
    shown = whole.replace(parameters=arguments)
    return stringify_signature(shown, show_annotation=False), None


def skip_foreign(
    app: Sphinx, what: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Skip members of classes that aconv does not define, and leave the others."""
    defined = getattr(getattr(member, "fget", member), "__module__", None) or ""
    is_foreign = what == "class" and not defined.startswith("aconv.")
    return True if is_foreign else None


def set_examples_apart(
    app: Sphinx,
    what: str,
    name: str,
    documented: object,
    options: object,
    lines: list[str],
) -> None:
    """Put an empty line before an example that follows its heading at once.

    Without one the example would be a paragraph of text.
    """
    for place in reversed(range(len(lines) - 1)):
        heading, example = lines[place : place + 2]
        if heading.strip() == "Example:" and example.lstrip().startswith(">>>"):
            lines.insert(place + 1, "")


def mend_signatures(body: str) -> str:
    """Give the parameters of long signatures lines of their own, and no false list."""

    def lines(match: re.Match) -> str:
        inner = re.sub(r"<(/?)dd>", r"<\1div>", match[1])
        return f'<div class="sig-params">{inner}</div>'

    return PARAMETERS.sub(lines, body)
