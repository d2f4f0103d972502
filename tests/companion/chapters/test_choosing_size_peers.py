"""What the chapter on choosing the size says of other layers."""

import numpy as np
import pandas as pd
from scipy import stats

from aconv.companion.chapters.choosing_size import peer_accuracy
from aconv.companion.chapters.choosing_size import peers as page
from aconv.companion.pages.tables import text_table


def test_costs_are_beside_those_of_the_ordinary_layer():
    rows = [
        (peer, size, phase, ratio, memory)
        for size in (3, 9)
        for peer, ratio in (("ordinary", 1.0), ("adaptive", 1.5))
        for phase, memory in (("training", 100.0 + size), ("inference", np.nan))
    ]
    rows.append(("adaptive, folded", 9, "inference", 0.9, np.nan))
    times = pd.DataFrame(
        rows, columns=["peer", "kernel_size", "phase", "ratio", "peak_mib"]
    ).assign(parameters=1234)
    table = page.costs_table(times, {"DCLS": "not installed"}).set_index("layer")
    assert table.loc["adaptive", "training step"] == "1.50, 1.50"
    assert table.loc["ordinary", "peak (MiB)"] == "109"
    assert table.loc["adaptive, folded", "training step"] == "–"
    assert table.loc["DCLS", "training step"] == "not installed"


def runs(tests: dict[str, list[float]], held_out: float = 0.66) -> pd.DataFrame:
    """Accuracies on test images by layer, and one of each on images held out."""
    rows = [(peer, 0.01, 31, True, held_out) for peer in tests]
    rows += [
        (peer, 0.01, 31 + 17 * seed, False, accuracy)
        for peer, found in tests.items()
        for seed, accuracy in enumerate(found)
    ]
    return pd.DataFrame(rows, columns=list(peer_accuracy.COLUMNS))


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
    titles = ["test (%)", "held out (%)", "minus ordinary (points)", "p (Holm)"]
    assert table.loc["FlexConv", titles].tolist() == [
        "80.00 ± 10.00",
        "66.00",
        f"+25.00 [{low:+.2f}, {high:+.2f}]",
        f"{found.pvalue:.2g}",
    ]
    assert table.loc["ordinary", "minus ordinary (points)"] == "–"


ORDINARY, BETTER = [0.5, 0.52, 0.51], [0.6, 0.62, 0.63]


def test_p_counts_all_layers():
    alike = [0.5, 0.53, 0.51]
    table = shown(runs({"ordinary": ORDINARY, "GMConv": BETTER, "adaptive": alike}))
    found = stats.ttest_ind(BETTER, ORDINARY, equal_var=False)
    assert table.loc["GMConv", "p (Holm)"] == f"{2 * found.pvalue:.2g}"


def test_text_names_the_layers_that_differ():
    assert page.accuracy_words(None) == "No runs are recorded yet."
    some = runs(
        {
            "ordinary": ORDINARY,
            "GMConv": BETTER,
            "adaptive": [0.5, 0.53, 0.51],
            "DCLS": [0.3, 0.31, 0.32],
            "FlexConv": [0.49, 0.53, 0.52],
        }
    )
    assert page.accuracy_words(some).endswith(
        "above the ordinary layer: GMConv; below: DCLS; open: adaptive, FlexConv."
    )
    nothing = page.accuracy_words(runs({"ordinary": ORDINARY, "DCLS": [0.5]}))
    assert nothing.endswith("layer: none; below: none; open: none.")


def test_scale_counts_the_seeds_that_all_layers_have():
    settings = {
        "dataset": "fashion_mnist",
        "train_images": 400,
        "test_images": 250,
        "epochs": 7,
        "filters": 32,
        "kernel_size": 5,
    }
    some = runs({"ordinary": [0.5] * 2, "adaptive": [0.6] * 3})
    assert page.accuracy_scale(settings, some) == (
        "Fashion-MNIST, 400 training and 250 test images, 7 epochs, 32 filters, 5×5, "
        "2 seeds"
    )
