"""Gives the classes of the API reference the arguments of their ``__init__``.

Layers of Keras have a ``__new__`` that takes anything, and autodoc would show that one.
"""

import inspect

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature


def setup(app: Sphinx) -> dict:
    """Connects the step to autodoc."""
    app.connect("autodoc-process-signature", of_init)
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
