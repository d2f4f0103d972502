"""A digest of code is of what it does, on whatever Python it is made."""

import ast

import pytest

from aconv.companion.sources import _canonical, code_digest

# What Pythons parse differently: formatted text, in parts and with a format that is put
# together; functions with and without arguments; constants of all kinds.
SOURCE = r'''
"""Words."""
import math

class Point:
    """A point."""
    x: float = 0.5

def show(value, *, form=".2f", unit=None, **more):
    text = f"{value:{form}} to {value!r:>8}" " and" f"" f" {math.pi=}" "\n"
    return [text, b"\x00", "ü" if unit else ..., {**more, "a": 1_000}, -2j]
'''


def test_digest_is_the_same_on_every_python():
    # Written down once: each Python of continuous integration must find it.
    assert code_digest([SOURCE]) == "6dc2ea7d12a3"


class _Empty(ast.NodeTransformer):
    """Put what Python 3.12 and 3.13 put into a tree, and 3.11 does not."""

    def visit_FunctionDef(self, node):
        node.type_params = []
        node._fields = (*ast.FunctionDef._fields, "type_params")
        return self.generic_visit(node)

    def visit_JoinedStr(self, node):
        self.generic_visit(node)
        node.values = [
            part for value in node.values for part in (value, ast.Constant(""))
        ]
        return node


def test_what_other_pythons_add_to_a_tree_changes_nothing(monkeypatch):
    before = code_digest([SOURCE])
    parse = ast.parse
    other = _Empty().visit(parse(SOURCE))
    # Whatever this Python puts into a tree by itself, and its dump leaves out.
    assert ast.dump(other) != ast.dump(parse(SOURCE))
    _canonical.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(ast, "parse", lambda *args, **options: other)
        found = code_digest([SOURCE])
    assert found == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = None", "x = ..."),
        ("x = 'é'", "x = 'è'"),
        ('f"{x:.2f}"', 'f"{x:.3f}"'),
        ('f"a{x}"', 'f"{x}a"'),
        ('f"{x}{y}"', 'f"{x}"'),
        ("def f(*, a, b=None): pass", "def f(*, a=None, b): pass"),
        ("f(**{**a})", "f(**{a: a})"),
        ("a, b", "[a, b]"),
        ("def f(): return", "def f(): return 0"),
        ("'''Words.'''\nx = 'Words.'", "'''Words.'''\nx = 'Other.'"),
    ],
)
def test_digest_sees_what_changes_what_code_does(one, other):
    assert code_digest([one]) != code_digest([other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", '"""Words."""\nx = (1)  # one'),
        ("x = 'a' 'b'", 'x = "ab"'),
        ("def f(): return 1", "def f():\n    '''Words.'''\n    return 1"),
        ("def f(): pass", "def f():\n    '''Words.'''"),
        ('f"a{x}" "b"', 'f"a{x}b"'),
    ],
)
def test_digest_does_not_see_words_and_layout(one, other):
    assert code_digest([one]) == code_digest([other])
