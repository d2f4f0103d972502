"""Figures of pages without a number have the letter of their page."""

from books import extension

figure_numbers = extension("figure_numbers")


def test_numbers_of_one_part_get_the_letter_and_begin_with_one():
    numbers = {"b": (4,), "a": (3,), "c": (12,)}
    lettered = {"b": ("R", 2), "a": ("R", 1), "c": ("R", 3)}
    assert figure_numbers.with_letter(numbers, "R") == lettered
    assert figure_numbers.with_letter(lettered, "R") == lettered


def test_numbers_of_a_chapter_stay():
    assert figure_numbers.with_letter({"a": (5, 2)}, "S") == {"a": (5, 2)}
