"""Findings about the paper's printed results.

They fail when an entry of the file or the arithmetic changes.
"""

from aconv.companion.paper import consistency


def names(table, what="kernel_sizes"):
    return [tuple(row) for row in table[["place", "dataset", what]].values]


def test_every_t_follows_from_the_printed_summaries_with_population_deviations():
    table = consistency.check_t()
    table = table[table.ddof == 0]
    assert len(table) == 12
    assert table.t_possible.all()
    assert table.p_possible.all()


def test_sample_deviations_cannot_give_three_of_the_printed_t():
    table = consistency.check_t()
    table = table[table.ddof == 1]
    assert names(table[~table.t_possible]) == [
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


def test_two_maxima_cannot_belong_to_their_mean_and_deviation():
    table = consistency.check_maxima()
    assert len(table) == 23
    assert names(table[~table.is_possible], "kind") == [
        ("Table 2", "lfw_faces", "ordinary"),
        ("Table 3", "fashion_mnist", "ordinary"),
    ]


def test_three_maxima_are_no_multiple_of_a_test_image():
    table = consistency.check_maxima()
    assert names(table[~table.is_multiple.fillna(True)], "kind") == [
        ("Table 2", "lfw_faces", "adaptive"),
        ("Table 2", "lfw_faces", "ordinary"),
        ("Table 3", "lfw_faces", "adaptive"),
    ]


def test_eq_1_is_one_place_short_and_its_limits_one_too_many():
    for size, kernel_size in ((28, 3), (60, 9)):
        found = consistency.output_sizes(size, kernel_size)
        assert found["valid"] == size - kernel_size + 1
        assert found["printed"] == found["valid"] - 1
        assert found["limits"] == found["valid"] + 1
