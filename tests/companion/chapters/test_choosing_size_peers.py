"""What the chapter on choosing the size says of other layers."""

import attrs
import keras
import numpy as np
import pandas as pd
import pytest
from made_up_runs import frame_row, record_with
from scipy import stats

from aconv.companion.chapters.choosing_size import peer_times
from aconv.companion.chapters.choosing_size import peers as page
from aconv.companion.pages.tables import text_table
from aconv.companion.runs import SEEDS, RunStore, grid
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.results_cache import Result
from aconv.companion.studies.arms import RATE_FACTORS, rate_arm, tuning_arm
from aconv.companion.training.backends import missing
from aconv.companion.training.settings import LAYERS

NOTHING = "No layer has runs yet that can be compared with the ordinary one's."


def test_costs_are_beside_those_of_the_ordinary_layer():
    rows = [
        (layer, size, phase, ratio, memory)
        for size in (3, 9)
        for layer, ratio in (("ordinary", 1.0), ("adaptive", 1.5))
        for phase, memory in (("training", 100.0 + size), ("inference", np.nan))
    ]
    rows.append(("adaptive, folded", 9, "inference", 0.9, np.nan))
    times = pd.DataFrame(
        rows, columns=["layer", "kernel_size", "phase", "ratio", "peak_mib"]
    ).assign(parameters=1234)
    table = page.costs_table(times, {"DCLS": "not installed"}).set_index("layer")
    assert table.loc["adaptive", "training step"] == "1.50, 1.50"
    assert table.loc["ordinary", "peak (MiB)"] == "109"
    assert table.loc["adaptive, folded", "training step"] == "–"
    assert table.loc["DCLS", "training step"] == "not installed"


def test_caption_says_what_was_measured():
    parameters = {"sizes": [3, 9], "rounds": 30, "batch": 32, "side": 28}
    provenance = Provenance.collect().completed({})
    caption = page.costs_caption(Result("peers", {}, parameters, "", provenance))
    assert "kernels 3×3, 9×9; peak" in caption
    assert "32 filters, batches of 32 images of 28×28, 30 rounds; " in caption
    assert caption.endswith(f"{keras.backend.backend()} on {provenance.device}")


def test_times_are_of_every_layer_and_phase():
    table = peer_times.step_times([3], image_side=8, batch=2, rounds=2)
    found = set(zip(table["layer"], table["phase"], strict=True))
    here = [layer for layer in LAYERS if missing(layer) is None]
    phases = {(layer, phase) for layer in here for phase in ("training", "inference")}
    assert found == phases | {("adaptive, folded", "inference")}
    assert (table["lower_quartile"] <= table["ratio"]).all()
    assert (table["ratio"] <= table["upper_quartile"]).all()
    assert (table["milliseconds"] > 0).all()
    assert (table[table["layer"] == "ordinary"]["ratio"] == 1).all()
    alone = peer_times.step_times(
        [3], layers=["GMConv"], image_side=8, batch=2, rounds=2
    )
    assert alone["ratio"].isna().all()


CELL = {"dataset": "fashion_mnist", "backend": "torch", "device": "cpu: made up"}


def runs(tests: dict[str, list[float]], held_out: float = 0.66) -> pd.DataFrame:
    """Peaks on test images by layer, at three times the rate, which tuning chooses."""
    rows = [
        frame_row(tuning_arm(layer, f), 31, held_out - (f != 3), share=0.02, **CELL)
        for layer in tests
        for f in RATE_FACTORS
    ]
    rows += [
        frame_row(rate_arm(layer, 3), seed, peak, share=0.025, **CELL)
        for layer, peaks in tests.items()
        for seed, peak in zip(SEEDS, peaks, strict=False)
    ]
    # At another rate: in no comparison.
    rows += [frame_row(layer, 31, 0.01, share=0.025, **CELL) for layer in tests]
    return pd.DataFrame(rows)


def shown(some):
    table = text_table(page.accuracies(some), page.ACCURACIES)
    return table.set_index("layer")


def test_accuracies_are_beside_that_of_the_ordinary_layer():
    table = shown(
        runs({"ordinary": [0.5, 0.6], "FlexConv": [0.7, 0.9], "DCLS": [0.66]})
    )
    assert table.index.tolist() == ["ordinary", "FlexConv"]
    found = stats.ttest_ind([70, 90], [50, 60], equal_var=False)
    low, high = found.confidence_interval()
    assert table.loc["FlexConv"].to_dict() == {
        "rate factor": "3",
        "held out (%)": "66.00",
        "test (%)": "80.00 ± 10.00",
        "seeds": "2",
        "minus ordinary (points)": f"+25.00 [{low:+.2f}, {high:+.2f}]",
        "p (Holm)": f"{found.pvalue:.2g}",
    }
    assert table.loc["ordinary", "minus ordinary (points)"] == "–"


ORDINARY, BETTER, ALIKE = [0.5, 0.52, 0.51], [0.6, 0.62, 0.63], [0.5, 0.53, 0.51]


def test_p_counts_all_layers():
    table = shown(runs({"ordinary": ORDINARY, "GMConv": BETTER, "adaptive": ALIKE}))
    found = stats.ttest_ind(BETTER, ORDINARY, equal_var=False)
    assert table.loc["GMConv", "p (Holm)"] == f"{2 * found.pvalue:.2g}"


def test_adaptive_kernels_have_the_interval_of_every_page():
    some = runs({"ordinary": ORDINARY, "GMConv": BETTER, "adaptive": BETTER[::-1]})
    rows = page.compared(some, None).query("layer == 'adaptive'")
    family = rows.assign(size=rows["kernel_size"], low=-1.0, high=19.0, p_holm=0.25)
    found = page.accuracies(some, family).set_index("layer")
    assert found.loc["adaptive", ["low", "high", "p_holm"]].tolist() == [-1, 19, 0.25]
    assert "open: adaptive." in page.accuracy_words(some, family)
    alone = page.accuracies(some).set_index("layer")
    assert alone.loc["adaptive", "p_holm"] < 0.05


def test_text_names_the_layers_that_differ():
    layers = {"ordinary": ORDINARY, "GMConv": BETTER, "adaptive": ALIKE}
    layers |= {"DCLS": [0.3, 0.31, 0.32], "FlexConv": [0.49, 0.53, 0.52]}
    assert page.accuracy_words(runs(layers)).endswith(
        "above the ordinary layer: GMConv; below: DCLS; open: adaptive, FlexConv."
    )
    alone = page.accuracy_words(runs({"ordinary": [0.5, 0.6], "DCLS": [0.5]}))
    assert alone == NOTHING


def test_caption_counts_the_seeds_that_all_layers_have():
    some = runs({"ordinary": [0.5, 0.6], "adaptive": [0.6, 0.7, 0.8]})
    caption = page.accuracies_table(some).caption
    assert (
        "Fashion-MNIST, 4000 training and 2500 test images, 7 epochs, 32 filters, "
        "7×7, 2 seeds; rates tried: 0.3, 1, 3, 10, 30 times 0.05; torch on cpu: made up"
    ) in caption


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path))
    return RunStore()


def test_other_runs_of_these_arms_are_not_taken(store):
    arm = {"arms": ["GMConv"], "seeds": [31]}
    other_set = grid("simple", "short", datasets=["mnist"], kernel_sizes=[7], **arm)
    other_size = [attrs.evolve(spec, kernel_size=5) for spec in other_set]
    for spec in (*other_set, *other_size):
        store.put(record_with(spec, 0.5), None)
    assert page.recorded().empty
