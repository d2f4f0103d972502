"""The layer and the paper's formulas against each other, in double precision."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from aconv.companion.measures.gradients import gradients
from aconv.layers import AdaptiveConv2D
from aconv.layers.envelope import (
    effective_size,
    envelope,
    envelope_derivative,
    squared_distance,
)
from aconv.layers.fold import fold

_GRID = (5, 5)
_INPUT = (1, 12, 10, 3)
_FILTERS = 4


def formula_errors(seed: int) -> dict[str, float]:
    """Measure how far formulas are from what the layer and the backend compute.

    Errors are the largest absolute difference over the largest absolute value:
    ``product`` (Eq. (3)), ``weights`` (Eq. (7)), ``aperture`` (Eq. (10) with the
    derivative of the envelope), ``printed`` (with Eq. (12)), ``without_2`` (with
    Eq. (12) without its factor 2), ``indices`` (Eq. (7) with the input's indices of
    Eqs. (23) and (24)), ``folded`` (the folded network), ``strides`` (Eq. (3) with
    strides or dilation, the larger).
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=_INPUT)
    layer = _layer()
    out = ops.convert_to_numpy(layer(x))
    delta = rng.normal(size=out.shape)
    of_kernel, of_aperture = gradients(
        lambda: ops.sum(ops.multiply(delta, layer(x))), [layer.kernel, layer.aperture]
    )
    w, u = (ops.convert_to_numpy(t) for t in (layer.kernel, layer.envelope()))
    sums = np.empty(w.shape)
    exchanged = np.empty(w.shape)
    rows, columns = out.shape[1:3]
    i, j = np.indices((rows, columns))
    for k, l, c, q in np.ndindex(*w.shape):  # noqa: E741
        d = delta[0, ..., q]
        sums[k, l, c, q] = np.sum(d * x[0, i + k, j + l, c])
        # As printed: x_(i+j, k+l), which is cut to the image where it leaves it.
        row, column = np.minimum(i + j, _INPUT[1] - 1), min(k + l, _INPUT[2] - 1)
        exchanged[k, l, c, q] = np.sum(d * x[0, row, column, c])
    sigma = ops.convert_to_numpy(layer.aperture)
    r2 = squared_distance(_GRID).astype("float64")[..., None, None]
    slopes = {
        "aperture": ops.convert_to_numpy(envelope_derivative(layer.aperture, _GRID)),
        "printed": u * r2 / (2 * sigma**3),
        "without_2": u * r2 / sigma**3,
    }
    errors = {
        "product": _error(_correlate(x, w * u), out),
        "weights": _error(u * sums, of_kernel),
        "indices": _error(u * exchanged, of_kernel),
    }
    for name, slope in slopes.items():
        formula = np.sum(sums * w * slope, axis=(0, 1, 2))
        errors[name] = _error(formula, of_aperture)
    errors["folded"] = _fold_error(x)
    errors["strides"] = max(
        _product_error(x, strides=(2, 3)), _product_error(x, dilation_rate=(2, 1))
    )
    return errors


def sizes(kernel_size: int, apertures: np.ndarray) -> list[float]:
    """Return the effective sizes, in pixels, that apertures give."""
    grid = (kernel_size, kernel_size)
    found = effective_size(envelope(np.asarray(apertures, "float32"), grid))
    return [float(size) for size in found]


def results(seed: int, kernel_size: int) -> Mapping[str, object]:
    """What the claims need of the chapter on the kernel, on the grid of Figure 2."""
    apertures = np.geomspace(1 / kernel_size, kernel_size, 30)
    return {
        "errors": formula_errors(seed),
        "apertures": apertures,
        "sizes": sizes(kernel_size, apertures),
    }


def _layer(**options: object) -> AdaptiveConv2D:
    layer = AdaptiveConv2D(
        _FILTERS,
        _GRID,
        use_bias=False,
        kernel_initializer=keras.initializers.HeUniform(seed=1),
        aperture_initializer=(0.25, 0.8),
        dtype="float64",
        **options,
    )
    layer.build(_INPUT)
    return layer


def _correlate(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, _GRID, axis=(1, 2))
    return np.einsum("bijckl,klcq->bijq", windows, kernel)


def _product_error(x: np.ndarray, **options: object) -> float:
    layer = _layer(**options)
    ordinary = ops.conv(
        x,
        layer.effective_kernel(),
        strides=options.get("strides", 1),
        dilation_rate=options.get("dilation_rate", 1),
    )
    return _error(*(ops.convert_to_numpy(t) for t in (ordinary, layer(x))))


def _fold_error(x: np.ndarray) -> float:
    layer = _layer()
    inputs = keras.Input(_INPUT[1:], dtype="float64")
    model = keras.Model(inputs, layer(inputs))
    return _error(
        *(ops.convert_to_numpy(network(x)) for network in (fold(model), model))
    )


def _error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(found - exact).max() / np.abs(exact).max())
