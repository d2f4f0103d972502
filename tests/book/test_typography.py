"""Minus signs in text and tables, hyphens in code, formulas and words."""

import pytest
from books import extension
from hypothesis import given
from hypothesis import strategies as st

typography = extension("typography")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<td>-0.12</td>", "<td>−0.12</td>"),
        ("+2.00 [-106.99, +110.99]", "+2.00 [−106.99, +110.99]"),
        ("about -.5, (-3)", "about −.5, (−3)"),
        ("<b>-1</b> to -2", "<b>−1</b> to −2"),
    ],
)
def test_numbers_below_zero_get_a_minus_sign(before, after):
    assert typography.with_minus(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25",
        "CIFAR-10, U-Net, LRP-0",
        "pages 249-256 and 1--4",
        "<code>x = -1</code> <pre>a\n -2 <b>-3</b></pre>",
        '<span class="math notranslate">\\(-1\\)</span>',
        '<div class="math notranslate nohighlight">\\[e^{ -1 }\\]</div>',
        '<a href="x -1.html" title=" -2">y</a>',
        "<!-- -1 --><style>a {margin: -1px}</style>",
        "<svg><path d='M -1 -2'/></svg>",
    ],
)
def test_all_other_hyphens_stay(text):
    assert typography.with_minus(text) == text


@given(st.text(alphabet="<>/ab -1.", max_size=60))
def test_nothing_but_signs_changes_and_twice_is_once(html):
    made = typography.with_minus(html)
    assert made.replace("−", "-") == html
    assert typography.with_minus(made) == made
