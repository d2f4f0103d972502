"""Networks, layers and envelopes are timed, those of the paper's text."""

import pandas as pd
import pytest

from aconv.companion.chapters.timing import compute as timing
from aconv.companion.pages import figures
from aconv.companion.training.settings import KINDS


@pytest.mark.backend
def test_every_kind_of_network_layer_and_envelope_is_timed():
    network = timing.network_times([3], image_side=8, batch=2, rounds=2)
    layer = timing.layer_times([6], channels=2, filters=3, batch=2, rounds=2)
    envelopes = timing.envelope_times([2, 4], [3], channels=2, rounds=2)
    of_network = [("training", kind) for kind in KINDS]
    of_network += [("inference", kind) for kind in (*KINDS, "folded")]
    for times, columns, cases in (
        (network, ["phase", "kind"], of_network),
        (layer, ["image_side", "kind"], [(6, kind) for kind in KINDS]),
        (envelopes, ["kernel_size", "filters"], [(3, 2), (3, 4)]),
    ):
        assert times.groupby(columns).size().to_dict() == dict.fromkeys(cases, 2)
        assert (times["milliseconds"] > 0).all()


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
