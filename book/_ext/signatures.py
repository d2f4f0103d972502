"""What the API reference shows of a class: its own arguments, and members of aconv.

Layers of Keras have a ``__new__`` that takes anything, and autodoc would show that one;
and they have some hundred members that are documented elsewhere.
"""

import inspect

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature


def setup(app: Sphinx) -> dict:
    """Connects the steps to autodoc."""
    app.connect("autodoc-process-signature", of_init)
    app.connect("autodoc-skip-member", skip_foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def of_init(
    app: Sphinx,
    what: str,
    name: str,
    documented: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str, None] | None:
    """Returns the signature of a class as text, and None for all else."""
    if what != "class":
        return None
    whole = inspect.signature(documented.__init__)
    _, *arguments = whole.parameters.values()  # without `self`
    shown = whole.replace(parameters=arguments)
    return stringify_signature(shown, show_annotation=False), None


def skip_foreign(
    app: Sphinx, what: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Skips members of classes that aconv does not define, and leaves the others."""
    defined = getattr(getattr(member, "fget", member), "__module__", None) or ""
    is_foreign = what == "class" and not defined.startswith("aconv.")
    return True if is_foreign else None
