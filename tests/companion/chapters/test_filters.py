"""Section 4.1: targets, training, and its errors beside the recorded ones."""

import numpy as np
import pytest
import scipy.stats
from asking import ask
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from sklearn.linear_model import Ridge

from aconv.companion import paper
from aconv.companion.chapters.filters import compute as filter_learning
from aconv.companion.chapters.filters import settings
from aconv.companion.chapters.filters import show as filters
from aconv.companion.chapters.filters.compute import (
    FilterBanks,
    Training,
    learn_filters,
    ridge_error,
)
from aconv.companion.chapters.filters.pictures import first_digit
from aconv.companion.chapters.filters.settings import TARGET_FILTERS, target_images
from aconv.companion.runs.results_cache import save_result
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
    [bank] = learn_filters(image, kind, [31], updates=5)
    # Where a window sees nothing, nothing but a bias could make something of it.
    np.testing.assert_array_equal(bank.outputs[0, -5:], 0)
    assert np.abs(bank.outputs[0, :16]).min() > 0


@pytest.mark.parametrize(
    ("kind", "bound"),
    [("adaptive", np.sqrt(6 / 81)), ("ordinary", np.sqrt(6 / (81 + 9 * 81)))],
)
def test_kinds_start_from_the_initial_weights_of_the_authors_code(kind, bound, image):
    [bank] = learn_filters(image, kind, range(3), updates=1)
    assert 0.99 * bound < np.abs(bank.initial_weights).max() <= bound


@pytest.mark.parametrize("kind", ["adaptive", "ordinary"])
def test_seeds_and_penalties_train_side_by_side_as_each_would_alone(image, kind):
    trainings = [Training(1e-2), Training(0.1, "he_normal")]
    other, together = learn_filters(image, kind, [31, 48], 15, trainings)
    [alone] = learn_filters(image, kind, [48], 15, trainings[1:])
    np.testing.assert_allclose(together.loss[1], alone.loss[0], rtol=1e-5)
    np.testing.assert_allclose(together.kernels[1], alone.kernels[0], atol=1e-5)
    np.testing.assert_allclose(together.outputs[1], alone.outputs[0], atol=1e-5)
    for kernels in (together.kernels[0], other.kernels[1]):
        assert not np.allclose(kernels, together.kernels[1], atol=1e-3)


def test_adaptive_layer_learns_and_keeps_its_apertures_in_bounds(image):
    [bank] = learn_filters(image, "adaptive", [31], updates=60)
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
    [trained] = learn_filters(image, "ordinary", [31, 48], 300, [Training(0.05)])
    expected = ridge_error(image, targets, 0.05)
    np.testing.assert_allclose(trained.loss[:, -1], expected, rtol=1e-4)
    assert trained.loss[:, 0].min() > 2 * expected


def test_no_trained_kernel_is_below_the_least_error(image):
    targets = target_images(image)
    [trained] = learn_filters(image, "ordinary", [31], 60, [Training(0.0)])
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
    [adaptive], [ordinary] = (
        learn_filters(image, kind, [31], 1, [Training(initializer="he_uniform")])
        for kind in ("adaptive", "ordinary")
    )
    np.testing.assert_array_equal(adaptive.initial_weights, ordinary.initial_weights)


def test_errors_are_compared_by_welch_and_point_as_the_claim_does(image):
    layers = [
        learn_filters(image, kind, [31, 48], updates=5)[0]
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
    [bank] = learn_filters(image, "adaptive", [31, 48], updates=3)
    targets = target_images(image)
    error = np.mean([np.mean((out - targets) ** 2, (0, 1)) for out in bank.outputs], 0)
    np.testing.assert_allclose(
        filter_learning.explained_variance(bank, targets),
        1 - error / targets.var(axis=(0, 1)),
        rtol=1e-4,
    )


MINIMA = {0.0: 0.0, 0.5: 0.0021}


def bank(kind, loss):
    return FilterBanks(kind, (1, 2), loss, None, None, None)


@pytest.fixture
def banks():
    long = np.linspace([0.2, 0.4], [0.001, 0.003], 601).T
    return {
        (0.0, "adaptive"): bank("adaptive", long[:, :20]),
        (0.5, "ordinary"): bank("ordinary", long),
    }


def test_errors_stand_beside_the_recorded_ones(banks):
    table = filters.errors_table(banks, MINIMA, recorded=True)
    rows = table.set_index(["kernels", "trained"])
    ours = rows.loc[("ordinary", "here")]
    assert ours["first"] == "300.000 (200.000 to 400.000)"
    assert ours["last"] == "2.000 (1.000 to 3.000)"
    assert (ours["penalty"], ours["minimum"]) == ("0.5", "2.100")
    # Before update 500, of 0 to 600, five sixths of the way are gone.
    assert ours["at update 500"].startswith("51.667 ")
    for kind in ("ordinary", "adaptive"):
        last = paper.number(f"records.filters.{kind}.last").value
        assert float(rows.loc[(kind, "by the authors")]["last"]) == 1e3 * last


def test_training_that_is_too_short_has_a_dash(banks):
    table = filters.errors_table(banks, MINIMA, recorded=False)
    assert set(table["trained"]) == {"here"}
    (short,) = table.query("kernels == 'adaptive'").to_dict("records")
    assert (short["at update 500"], short["minimum"]) == ("–", "–")


def test_one_penalty_gives_the_recorded_error():
    table = filters.penalty_table().set_index("L2 penalty")
    assert dict(table["the same"]) == {"0.001": "no", "0.01": "yes"}
    facts = filters.penalty_facts()
    assert facts["at"] == facts["recorded"] == table["recorded"].iloc[0]
    assert facts["penalty_low"] < 0.01 < facts["penalty_high"]


def test_settings_are_those_of_the_paper_and_of_both_penalties():
    facts = filters.settings_facts()
    for name in ("learning_rate", "momentum"):
        assert float(facts[name]) == paper.number(f"filters.{name}").value
    assert float(facts["recorded"]) == 10 * float(facts["code"])


def test_claims_say_of_what_the_kernels_explain_so_much(results):
    values = {
        "explained_adaptive": [0.99] * 9,
        "explained_ordinary": [0.5] + [0.99] * 8,
        "moved": [0.2] * 9,
        "settled": [100, 300],
        "early": [0.25, 0.25],
        "updates": 2500,
    }
    save_result("filter_learning", values, {})
    explain = "explain over 90 % of the variance of their targets"
    assert ask("filters learned").ours == f"the outputs of 9 of 9 kernels {explain}"
    assert ask("filters both_learn").ours == (
        f"the outputs of 9 of 9 adaptive and 8 of 9 ordinary kernels {explain}"
    )
    latest = paper.number("filters.convergence.high").value
    early = f"25 % of the apertures by update {latest}"
    assert ask("filters most_converge").ours == early
    # By the last update that is printed, and not before it.
    save_result("filter_learning", values | {"settled": [latest, latest]}, {})
    assert ask("filters converges").verdict is Verdict.SAME_WAY


def test_loss_has_a_row_for_each_seed_and_update(banks):
    rows = filters.loss_rows(banks, {0.0: "none", 0.5: "half"})
    assert dict(rows["panel"].value_counts()) == {"half": 2 * 601, "none": 2 * 20}
    last = rows.query("panel == 'half' and seed == 2 and update == 600")
    assert last["loss"].tolist() == pytest.approx([0.003])
