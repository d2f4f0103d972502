"""The first page says what records and kept results say, in numbers."""

import re
import types

import numpy as np
import pandas as pd
import pytest

from aconv.companion.analysis.decomposition import (
    FIXED_ENVELOPE,
    TRAINED_APERTURES,
    longest,
)
from aconv.companion.analysis.findings import Context
from aconv.companion.chapters.classification import starts
from aconv.companion.claims import first_page
from aconv.companion.pages.words import minus
from aconv.companion.runs import RunStore
from aconv.companion.runs.results_cache import save_result
from aconv.companion.stats import Evidence, Verdict, combine
from aconv.companion.stats.interim_analyses import LEVELS


@pytest.fixture(scope="module")
def context():
    return Context()


@pytest.fixture(scope="module")
def lines(context):
    return first_page.answers(context).data.splitlines()[1:-1]


def test_each_answer_has_a_verdict_a_question_and_a_number(lines):
    words = "|".join(map(re.escape, Verdict))
    assert len(lines) == 5
    for line in lines:
        assert re.match(rf"- \*\*({words})\*\* \*\*[A-Z][^*]+\?\*\* .*\d.*\.$", line)


@pytest.mark.parametrize("verdict", [Verdict.HOLDS, Verdict.DOES_NOT_HOLD])
def test_formulas_are_called_right_where_the_claim_holds(context, monkeypatch, verdict):
    finding = types.SimpleNamespace(verdict=verdict)
    monkeypatch.setattr(first_page, "_finding", lambda *_: finding)
    line = first_page.answers(context).data.splitlines()[1]
    assert ("derivatives are right" in line) == (verdict is Verdict.HOLDS)


def test_whether_training_finds_a_size_is_told_by_the_starts(context, lines):
    answer = starts.answer(context.records.starts)
    assert lines[0].endswith(f" Does training find one? {answer}")


def test_steps_are_those_of_the_longest_runs(context, lines):
    steps = FIXED_ENVELOPE, TRAINED_APERTURES
    for line, step in zip(lines[1:3], steps, strict=True):
        judged = longest(context.records.judged_step(step))
        least, most = judged["difference"].agg(["min", "max"])
        assert minus(f"{least:+.2f} to {most:+.2f} points") in line
        verdict = combine(found.verdict for found in judged["judgement"])
        assert line.startswith(f"- **{verdict}**")


def test_comparisons_are_counted_and_the_cost_is_that_of_the_kept_measurement(
    context, lines
):
    evidence = context.records.comparisons["evidence"]
    full = sum(bool(found and found.at_scale) for found in evidence)
    counts = [int(n) for n in re.findall(r"\d+", lines[3].replace("none", "0"))]
    assert counts[:3] == [12, full, min(LEVELS)]
    assert sum(counts[3:]) == len(evidence) == 12
    medians = [row["median"] for row in context.values("timing")["training"]]
    assert f"{min(medians):.2f}" in lines[4]
    assert f"{max(medians):.2f}" in lines[4]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1.0, 1.1, "less than the paper says"),
        (1.1, 1.25, "(in the paper about"),
        (1.4, 1.5, "more than the paper says"),
    ],
)
def test_cost_is_less_or_more_than_the_papers_where_all_intervals_are(
    low, high, words, results
):
    rows = [{"size": 3, "median": (low + high) / 2, "low": low, "high": high}]
    save_result("timing", {"training": rows, "folded": rows}, {})
    _, _, text = first_page._cost(Context())
    assert words in text


POINT = "from at least 5 runs of each, which only point"
DECIDE = "1 at full length; 5 seeds at least"


@pytest.mark.parametrize(
    ("lows", "full", "points", "beyond", "length"),
    [
        ([-1, -0.5], [False, False], "+0.00 to +0.50", "none of 2", POINT),
        ([0.5, -4], [True, False], "-3.00 to +1.50", "1 of 2 up and on 1 down", DECIDE),
        ([0.5], [True], "+1.50", "1 of 1 up and on 0 down", DECIDE),
    ],
)
def test_words_follow_the_intervals(lows, full, points, beyond, length):
    low = np.array(lows, float)
    evidence = [types.SimpleNamespace(at_scale=is_full) for is_full in full]
    table = pd.DataFrame({"low": low, "high": low + 2, "evidence": evidence})
    table = table.assign(difference=low + 1, n_first=5, n_second=6)
    gains = f"{points} points of accuracy, by data set; beyond chance on {beyond}"
    assert first_page._gains(table) == gains
    assert first_page._lengths(table) == length


def test_strip_has_all_comparisons_with_their_verdicts(context):
    table = context.records.comparisons
    # Those of full length, which have a frame, are there in any case.
    full = Evidence("paper", "of a version", "full", 1.0, 5, "complete")
    table = table.assign(evidence=[full, *table["evidence"][1:]])
    strip = first_page.strip(table).data
    links = re.findall(r'class="verdict verdict-([\w-]+)( full-length)?"', strip)
    verdicts = [found.verdict.replace(" ", "-") for found in table["judgement"]]
    assert [verdict for verdict, _ in links] == verdicts
    full = [bool(found and found.at_scale) for found in table["evidence"]]
    assert [bool(frame) for _, frame in links] == full
    for row in table.itertuples():
        assert minus(f"paper {row.paper:+.2f}") in strip
        if row.seeds:
            assert minus(f"here {row.difference:+.2f}") in strip


def test_picture_has_a_group_of_lines_for_each_data_set(context):
    figure = first_page.picture(context.records)
    (axes,) = figure.axes
    sets = longest(context.records.steps)["dataset"].nunique()
    assert len(axes.get_yticks()) == sets
    assert len(figure.legends[0].get_texts()) == 4
    low, high = axes.get_xlim()
    assert low == -high and np.isfinite(high)


def test_without_records_the_page_says_so(tmp_path, context):
    empty = Context(RunStore(tmp_path))
    lines = first_page.answers(empty).data.splitlines()[1:-1]
    assert "Does training find" not in lines[0]
    assert lines[1].startswith("- **not tested**")
    assert "No runs of both variants yet" in lines[2]
    assert "none has 5 runs of full length or more" in lines[3]
    assert first_page.picture_words(empty.records) == "No runs are recorded yet"
    assert first_page.picture(empty.records) is not None
