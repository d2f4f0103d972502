"""The envelope against an independent statement of Eqs. (11), (12) and (21)."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from aconv.companion.measures.gradients import gradients
from aconv.layers.envelope import (
    effective_size,
    envelope,
    envelope_derivative,
    squared_distance,
)

pytestmark = pytest.mark.backend

kernel_sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)
apertures = st.lists(st.floats(0.05, 9.0), min_size=1, max_size=4)
# JAX compiles every operation anew for every shape, so a draw costs it a second.
draws = settings(
    max_examples=8 if keras.backend.backend() == "jax" else 40, deadline=None
)


def numpy_envelope(aperture, kernel_size, normalize=True):
    aperture = np.asarray(aperture, "float32")
    return to_numpy(envelope(aperture, kernel_size, normalize))


@draws
@given(apertures, kernel_sizes, st.booleans())
def test_envelope_is_equation_11_for_every_filter(aperture, kernel_size, normalize):
    u = numpy_envelope(aperture, kernel_size, normalize)
    assert u.shape == (*kernel_size, 1, len(aperture))
    for q, sigma in enumerate(aperture):
        expected = reference.envelope(np.float32(sigma), kernel_size, normalize)
        np.testing.assert_allclose(u[..., 0, q], expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("kernel_size", [(7,), (7, 7), (4, 6), (3, 5, 9)])
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("sigma", [0.13, 0.7, 9.0])
def test_envelope_of_double_precision_is_exact_to_rounding(
    sigma, kernel_size, normalize
):
    aperture = keras.ops.convert_to_tensor(np.array([sigma]), dtype="float64")
    if keras.backend.standardize_dtype(aperture.dtype) != "float64":
        pytest.skip("JAX computes in float64 only where jax_enable_x64 is set")
    u = to_numpy(envelope(aperture, kernel_size, normalize))
    assert u.dtype == np.float64
    expected = reference.envelope(sigma, kernel_size, normalize)
    # An exponent of e is known to e times the rounding of one number.
    exponent = np.abs(np.log(expected)).max()
    np.testing.assert_allclose(
        u[..., 0, 0], expected, rtol=1e-15 * max(2.0, exponent), atol=0
    )


@draws
@given(apertures, kernel_sizes)
def test_normalised_energy_is_the_number_of_coefficients(aperture, kernel_size):
    energy = np.square(numpy_envelope(aperture, kernel_size).astype("float64"))
    total = energy.sum(axis=tuple(range(len(kernel_size) + 1)))
    np.testing.assert_allclose(total, np.prod(kernel_size), rtol=1e-5)


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_grid_is_symmetric_with_its_centre_at_one_half(n):
    distance = squared_distance((n, n))
    np.testing.assert_allclose(distance, distance[::-1, ::-1], atol=1e-7)
    np.testing.assert_allclose(distance, distance.T)
    np.testing.assert_allclose(distance[0, 0], 0.5)
    if n % 2:
        assert distance[n // 2, n // 2] == 0


@draws
@given(st.floats(0.08, 3.0), kernel_sizes, st.booleans())
def test_derivative_is_the_slope_of_the_envelope(sigma, kernel_size, normalize):
    sigma = float(np.float32(sigma))
    step = 1e-6 * sigma
    ahead, behind = (
        reference.envelope(sigma + d, kernel_size, normalize) for d in (step, -step)
    )
    slope = (ahead - behind) / (2 * step)
    derivative = to_numpy(
        envelope_derivative(np.array([sigma], "float32"), kernel_size, normalize)
    )
    # Terms of up to 1/sigma cancel where the normalised envelope hardly changes.
    tolerance = max(1e-3 * np.abs(slope).max(), 1e-6 / sigma)
    np.testing.assert_allclose(derivative[..., 0, 0], slope, atol=tolerance)


def test_derivative_is_of_the_normalised_envelope_by_default():
    aperture, size = np.array([0.3], "float32"), (5, 4)
    default, normalised = (
        to_numpy(envelope_derivative(aperture, size, *given)) for given in ((), (True,))
    )
    np.testing.assert_array_equal(default, normalised)


@pytest.mark.parametrize("normalize", [True, False])
def test_backend_differentiates_the_envelope_to_the_same_derivative(rng, normalize):
    aperture = keras.Variable(np.array([0.1, 0.3, 1.5], "float32"))
    weights = rng.normal(size=(5, 4, 1, 3)).astype("float32")
    (gradient,) = gradients(
        lambda: keras.ops.sum(
            keras.ops.multiply(weights, envelope(aperture, (5, 4), normalize))
        ),
        [aperture],
    )
    derivative = to_numpy(envelope_derivative(aperture, (5, 4), normalize))
    expected = np.sum(weights * derivative, axis=(0, 1, 2))
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4)


def test_effective_size_grows_from_one_pixel_to_the_whole_kernel():
    sizes = effective_size(envelope(np.array([0.01, 0.1, 0.2, 0.5, 50.0]), (9, 9)))
    assert np.all(np.diff(sizes) > 0)
    np.testing.assert_allclose(sizes[[0, -1]], [1, 9], rtol=1e-3)


def test_effective_size_of_an_unclipped_gaussian_is_its_analytic_value():
    # Sum u^2 ~ pi sigma^2 and sum u^4 ~ pi sigma^2 / 2 in pixels, so the side is
    # sqrt(2 pi) sigma while the envelope stays well inside its grid.
    n, sigma_pixels = 101, 8.0
    u = envelope(np.array([sigma_pixels / (n - 1)]), (n, n))
    expected = np.sqrt(2 * np.pi) * sigma_pixels
    np.testing.assert_allclose(effective_size(u), expected, rtol=1e-3)
