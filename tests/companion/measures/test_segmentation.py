import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aconv.companion.measures.segmentation import (
    border_accuracy,
    class_iou,
    near_border,
    scores,
)

LABELS = hnp.arrays(np.int32, (2, 5, 6), elements=st.integers(0, 2))


@given(truth=LABELS, predicted=LABELS)
def test_class_iou_is_intersection_over_union(truth, predicted):
    for name, value in enumerate(class_iou(truth, predicted, 3)):
        both = np.sum((truth == name) & (predicted == name))
        either = np.sum((truth == name) | (predicted == name))
        if either:
            assert value == pytest.approx(both / either)
        else:
            assert np.isnan(value)


@given(truth=LABELS, width=st.integers(1, 3))
def test_near_border_is_where_another_class_is_within_reach(truth, width):
    marked = near_border(truth, width)
    for image, row, column in np.ndindex(truth.shape):
        window = truth[
            image,
            max(row - width, 0) : row + width + 1,
            max(column - width, 0) : column + width + 1,
        ]
        assert marked[image, row, column] == (np.unique(window).size > 1)


def test_border_accuracy_counts_pixels_near_a_border_only():
    truth = np.zeros((1, 1, 12), int)
    truth[..., 6:] = 1
    predicted = truth.copy()
    predicted[..., 0] = 1  # far from the border
    assert border_accuracy(truth, predicted, width=2) == 1
    predicted[..., 5] = 1  # one of the four that are near
    assert border_accuracy(truth, predicted, width=2) == 0.75


def test_scores_leave_out_classes_that_do_not_occur():
    truth = np.zeros((1, 4, 4), int)
    truth[:, 2:] = 1
    found = scores(truth, truth, ("pet", "background", "border"))
    assert found == {
        "mean_iou": 1,
        "iou_pet": 1,
        "iou_background": 1,
        "border_accuracy": 1,
    }
