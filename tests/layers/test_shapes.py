"""Envelopes of other shapes: independent statements, gradients, drop-in behaviour."""

import keras
import numpy as np
import pytest
import reference
from arrays import to_numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from aconv import AdaptiveConv1D, AdaptiveConv2D, AdaptiveConv3D
from aconv.companion.measures.gradients import gradients
from aconv.layers.envelope import axis_sizes, effective_size, envelope

pytestmark = pytest.mark.backend

# Every shape of every rank, with the ranks' layers.
SHAPES = {
    "circle 2D": (AdaptiveConv2D, "circle", (3, 5), (8, 7)),
    "ellipse 1D": (AdaptiveConv1D, "ellipse", (5,), (9,)),
    "ellipse 2D": (AdaptiveConv2D, "ellipse", (3, 5), (8, 7)),
    "ellipse 3D": (AdaptiveConv3D, "ellipse", (3, 2, 4), (5, 4, 6)),
    "rotated 2D": (AdaptiveConv2D, "rotated", (3, 5), (8, 7)),
}
sizes = st.floats(0.08, 9.0)
draws = settings(max_examples=8 if keras.backend.backend() == "jax" else 40)


def made(name, filters=4, channels=2, **options):
    """A built layer whose envelopes are all different."""
    cls, shape, kernel_size, spatial = SHAPES[name]
    layer = cls(filters, kernel_size, envelope_shape=shape, **options)
    layer.build((None, *spatial, channels))
    random = np.random.default_rng(7)
    layer.aperture.assign(random.uniform(0.4, 1.2, layer.aperture.shape))
    if layer.angle is not None:
        layer.angle.assign(random.uniform(-4, 4, layer.angle.shape))
    return layer


def skip_without_double_precision(layer):
    if to_numpy(layer.envelope()).dtype != np.float64:
        pytest.skip("JAX computes in float64 only where jax_enable_x64 is set")
    if keras.backend.backend() == "jax" and layer.angle is not None:
        pytest.skip("Keras computes a cosine in float32 on JAX")


def expected_envelopes(layer):
    apertures = to_numpy(layer.aperture).astype("float64")
    if layer.envelope_shape == "circle":
        apertures = np.repeat(apertures, layer.rank)
    # Those of a filter lie side by side on the one axis of the weight.
    apertures = apertures.reshape(-1, layer.rank)
    angles = np.zeros(len(apertures)) if layer.angle is None else to_numpy(layer.angle)
    return np.stack(
        [
            reference.envelope_of_axes(
                aperture, layer.kernel_size, angle, layer.normalize_envelope
            )
            for aperture, angle in zip(apertures, angles, strict=True)
        ],
        axis=-1,
    )


@draws
@given(
    st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple),
    st.data(),
    st.booleans(),
)
def test_ellipse_is_its_quadratic_form(kernel_size, data, normalize):
    rank = len(kernel_size)
    aperture = np.float32([data.draw(st.tuples(*[sizes] * rank)) for _ in range(2)])
    is_turned = rank == 2 and data.draw(st.booleans())
    angle = np.float32(data.draw(st.tuples(*[st.floats(-7, 7)] * 2)))
    u = to_numpy(
        envelope(aperture, kernel_size, normalize, angle if is_turned else None)
    )
    assert u.shape == (*kernel_size, 1, 2)
    for q in range(2):
        expected = reference.envelope_of_axes(
            aperture[q], kernel_size, angle[q] if is_turned else 0.0, normalize
        )
        np.testing.assert_allclose(u[..., 0, q], expected, rtol=1e-3, atol=5e-5)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_envelope_of_a_layer_is_its_statement(name, normalize, dtype):
    layer = made(name, normalize_envelope=normalize, dtype=dtype)
    u = to_numpy(layer.envelope())[..., 0, :]
    if dtype == "float64":
        skip_without_double_precision(layer)
    tolerance = 1e-4 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(u, expected_envelopes(layer), rtol=tolerance, atol=1e-15)


@pytest.mark.parametrize("n", [4, 5])
@pytest.mark.parametrize("shape", ["circle", "ellipse", "rotated"])
@pytest.mark.parametrize("aperture", [1e-25, 1e-6, 1e-3])
def test_envelope_and_its_slopes_are_finite_however_small(aperture, shape, n):
    axes = () if shape == "circle" else (2,)
    aperture = keras.Variable(np.full((1, *axes), aperture, "float32"))
    angle = keras.Variable(np.float32([0.7]))

    def u():
        turned = keras.ops.convert_to_tensor(angle) if shape == "rotated" else None
        return envelope(aperture, (n, n), angle=turned)

    np.testing.assert_allclose(np.square(to_numpy(u())).sum(), n * n, rtol=1e-5)
    weights = np.arange(n * n, dtype="float32").reshape(n, n, 1, 1)
    for slope in gradients(
        lambda: keras.ops.sum(keras.ops.multiply(u(), weights)),
        [aperture, angle] if shape == "rotated" else [aperture],
    ):
        assert np.isfinite(slope).all()


def test_angle_turns_from_the_first_axis_towards_the_second():
    # Long along its first axis, which lies along the diagonal of equal coordinates.
    u = to_numpy(
        envelope(np.float32([[1, 0.2]]), (5, 5), angle=np.float32([np.pi / 4]))
    )
    assert u[0, 0, 0, 0] > 1
    assert u[0, 4, 0, 0] < 0.01


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("normalize", [True, False])
def test_gradients_are_finite_differences_in_double_precision(name, normalize, rng):
    layer = made(name, dtype="float64", normalize_envelope=normalize)
    skip_without_double_precision(layer)
    _, _, _, spatial = SHAPES[name]
    x = rng.normal(size=(1, *spatial, 2))
    target = rng.normal(size=layer(x).shape)

    def loss():
        return keras.ops.sum(keras.ops.square(keras.ops.subtract(layer(x), target)))

    variables = [layer.aperture, layer.kernel]
    variables += [] if layer.angle is None else [layer.angle]
    for variable, slopes in zip(variables, gradients(loss, variables), strict=True):
        value, slopes = to_numpy(variable).copy(), np.asarray(slopes)
        for index in list(np.ndindex(*value.shape))[:8]:
            step = np.zeros(value.shape)
            step[index] = 1e-5
            ends = []
            for moved in (value + step, value - step):
                variable.assign(moved)
                ends.append(float(to_numpy(loss())))
            variable.assign(value)
            found = (ends[0] - ends[1]) / 2e-5
            assert slopes[index] == pytest.approx(found, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("name", SHAPES)
def test_sizes_along_the_axes_multiply_to_the_effective_size(name):
    layer = made(name)
    found = layer.effective_size()
    assert found.shape == (4, layer.rank)
    assert (found >= 1 - 1e-6).all()
    assert (found <= np.array(layer.kernel_size) + 1e-6).all()
    if layer.angle is None:
        side = effective_size(layer.envelope())
        np.testing.assert_allclose(found.prod(axis=1) ** (1 / layer.rank), side)


def test_sizes_along_the_axes_are_those_of_gaussians():
    # Sum u^2 ~ sqrt(pi) sigma and sum u^4 ~ sqrt(pi / 2) sigma in pixels, so that the
    # size is sqrt(2 pi) sigma while the envelope stays well inside its grid.
    n, pixels = 101, np.array([4.0, 9.0])
    u = envelope(np.float32([pixels / (n - 1)]), (n, n))
    np.testing.assert_allclose(axis_sizes(u), [np.sqrt(2 * np.pi) * pixels], rtol=1e-3)
    # A turned one has the sizes of its shadows.
    turned = envelope(
        np.float32([pixels / (n - 1)]), (n, n), angle=np.float32([np.pi / 4])
    )
    shadow = np.sqrt(np.mean(pixels**2))
    np.testing.assert_allclose(
        axis_sizes(turned), [[np.sqrt(2 * np.pi) * shadow] * 2], rtol=1e-3
    )


def test_ellipses_start_as_the_circles_of_the_paper_in_all_directions():
    layer = AdaptiveConv2D(5, 3, envelope_shape="rotated")
    layer.build((None, 5, 5, 1))
    circles = np.linspace(0.1, 0.5, 5)
    np.testing.assert_allclose(to_numpy(layer.aperture), np.repeat(circles, 2))
    np.testing.assert_allclose(to_numpy(layer.angle), np.linspace(0, np.pi / 2, 5))


@pytest.mark.parametrize("name", SHAPES)
def test_apertures_compute_within_their_bounds_and_all_have_a_slope_of_one(name, rng):
    layer = made(name, aperture_bounds=(0.3, 0.6))
    raw = rng.uniform(-1, 3, layer.aperture.shape).astype("float32")
    raw[:3] = 0.3, 0.6, 0.45
    layer.aperture.assign(raw)
    acting = to_numpy(layer.effective_aperture())
    assert acting.shape == ((4,) if "circle" in name else (4, layer.rank))
    # On the one axis of the weight those of a filter lie side by side.
    clipped = raw.clip(*np.float32([0.3, 0.6]))
    np.testing.assert_array_equal(acting.ravel(), clipped, strict=True)
    # The gradient goes straight through the clip.
    (slopes,) = gradients(
        lambda: keras.ops.sum(layer.effective_aperture()), [layer.aperture]
    )
    np.testing.assert_array_equal(np.asarray(slopes), 1.0)


def test_size_of_an_envelope_that_vanishes_is_that_of_its_shape():
    bounds = {"aperture_bounds": (0.001, 1), "aperture_initializer": 0.01}
    plain, normalized = (
        AdaptiveConv2D(2, 4, normalize_envelope=normalize, **bounds)
        for normalize in (False, True)
    )
    for layer in (plain, normalized):
        layer.build((None, 8, 8, 1))
    np.testing.assert_allclose(plain.effective_size(), normalized.effective_size())
    assert np.isfinite(plain.effective_size()).all()


@pytest.mark.parametrize(
    ("initializer", "message"),
    [
        ((1.0, 0.5), r"low <= high.*\(1.0, 0.5\)"),
        (lambda shape, dtype: np.zeros((1,)), r"shape \(2,\).*gave \(1,\)"),
        (lambda shape, dtype: np.full(shape, np.nan), "finite.*nan"),
        (float("nan"), "nan"),
        (10**400, "Received: 1000"),
        ((0, -1e300), r"Received: \(0, -1e\+300"),
    ],
)
def test_bad_initial_angles_are_named(initializer, message):
    options = {"envelope_shape": "rotated", "angle_initializer": initializer}
    with pytest.raises(ValueError, match=f"`angle_initializer`.*{message}"):
        AdaptiveConv2D(2, 3, **options)
