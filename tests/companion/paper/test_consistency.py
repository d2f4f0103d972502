"""Findings about the paper's printed results.

They fail when an entry of the file or the arithmetic changes.
"""

import pytest

from aconv.companion.paper import consistency


def names(table, what="kernel_sizes"):
    return [tuple(row) for row in table[["place", "dataset", what]].values]


def test_t_follows_from_the_printed_summaries_with_population_deviations_alone():
    table = consistency.check_t()
    population, sample = (table[table.ddof == ddof] for ddof in (0, 1))
    assert len(population) == 12
    assert population.t_possible.all()
    assert population.p_possible.all()
    assert names(sample[~sample.t_possible]) == [
        ("Table 2", "lfw_faces", "9 against 9"),
        ("Table 3", "mnist_cluttered", "7 against 7"),
        ("Table 3", "lfw_faces", "3 against 3"),
    ]


def test_five_p_values_are_cut_off_rather_than_rounded():
    table = consistency.check_p()
    assert table.is_cut.all()
    assert names(table[~table.is_rounded]) == [
        ("Table 2", "lfw_faces", "9 against 9"),
        ("Table 3", "mnist", "5 against 5"),
        ("Table 3", "mnist_cluttered", "7 against 7"),
        ("Section 4.4", "oxford_pets", "7 against 7"),
        ("Section 4.4", "oxford_pets", "7 against 3"),
    ]


def test_two_maxima_are_out_of_range_and_three_no_multiple_of_a_test_image():
    table = consistency.check_maxima()
    assert len(table) == 23
    assert names(table[~table.is_possible], "kind") == [
        ("Table 2", "lfw_faces", "ordinary"),
        ("Table 3", "fashion_mnist", "ordinary"),
    ]
    assert names(table[~table.is_multiple.fillna(True)], "kind") == [
        ("Table 2", "lfw_faces", "adaptive"),
        ("Table 2", "lfw_faces", "ordinary"),
        ("Table 3", "lfw_faces", "adaptive"),
    ]


@pytest.mark.parametrize(("size", "kernel_size"), [(28, 3), (60, 9)])
def test_eq_1_is_one_place_short_and_its_limits_one_too_many(size, kernel_size):
    valid = size - kernel_size + 1
    expected = {"printed": valid - 1, "limits": valid + 1, "valid": valid}
    assert consistency.output_sizes(size, kernel_size) == expected
