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
    Eqs. (23) and (24)), ``scale`` (Eq. (21)), ``folded`` (the folded network),
    ``strides`` (the first three with strides or dilation, the largest).
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=_INPUT)
    errors = _errors(rng, x) | {"folded": _fold_error(x)}
    further = [_errors(rng, x, strides=(2, 3)), _errors(rng, x, dilation_rate=(2, 1))]
    names = "product", "weights", "aperture"
    errors["strides"] = max(found[name] for found in further for name in names)
    return errors


def _errors(
    rng: np.random.Generator,
    x: np.ndarray,
    *,
    strides: tuple[int, int] = (1, 1),
    dilation_rate: tuple[int, int] = (1, 1),
) -> dict[str, float]:
    layer = _layer(strides=strides, dilation_rate=dilation_rate)
    out = ops.convert_to_numpy(layer(x))
    delta = rng.normal(size=out.shape)
    of_kernel, of_aperture = gradients(
        lambda: ops.sum(ops.multiply(delta, layer(x))), [layer.kernel, layer.aperture]
    )
    w, u = (ops.convert_to_numpy(t) for t in (layer.kernel, layer.envelope()))
    windows = _windows(x, strides, dilation_rate)
    sums = np.einsum("bijq,bijckl->klcq", delta, windows)
    sigma = ops.convert_to_numpy(layer.aperture)
    r2 = squared_distance(_GRID).astype("float64")[..., None, None]
    slopes = {
        "aperture": ops.convert_to_numpy(envelope_derivative(layer.aperture, _GRID)),
        "printed": u * r2 / (2 * sigma**3),
        "without_2": u * r2 / sigma**3,
    }
    return {
        "product": _error(np.einsum("bijckl,klcq->bijq", windows, w * u), out),
        "weights": _error(u * sums, of_kernel),
        "indices": _error(u * _as_printed(x, delta), of_kernel),
        "scale": float(np.abs(np.square(u).mean(axis=(0, 1)) - 1).max()),
        **{
            name: _error(np.sum(sums * w * slope, axis=(0, 1, 2)), of_aperture)
            for name, slope in slopes.items()
        },
    }


def _windows(
    x: np.ndarray, strides: tuple[int, int], dilation_rate: tuple[int, int]
) -> np.ndarray:
    """What the kernel meets of ``x``, shape (batch, i, j, channels, k, l)."""
    spans = [(n - 1) * d + 1 for n, d in zip(_GRID, dilation_rate, strict=True)]
    every = np.lib.stride_tricks.sliding_window_view(x, spans, axis=(1, 2))
    (down, right), (rows, columns) = strides, dilation_rate
    return every[:, ::down, ::right, :, ::rows, ::columns]


def _as_printed(x: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """The sums of Eq. (7) with ``x_(i+j, k+l)``, cut to the image beyond its edge."""
    i, j = np.indices(delta.shape[1:3])
    k, l = np.indices(_GRID)  # noqa: E741
    rows = np.minimum(i + j, _INPUT[1] - 1)
    columns = np.minimum(k + l, _INPUT[2] - 1)
    return np.einsum("ijq,ijklc->klcq", delta[0], x[0][rows[..., None, None], columns])


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


def _fold_error(x: np.ndarray) -> float:
    layer = _layer()
    inputs = keras.Input(_INPUT[1:], dtype="float64")
    model = keras.Model(inputs, layer(inputs))
    return _error(
        *(ops.convert_to_numpy(network(x)) for network in (fold(model), model))
    )


def _error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(found - exact).max() / np.abs(exact).max())
