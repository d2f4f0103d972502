"""The envelope against an independent statement of Eqs. (11), (12) and (21)."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from aconv.layers.envelope import envelope, envelope_derivative

pytestmark = pytest.mark.backend

kernel_sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)
apertures = st.lists(st.floats(0.05, 9.0), min_size=1, max_size=4)
# JAX compiles every operation anew for every shape, so a draw costs it a second.
draws = settings(max_examples=8 if keras.backend.backend() == "jax" else 40)


def numpy_envelope(aperture, kernel_size, normalize=True):
    aperture = np.asarray(aperture, "float32")
    return to_numpy(envelope(aperture, kernel_size, normalize))


@draws
@given(apertures, kernel_sizes, st.booleans())
def test_envelope_is_equation_11_for_every_filter(aperture, kernel_size, normalize):
    u = numpy_envelope(aperture, kernel_size, normalize)
    assert u.shape == (*kernel_size, 1, len(aperture))
    for q, sigma in enumerate(aperture):
        expected = reference.envelope(float(np.float32(sigma)), kernel_size, normalize)
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
@given(st.floats(0.08, 3.0), kernel_sizes, st.sampled_from([(), (True,), (False,)]))
def test_derivative_is_the_slope_of_the_envelope(sigma, kernel_size, normalize):
    sigma = float(np.float32(sigma))
    step = 1e-6 * sigma
    ahead, behind = (
        reference.envelope(sigma + d, kernel_size, *normalize) for d in (step, -step)
    )
    slope = (ahead - behind) / (2 * step)
    derivative = to_numpy(
        envelope_derivative(np.array([sigma], "float32"), kernel_size, *normalize)
    )
    # Terms of up to 1/sigma cancel where the normalised envelope hardly changes.
    tolerance = max(1e-3 * np.abs(slope).max(), 1e-6 / sigma)
    np.testing.assert_allclose(derivative[..., 0, 0], slope, atol=tolerance)
