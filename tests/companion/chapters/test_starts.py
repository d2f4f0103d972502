"""What the page says of starts of the apertures and of the sizes they end at."""

import pandas as pd
import pytest

from aconv.companion.chapters.classification import starts

SIZES = {"0.15": 2.0, "0.1 to 0.5": 4.0, "0.6": 6.0}


def changes(ends):
    """Filters of five seeds; ``ends`` has a mean size of each start, by layer."""
    return pd.DataFrame(
        {
            "dataset": "mnist",
            "kernel_size": 7,
            "layer": layer,
            "seed": seed,
            "filter": number,
            "start": start,
            "first_size": SIZES[start],
            "last_size": size + 0.1 * number + 0.01 * (-1) ** seed * seed,
        }
        for layer, of_layer in ends.items()
        for start, size in of_layer.items()
        for seed in range(5)
        for number in range(3)
    )


APART, ALIKE = SIZES, dict.fromkeys(SIZES, 4.0)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (
            {"conv_1": APART, "conv_2": APART},
            "Not in short runs (MNIST, 7×7): different starts end apart.",
        ),
        (
            {"conv_1": ALIKE, "conv_2": APART},
            "Not in conv 2 in short runs (MNIST, 7×7): different starts end apart.",
        ),
        ({"conv_1": ALIKE, "conv_2": ALIKE}, "Short runs cannot tell apart where"),
        ({}, "Runs from other starts are not recorded yet."),
    ],
)
def test_the_answer_is_that_of_the_intervals(ends, expected):
    assert expected in starts.answer(changes(ends))
    assert starts.words(changes(ends)).startswith(starts.answer(changes(ends)))


def test_words_say_how_far_the_farthest_starts_are_apart():
    nearer = {"0.15": 3.0, "0.1 to 0.5": 9.0, "0.6": 4.5}
    words = starts.words(changes({"conv_1": nearer, "conv_2": APART}))
    assert "from 0.15 and from 0.6 are 2.0 and 6.0 pixels before training" in words
    assert "4.0 apart; after it they are apart by +1.5 [" in words
    assert "pixels in conv 1 and +4.0 [" in words
    assert words.endswith("pixels in conv 2 (95 % interval, 5 seeds).")


def test_the_figure_has_a_panel_a_layer_and_two_boxes_a_start():
    found = changes({"conv_1": APART, "conv_2": ALIKE})
    fig = starts.starts_figure(found)
    assert [ax.get_title() for ax in fig.axes] == ["conv 1", "conv 2"]
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert labels == [f"from {start}" for start in SIZES]
    low, high = fig.axes[0].get_ylim()
    assert low > high  # the first above
    medians = [line.get_xdata()[0] for line in fig.axes[0].lines[4:30:5]]
    assert medians[:3] == pytest.approx(list(SIZES.values()))
    assert medians[3:] == pytest.approx([size + 0.1 for size in SIZES.values()])
    assert starts.describe_starts(found) == "MNIST, 7×7, 5 seeds of each start"


def test_without_runs_the_figure_says_so():
    none = changes({})
    assert "no recorded runs" in starts.starts_figure(none).axes[0].texts[0].get_text()
    assert starts.describe_starts(none) == "none yet"
