"""Section 4.1's experiment: targets, training, and its independence of the seeds."""

import numpy as np
import pytest
import scipy.stats
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from sklearn.linear_model import Ridge

from aconv.companion import paper
from aconv.companion.chapters.filters import compute as filter_learning
from aconv.companion.chapters.filters import settings
from aconv.companion.chapters.filters.compute import learn_filters, ridge_error
from aconv.companion.chapters.filters.pictures import first_digit
from aconv.companion.chapters.filters.settings import TARGET_FILTERS, target_images
from aconv.companion.stats import Verdict


@pytest.fixture
def image(rng):
    return ndimage.gaussian_filter(rng.uniform(size=(16, 18)), 1)


def test_targets_are_the_operators_that_they_are_named_after(image):
    targets = target_images(image)
    assert targets.shape == (16, 18, 9)
    named = dict(zip(TARGET_FILTERS, np.moveaxis(targets, -1, 0), strict=True))
    named["Sobel, horizontal"] = np.abs(named["Sobel, horizontal"])
    inside = (slice(4, -4), slice(4, -4))
    laplace = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])
    sobel_h = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4
    smooth = ndimage.gaussian_filter(image, 2.0, mode="nearest")
    expected = {
        "Laplace": ndimage.correlate(image, laplace),
        "Gauss 1": ndimage.gaussian_filter(image, 1.0, mode="nearest"),
        "Gauss 2, Laplace": ndimage.correlate(smooth, laplace),
        "Sobel, horizontal": np.abs(ndimage.convolve(image, sobel_h)),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(named[name][inside], values[inside], atol=1e-5)


def test_laplace_and_sobel_have_a_frame_of_zeros_as_they_had_in_2020(image):
    targets = target_images(image)
    frame = np.ones(image.shape, bool)
    frame[1:-1, 1:-1] = False
    for name, values in zip(TARGET_FILTERS, np.moveaxis(targets, -1, 0), strict=True):
        edges = "Laplace" in name or "Sobel" in name
        assert np.all(values[frame] == 0) == edges, name
        assert np.all(values[1:-1, 1:-1] != 0), name


@pytest.mark.parametrize("kind", ["adaptive", "ordinary"])
def test_layer_has_no_bias(kind, image):
    image = np.pad(image, ((0, 12), (0, 0)))
    bank = learn_filters(image, kind, [31], updates=5)
    # Where a window sees nothing, nothing but a bias could make something of it.
    np.testing.assert_array_equal(bank.outputs[0, -5:], 0)
    assert np.abs(bank.outputs[0, :16]).min() > 0


@pytest.mark.parametrize(
    ("kind", "bound"),
    [("adaptive", np.sqrt(6 / 81)), ("ordinary", np.sqrt(6 / (81 + 9 * 81)))],
)
def test_kinds_start_from_the_initial_weights_of_the_authors_code(kind, bound, image):
    weights = learn_filters(image, kind, range(3), updates=1).initial_weights
    assert 0.99 * bound < np.abs(weights).max() <= bound


@pytest.mark.parametrize("kind", ["adaptive", "ordinary"])
def test_seeds_train_side_by_side_as_each_would_alone(image, kind):
    together = learn_filters(image, kind, [31, 48], updates=15)
    alone = learn_filters(image, kind, [48], updates=15)
    np.testing.assert_allclose(together.loss[1], alone.loss[0], rtol=1e-5)
    np.testing.assert_allclose(together.kernels[1], alone.kernels[0], atol=1e-5)
    np.testing.assert_allclose(together.outputs[1], alone.outputs[0], atol=1e-5)
    assert not np.allclose(together.kernels[0], together.kernels[1])


def test_adaptive_layer_learns_and_keeps_its_apertures_in_bounds(image):
    bank = learn_filters(image, "adaptive", [31], updates=60)
    assert bank.loss[0, -1] < 0.1 * bank.loss[0, 0]
    np.testing.assert_array_equal(bank.apertures[:, 0], 0.25)
    assert bank.apertures[:, 1:].min() >= 1 / 9 - 1e-6
    assert np.ptp(bank.apertures[:, -1]) > 0.05
    # The kernels that act are the learned weights under the learned envelopes.
    centre = bank.envelopes[0, 4, 4]
    assert np.all(centre >= bank.envelopes[0].max(axis=(0, 1)) - 1e-6)


@pytest.mark.parametrize("penalty", [1e-4, 1e-2, 1.0])
def test_ridge_error_is_that_of_scikit_learn(image, penalty):
    targets = target_images(image)
    pixels = targets.reshape(-1, 9).astype(float)
    windows = sliding_window_view(np.pad(image, 4), (9, 9)).reshape(-1, 81)
    # Of the mean over all pixels and filters each filter has its share.
    ridge = Ridge(penalty * targets.size, fit_intercept=False).fit(windows, pixels)
    expected = np.mean((ridge.predict(windows) - pixels) ** 2)
    assert ridge_error(image, targets, penalty) == pytest.approx(expected)


def test_training_of_an_ordinary_layer_ends_at_the_ridge_error(image):
    targets = target_images(image)
    trained = learn_filters(image, "ordinary", [31, 48], 300, weight_decay=0.05)
    expected = ridge_error(image, targets, 0.05)
    np.testing.assert_allclose(trained.loss[:, -1], expected, rtol=1e-4)
    assert trained.loss[:, 0].min() > 2 * expected


def test_no_trained_kernel_is_below_the_least_error(image):
    targets = target_images(image)
    trained = learn_filters(image, "ordinary", [31], updates=60, weight_decay=0.0)
    assert 0 < ridge_error(image, targets) < trained.loss[0, -1]
    # The least-squares solution of a target that a kernel makes is exact.
    kernel = np.zeros((9, 9))
    kernel[3, 5] = 2
    made = ndimage.correlate(image, kernel, mode="constant")
    assert ridge_error(image, made[..., np.newaxis]) < 1e-20


def test_recorded_error_is_that_of_ten_times_the_penalty_of_the_code():
    digit = first_digit()
    targets = target_images(digit)
    recorded = paper.number("records.filters.ordinary.last")
    penalty = settings.RECORDED_WEIGHT_DECAY
    assert not recorded.agrees(ridge_error(digit, targets, settings.WEIGHT_DECAY))
    assert recorded.agrees(ridge_error(digit, targets, penalty))
    low, high = filter_learning.penalties_of_error(digit, targets, *recorded.rounded)
    assert low < penalty < high < 1.001 * low
    assert ridge_error(digit, targets, low) == pytest.approx(recorded.rounded[0])


def test_layers_of_both_kinds_can_start_from_the_same_weights(image):
    adaptive, ordinary = (
        learn_filters(image, kind, [31], updates=1, initializer="he_uniform")
        for kind in ("adaptive", "ordinary")
    )
    np.testing.assert_array_equal(adaptive.initial_weights, ordinary.initial_weights)


def test_errors_are_compared_by_welch_and_point_as_the_claim_does(image):
    layers = [
        learn_filters(image, kind, [31, 48], updates=5)
        for kind in ("ordinary", "adaptive")
    ]
    (row,) = filter_learning.compare_errors({"five": layers}, 0.9).itertuples()
    ordinary, adaptive = (bank.loss[:, -1] for bank in layers)
    test = scipy.stats.ttest_ind(adaptive, ordinary, equal_var=False)
    low, high = test.confidence_interval(0.9)
    assert (row.low, row.high) == pytest.approx((low, high))
    assert row.adaptive - row.ordinary == pytest.approx((low + high) / 2)
    swapped = filter_learning.compare_errors({"five": layers[::-1]}, 0.9)
    words = {row.verdict, swapped["verdict"].iloc[0]}
    same_and_other = {Verdict.SAME_WAY.value, Verdict.OTHER_WAY.value}
    assert words in (same_and_other, {Verdict.OPEN.value})


def test_curve_settles_where_it_last_leaves_the_band_around_its_end():
    assert filter_learning.convergence_step(np.array([5.0, 1, 1])) == 1
    assert filter_learning.convergence_step(np.ones(4)) == 0
    assert filter_learning.convergence_step(np.array([1.0, 1.05, 1.2, 1])) == 3


def test_explained_variance_is_one_less_the_relative_error(image):
    bank = learn_filters(image, "adaptive", [31, 48], updates=3)
    targets = target_images(image)
    error = np.mean([np.mean((out - targets) ** 2, (0, 1)) for out in bank.outputs], 0)
    np.testing.assert_allclose(
        filter_learning.explained_variance(bank, targets),
        1 - error / targets.var(axis=(0, 1)),
        rtol=1e-4,
    )
