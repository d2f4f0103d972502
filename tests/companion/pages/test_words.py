"""What a text says of verdicts and intervals."""

import pytest

from aconv.companion.pages.words import agreement, layer_title


@pytest.mark.parametrize(
    ("here", "word"),
    [
        ({3: (1.0, 1.1), 5: (1.2, 1.3)}, "with intervals that overlap those kept"),
        (
            {3: (1.0, 1.1), 5: (1.31, 1.4)},
            "with intervals apart from those kept in the answer box at 5",
        ),
        ({3: (0.8, 0.99)}, "with intervals apart"),
        # At the very end of the kept interval, and of a size that is not kept.
        ({5: (1.3, 1.4), 7: (2.0, 2.1)}, "with intervals that overlap those kept"),
        ({7: (1.0, 1.1)}, "no kept result"),
    ],
)
def test_a_build_agrees_where_all_its_intervals_meet_those_that_are_kept(here, word):
    assert word in agreement(here, {3: (1.0, 1.05), 5: (1.25, 1.3)})


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("conv_1", "conv 1"),
        ("stem", "stem"),
        ("level_2_block_1_conv_2", "level 2, block 1, conv 2"),
    ],
)
def test_layers_have_names_for_people(name, title):
    assert layer_title(name) == title
