"""Numbers that code puts into the text of a page."""

import numpy as np
import pytest

from aconv.companion.pages import glueing


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.float64(1.5), 1.5), (np.int64(3), 3), (np.str_("a"), "a"), (2.5, 2.5)],
)
def test_facts_are_glued_as_python_writes_them(value, plain, monkeypatch):
    glued = {}
    monkeypatch.setattr(
        glueing, "glue", lambda name, value, display: glued.update({name: value})
    )
    glueing.glue_all("page", {"fact": value})
    assert glued == {"page_fact": plain}
    assert type(glued["page_fact"]) is type(plain)
