"""The script that looks for numbers of the paper which the list does not have."""

import os
from pathlib import Path

import pytest

from aconv.companion.paper import left_out
from aconv.companion.paper.numbers import load

TEXT = """
Written on September 15, 2020.
9.1 A section with 77.77 percent (Tek, 2019), see Table 31 and (44).
$$a_{123} = 456$$ and $b^{789}$
``` for 1011 in x ```
It has a known number: %s.

References
A paper of 1212 pages.
"""


def test_every_number_is_known_or_has_a_reason_or_is_named(capsys, tmp_path):
    known = load()["table2.mnist.adaptive.mean"].printed
    found = {n: why for n, _, why in left_out.left_out(TEXT % known)}
    assert found == {
        "15": "the date of the preprint",
        "2020": "a year",
        "9.1": "the number of a section",
        "77.77": "",
        "2019": "a year",
        "31": "the number of a section, figure, table, theorem or equation",
        "44": "the number of an equation",
        "123": "part of a formula or of code",
        "456": "part of a formula or of code",
        "789": "part of a formula or of code",
        "1011": "part of a formula or of code",
    }
    file = tmp_path / "paper.txt"
    file.write_text(TEXT % known, encoding="utf-8")
    assert left_out.main([str(file)]) == 1
    assert "NO REASON" in capsys.readouterr().out
    file.write_text("Only one number: 15.", encoding="utf-8")
    assert left_out.main([str(file)]) == 0
    assert left_out.main([str(tmp_path / "none.txt")]) == 2


def test_nothing_of_the_paper_was_overlooked():
    file = os.environ.get("ACONV_PAPER_TEXT")
    if not file:
        pytest.skip("ACONV_PAPER_TEXT names no text of the paper")
    text = Path(file).read_text(encoding="utf-8")
    assert not [(n, words) for n, words, why in left_out.left_out(text) if not why]
