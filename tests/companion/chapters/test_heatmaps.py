"""What the chapter on heatmaps shows, from made-up maps, and of which networks."""

from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
import sweeps
from asking import ask

from aconv.companion import runs
from aconv.companion.chapters.heatmaps import recorded as recorded_heatmaps
from aconv.companion.chapters.heatmaps import show as page
from aconv.companion.chapters.heatmaps.recorded import RecordedMaps
from aconv.companion.measures import heatmaps
from aconv.companion.measures.relevance import Explanation
from aconv.companion.runs import execution
from aconv.companion.runs.results_cache import save_result
from aconv.companion.stats import Verdict
from aconv.companion.training.networks import build_network

NETWORKS = ("CONV 3×3", "ACONV 7×7")


@pytest.fixture
def maps(rng):
    classes, logits = np.array([0, 1, 1, 0]), np.ones(4)
    return {
        name: Explanation(rng.random((4, 6, 6)), classes, logits) for name in NETWORKS
    }


def test_captions_say_whether_networks_are_recorded(maps):
    recorded = {
        "mnist": RecordedMaps(None, maps, "profile short, seed 31"),
        "cifar10": RecordedMaps(None, {}, "no recorded networks yet"),
    }
    assert page.networks_facts(recorded) == {
        "mnist_networks": "recorded networks of profile short, seed 31",
        "cifar10_networks": "no recorded networks yet: images only",
    }


def test_rows_show_each_image_in_every_network(maps, rng):
    pixels = rng.random((4, 6, 6, 1))
    truth = np.array([0, 0, 1, 1])  # the second and the last are wrong
    fig = page.rows_figure(maps, pixels, truth, ["cat", "dog"], np.array([1, 2, 3]))
    assert [ax.get_ylabel() for ax in fig.axes if ax.images] == ["image", *NETWORKS]
    words = {text.get_text() for ax in fig.axes for text in ax.texts}
    assert {"cat", "dog"} <= words


def test_means_are_over_images_and_seeds(maps):
    values = heatmaps.measure({name: [m.relevance] for name, m in maps.items()})
    table = page.means_table(values, NETWORKS).data
    assert table["network"].tolist() == list(NETWORKS)
    for name in heatmaps.MEASURES:
        expected = [np.mean(values[name, network]) for network in NETWORKS]
        assert table[name].tolist() == pytest.approx(expected)


def test_images_without_relevance_are_counted_by_network(maps):
    of_seeds = {name: [m.relevance, m.relevance.copy()] for name, m in maps.items()}
    of_seeds["CONV 3×3"][0][0] = 0
    of_seeds["CONV 3×3"][1][[0, 2]] = 0
    facts = page.interval_facts(of_seeds)
    assert facts["dropped"] == "2 of CONV 3×3, 0 of ACONV 7×7"
    assert facts["resampled"].startswith("seeds and images")
    one_seed = page.interval_facts({name: of[:1] for name, of in of_seeds.items()})
    assert "one seed" in one_seed["resampled"]


def test_verdicts_are_counted_and_sets_without_networks_named():
    verdicts = [Verdict.SAME_WAY, Verdict.OPEN, Verdict.OPEN]
    measures = ["agree", "disagree", "agree"]
    table = pd.DataFrame({"verdict": verdicts, "measures": measures})
    counts = {"verdicts": 3, "same_way": 1, "other_way": 0, "open": 2, "disagree": 1}
    assert page.verdict_counts(table) == counts
    assert page.missing_words([]) == ""
    assert page.missing_words(["MNIST", "CIFAR-10"]).endswith("on MNIST, CIFAR-10.")


def test_claims_are_judged_by_the_gaps_that_are_kept(results):
    rows = [("a smoother", 0.1, 0.3), ("b sharper", -0.2, -0.1)]
    gaps = pd.DataFrame(rows, columns=["comparison", "low", "high"])
    gaps = gaps.assign(panel="roughness")
    images = [{"dataset": "mnist", "gaps": page.kept_gaps(gaps)}]
    save_result("heatmaps", {"images": images}, {})
    found = ask("heatmaps a_smoother")
    assert found.verdict is Verdict.SAME_WAY
    assert found.ours == "MNIST: roughness [+0.10, +0.30]"
    assert ask("heatmaps b_sharper").verdict is Verdict.OTHER_WAY
    assert ask("heatmaps c_sharper").verdict is Verdict.NOT_TESTED


@pytest.mark.parametrize("version", runs.STUDIES["resnet"].versions)
@pytest.mark.parametrize("dataset", ["digits", "face_patches"])
def test_inputs_lie_between_those_of_black_and_white(version, dataset):
    spec = runs.make_spec("resnet", dataset, "ordinary", 3, 31, "demo", version)
    data = execution.load_data(spec)
    low, high = page.input_range(spec.settings, data)
    train, test = execution.prepare_inputs(spec, data)
    assert low <= min(train.min(), test.min())
    assert high >= max(train.max(), test.max())
    # Stretched faces reach both ends.
    if dataset == "face_patches":
        assert (train.min(), train.max()) == pytest.approx((low, high))


def test_chapter_opens_with_every_kept_interval(results):
    gaps = [
        {"measure": measure, "claim": claim, "mean": 0.1, "low": -0.1, "high": 0.3}
        for measure in ("total variation", "Gini index")
        for claim in ("a smoother than b", "b sharper than a")
    ]
    for _ in range(2):  # without a result, and with one of no images
        (ax,) = page.kept_gaps_figure().axes
        assert "no recorded" in ax.texts[0].get_text()
        assert page.kept_words() == "no networks are recorded yet"
        save_result("heatmaps", {"images": []}, {})
    images = [{"dataset": name, "gaps": gaps} for name in ("mnist", "cifar10")]
    save_result("heatmaps", {"images": images}, {})
    assert "images of MNIST and CIFAR-10 (kept" in page.kept_words()
    fig = page.kept_gaps_figure()
    assert [ax.get_title() for ax in fig.axes] == ["total variation", "Gini index"]
    # A claim for each set.
    assert len(fig.axes[0].get_yticklabels()) == 4


def explanation(classes):
    none = np.zeros(len(classes))
    return Explanation(none, np.array(classes), none)


def test_networks_are_those_of_figure_6f():
    assert recorded_heatmaps.printed_arms() == {
        "CONV 3×3": ("ordinary", 3),
        "CONV 7×7": ("ordinary", 7),
        "ACONV 7×7": ("adaptive", 7),
    }


def test_two_images_that_some_network_gets_wrong_come_first():
    truth = [0] * 6
    maps = {
        "a": explanation([0, 1, 0, 0, 1, 0]),
        "b": explanation([0, 0, 0, 1, 0, 0]),
    }
    assert recorded_heatmaps.shown(maps, truth, 4) == [1, 3, 0, 2]
    assert recorded_heatmaps.shown(maps, truth) == [1, 3, 0, 2, 5, 4]
    assert recorded_heatmaps.shown({}, truth, 2) == [0, 1]


def test_set_without_recorded_networks_says_so(tmp_path):
    found = recorded_heatmaps.recorded_maps(
        "mnist", recorded_heatmaps.printed_arms(), runs.RunStore(tmp_path)
    )
    assert found.maps == {}
    assert found.profile == "no recorded networks yet"
    assert len(found.sample.x) == 16


def test_networks_of_two_profiles_are_not_compared(tmp_path, monkeypatch):
    arms = recorded_heatmaps.printed_arms()
    specs = [
        runs.make_spec("resnet", "mnist", *arm, 31, "short") for arm in arms.values()
    ]
    asked = []

    def recorded(study, store, profile):
        asked.append(profile)
        # At full length the large kernels only; all of them in short runs.
        sizes = {"full": (7,), "short": (3, 7)}[profile]
        return [SimpleNamespace(spec=s) for s in specs if s.kernel_size in sizes]

    monkeypatch.setattr(runs, "load_comparable_runs", recorded)
    monkeypatch.setattr(runs.RunStore, "weights", lambda self, record: {"some": 1})
    monkeypatch.setattr(recorded_heatmaps, "rebuild", lambda spec, weights, shape: spec)
    monkeypatch.setattr(
        recorded_heatmaps, "fold", lambda model, batch_normalization: model
    )
    monkeypatch.setattr(
        recorded_heatmaps.relevance, "explain", lambda model, *a, **k: model.kernels
    )
    found = recorded_heatmaps.recorded_maps("mnist", arms, runs.RunStore(tmp_path))
    assert asked == ["full", "short"]
    assert found.maps == arms
    assert found.profile == "profile short, seed 31"


@pytest.mark.slow
def test_recorded_networks_explain_their_sample(tmp_path):
    arms = recorded_heatmaps.printed_arms()
    store = runs.RunStore(tmp_path)
    for arm in arms.values():
        spec = runs.make_spec("resnet", "mnist", *arm, 31, "short")
        keras.utils.set_random_seed(31)
        network = build_network(spec.settings, spec.kernel_size, (28, 28, 1), 10)
        store.put(sweeps.record(spec), execution.folded_weights(network))
    found = recorded_heatmaps.recorded_maps("mnist", arms, store)
    assert list(found.maps) == list(arms)
    for maps in found.maps.values():
        np.testing.assert_allclose(maps.conservation[maps.logits > 0], 1, rtol=0.01)
