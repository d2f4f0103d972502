"""The measures of heatmaps agree with cases made by hand."""

import numpy as np
import pandas as pd
import pytest

from aconv.companion.measures import heatmaps
from aconv.companion.stats import Verdict


def test_roughness_of_simple_shapes():
    maps = np.zeros((4, 9, 9))
    maps[0, 2:6, 3:7] = -0.3  # a square
    maps[1, 4, 4] = 5  # a pixel
    maps[2] = (np.indices((9, 9)).sum(axis=0) + 1) % 2  # a board
    found = heatmaps.roughness(maps)
    np.testing.assert_allclose(found, [4 / 4, 4, 4, np.nan])


def test_gini_of_known_distributions():
    # By its definition: mean absolute difference over twice the mean.
    values = np.random.default_rng(0).exponential(size=(3, 4, 5))
    values[2] = np.eye(4, 5)
    flat = values.reshape(3, -1)
    difference = np.abs(flat[:, :, None] - flat[:, None]).mean(axis=(1, 2))
    found = heatmaps.gini(-values)
    np.testing.assert_allclose(found, difference / (2 * flat.mean(axis=1)))
    assert np.isnan(heatmaps.gini(np.zeros((1, 5, 5))))


def probability(pixels):
    return 1 / (1 + np.exp(-np.asarray(pixels, float)))


class CornerModel:
    """Two classes: the logit is the sum of the upper left 2x2 pixels."""

    def predict(self, images, **options):
        first = probability(images[:, :2, :2].sum(axis=(1, 2, 3)))
        return np.stack([first, 1 - first], axis=1)


def test_flipped_pixels_are_the_most_relevant_first():
    images = np.ones((2, 4, 4, 1))
    corner = np.zeros((4, 4))
    corner[:2, :2] = 1
    arguments = CornerModel(), images, np.stack([corner, -corner])
    shares = np.array([0, 2, 4, 14, 16]) / 16
    found = heatmaps.flip_pixels(*arguments, np.array([0, 0]), shares)
    np.testing.assert_allclose(found, probability([(4, 2, 0, 0, 0), (4, 4, 4, 2, 0)]))
    filled = heatmaps.flip_pixels(*arguments, np.array([0, 1]), [1.0], fill=-1)
    np.testing.assert_allclose(filled, probability([[-4], [4]]))


def test_measures_are_of_the_images_that_have_relevance_in_all_networks(rng):
    maps = rng.random((2, 4, 5, 5))
    other = maps.copy()
    other[1, 2] = 0
    values = heatmaps.measure({"a": list(maps), "b": list(other)})
    assert {value.shape for value in values.values()} == {(2, 3)}
    np.testing.assert_allclose(
        values["Gini index", "a"][1], heatmaps.gini(maps[1])[[0, 1, 3]]
    )


def test_gap_is_positive_where_the_claim_names_the_sharper_network():
    smooth = np.ones((2, 6, 8, 8))
    sharp = np.zeros((2, 6, 8, 8))
    sharp[..., 3, 4] = 1
    values = heatmaps.measure({"smooth": list(smooth), "sharp": list(sharp)})
    right = ("right", "sharp", "smooth")
    wrong = ("wrong", "smooth", "sharp")
    gaps = heatmaps.sharpness_gaps(values, (right, wrong))
    judged = heatmaps.judge_gaps(gaps, "squares").set_index("claim")["verdict"]
    assert judged["right"] == Verdict.SAME_WAY
    assert judged["wrong"] == Verdict.OTHER_WAY


def test_nothing_is_tested_where_no_image_has_relevance_in_all_networks(rng):
    maps = rng.random((2, 3, 5, 5))
    values = heatmaps.measure({"a": list(maps), "b": list(0 * maps)})
    gaps = heatmaps.sharpness_gaps(values, [("sharper", "a", "b")])
    (row,) = heatmaps.judge_gaps(gaps, "images").to_dict("records")
    assert row["verdict"] == Verdict.NOT_TESTED
    assert row["Gini index"] == "no image"


@pytest.mark.parametrize(
    ("low", "high", "verdict", "measures"),
    [
        ([0.1, 0.2], [0.3, 0.4], Verdict.SAME_WAY, "agree"),
        ([-0.3, -0.4], [-0.1, -0.2], Verdict.OTHER_WAY, "agree"),
        ([0.1, -0.4], [0.3, -0.2], Verdict.OPEN, "disagree"),
        ([0.1, -0.4], [0.3, 0.2], Verdict.SAME_WAY, "agree"),
        ([-0.1, -0.4], [0.3, 0.2], Verdict.OPEN, "agree"),
    ],
)
def test_measures_must_not_disagree(low, high, verdict, measures):
    gaps = pd.DataFrame(
        {"panel": ["a", "b"], "comparison": "c", "mean": 0.0, "low": low, "high": high}
    )
    (row,) = heatmaps.judge_gaps(gaps, "images").to_dict("records")
    assert (row["verdict"], row["measures"]) == (verdict, measures)
    assert row["a"] == f"{low[0]:.2f} to {high[0]:.2f}"


def test_faithful_heatmaps_fall_below_the_random_order(rng):
    shares = (0, 0.25, 1)
    randomly = np.broadcast_to([1.0, 0.75, 0.0], (2, 5, 3))
    relevant = np.broadcast_to([1.0, 0.25, 0.0], (2, 5, 3))
    curves, area = heatmaps.compare_orders(relevant, randomly, shares)
    # A triangle of height 0.5 over the whole axis.
    np.testing.assert_allclose(area, np.full((2, 5), 0.25))
    of_random = curves[curves["order"] == "random"]
    np.testing.assert_allclose(of_random["mean"], [1, 0.75, 0])
    table = heatmaps.faithfulness({"good": area, "bad": -area, "none": 0 * area})
    assert table["verdict"].tolist() == [
        Verdict.SAME_WAY,
        Verdict.OTHER_WAY,
        Verdict.OPEN,
    ]


def test_conservation_is_median_and_deciles():
    table = heatmaps.conservation_table({("a", "r"): np.arange(11.0)})
    assert table.iloc[0].tolist() == ["a", "r", 5, 1, 9]
