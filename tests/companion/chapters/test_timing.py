"""What is timed, those of the paper's text, and the tables of the chapter on time."""

import pandas as pd
import pytest

from aconv.companion import paper
from aconv.companion.chapters.timing import compute as timing
from aconv.companion.chapters.timing import show as page
from aconv.companion.measures import times
from aconv.companion.pages import figures
from aconv.companion.pages.tables import show
from aconv.companion.paper.consistency import printed_slowdown
from aconv.companion.runs.results_cache import save_result
from aconv.companion.training.settings import KINDS


@pytest.mark.backend
def test_every_kind_of_network_layer_and_envelope_is_timed():
    network = timing.network_times([3], image_side=8, batch=2, rounds=2)
    layer = timing.layer_times([6], channels=2, filters=3, batch=2, rounds=2)
    envelopes = timing.envelope_times([2, 4], [3], channels=2, rounds=2)
    of_network = [("training", kind) for kind in KINDS]
    of_network += [("inference", kind) for kind in (*KINDS, "folded")]
    for measured, columns, cases in (
        (network, ["phase", "kind"], of_network),
        (layer, ["image_side", "kind"], [(6, kind) for kind in KINDS]),
        (envelopes, ["kernel_size", "filters"], [(3, 2), (3, 4)]),
    ):
        assert measured.groupby(columns).size().to_dict() == dict.fromkeys(cases, 2)
        assert (measured["milliseconds"] > 0).all()


def test_networks_that_are_timed_are_those_of_the_papers_text(monkeypatch):
    build, timed = timing.build_network, []
    monkeypatch.setattr(
        timing, "build_network", lambda *of: timed.append(build(*of)) or timed[-1]
    )
    timing.network_times([3], image_side=8, batch=2, rounds=1)
    convolutions = {"adaptive": "AdaptiveConv2D", "ordinary": "Conv2D"}
    for model, kind in zip(timed, KINDS, strict=True):
        names = [type(layer).__name__ for layer in model.layers]
        assert names[1:7] == [convolutions[kind], "BatchNormalization", "ReLU"] * 2
        assert type(model.optimizer).__name__ == "SGD"  # one rate for all


def test_figures_show_every_interval(rng):
    interval = {"median": [1.1, 1.2], "low": [1.0, 1.1], "high": [1.3, 1.3]}
    ratios = pd.concat(
        pd.DataFrame({"kernel_size": [3, 5], **interval, "comparison": name})
        for name in ("a", "b")
    )
    fig = figures.time_ratios(ratios, {3: 1.3})
    assert len(fig.axes[0].containers) == 2
    extra = pd.DataFrame({"image_side": [8, 16], "ordinary": [2.0, 9.0], **interval})
    fig = figures.extra_times(extra, 0.2)
    assert [len(ax.containers) for ax in fig.axes] == [0, 1]
    labels = [text.get_text() for text in fig.axes[1].get_xticklabels()]
    assert labels == ["8\n1.10\n[1.00, 1.30]", "16\n1.20\n[1.10, 1.30]"]
    envelopes = pd.concat(
        pd.DataFrame({"kernel_size": size, "filters": [8, 32], **interval})
        for size in (3, 5, 7)
    )
    fig = figures.envelope_times(envelopes)
    (ax,) = fig.axes
    assert len(ax.containers) == 3
    assert {text.get_text() for text in ax.texts} == {"3×3", "5×5", "7×7"}


SIZES = (3, 15)  # the paper prints a time of the first only


@pytest.fixture
def measured():
    """Every round of adaptive layers takes 1.15 times as long as of ordinary ones."""
    columns = ["kernel_size", "image_side", "kind", "round", "milliseconds"]
    rows = [
        (size, 2 * size, kind, turn, factor * (10 * size + turn))
        for size in SIZES
        for kind, factor in (("adaptive", 1.15), ("ordinary", 1.0))
        for turn in range(8)
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def training(measured):
    return times.compare(measured, "adaptive", "ordinary", "kernel_size")


def test_claim_is_what_the_printed_digits_can_mean():
    interval, text = printed_slowdown()
    low, high = (paper.number(f"timing.slowdown.{end}") for end in ("low", "high"))
    assert text == f"{low.printed} to {high.printed}"
    assert interval == pytest.approx((low.value - 0.05, high.value + 0.05))


def test_steps_stand_beside_the_printed_ones(training):
    table = page.steps_table(training, "").data
    assert table["kernel"].tolist() == ["3×3", "15×15"]
    assert table["here, ratio"].tolist() == ["1.15", "1.15"]
    assert table["here, ordinary (ms)"].tolist() == ["33.5", "153.5"]
    printed = float(paper.number("timing.mnist.ordinary.3x3.step").value)
    assert float(table["paper, ordinary (µs)"][0]) == round(printed)
    assert table["paper, ordinary (µs)"][1] == "–"


def test_ratios_are_judged_by_their_interval(training):
    table = page.ratios_table(training, (1.05, 1.25), "1.1 to 1.2", "").data
    assert table["ratio"].tolist() == ["1.15", "1.15"]
    assert set(table["1.1 to 1.2?"]) == {"points the same way"}
    other = page.ratios_table(training, (1.2, 1.3), "more", "").data
    assert other["more?"].str.contains("points the other way").all()


def test_inference_names_both_ratios(training):
    table = page.inference_table(training, training, (0.95, 1.05), "").data
    assert table["adaptive / folded"].tolist() == table["folded / ordinary"].tolist()
    assert table["ordinary (ms)"].tolist() == ["33.5", "153.5"]
    assert table["the same?"].str.contains("points the other way").all()


def test_extra_time_is_a_difference_per_image_size(measured):
    extra = times.compare(
        measured, "adaptive", "ordinary", "image_side", how="difference"
    )
    table = show(extra, page.EXTRA, "").data
    assert table["image"].tolist() == ["6×6", "30×30"]
    more = table["adaptive − ordinary (ms)"].astype(float).tolist()
    assert more == pytest.approx([0.15 * 33.5, 0.15 * 153.5], abs=0.01)


def test_build_is_compared_with_what_is_kept(training, results):
    rows = page.kept_rows(training)
    assert [row["size"] for row in rows] == list(SIZES)
    assert all(row["low"] <= row["median"] <= row["high"] for row in rows)
    found = {"training": rows, "share": [-0.01, 0.02]}
    nothing = "with no kept result to compare it with"
    assert set(page.agreements(found).values()) == {nothing}
    later = [row | {"low": row["high"] + 1, "high": row["high"] + 2} for row in rows]
    save_result("timing", {"training": later, "share": [0.02, 0.05]}, {})
    compared = page.agreements(found)
    assert "intervals apart from" in compared["training_agreement"]
    assert "intervals that overlap" in compared["share_agreement"]
