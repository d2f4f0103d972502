"""What the chapter on the kernel keeps, against what is known."""

import numpy as np
import pytest

from aconv.companion.chapters.kernel import compute as kernel_checks


def test_right_formulas_agree_to_rounding_and_wrong_ones_are_far_off():
    errors = kernel_checks.formula_errors(seed=3)
    for name in ("product", "weights", "aperture", "scale", "folded", "strides"):
        assert errors[name] < 1e-12, name
    for name in ("printed", "without_2", "indices"):
        assert errors[name] > 0.05, name


def test_sizes_go_from_a_pixel_to_the_grid():
    small, large = kernel_checks.sizes(9, np.array([0.01, 50.0]))
    assert small == pytest.approx(1)
    assert large == pytest.approx(9, abs=1e-3)


def test_results_are_those_of_the_grid():
    found = kernel_checks.results(seed=1, kernel_size=5)
    assert found["apertures"][0] == pytest.approx(1 / 5)
    assert len(found["sizes"]) == len(found["apertures"])
