"""Convolution by Fourier transforms, for kernels on large grids.

A transform along one axis is a product with a constant matrix, and in the space of
frequencies a convolution is a product over channels. So all of it is made of matrix
products, which every backend has, also on an accelerator, and differentiates; its cost
grows slowly with the kernel's grid.

The layout keeps frequencies outermost, so that between the products nothing has to be
moved: images are turned to ``(width, height, batch, channels)`` once and back once.
"""

import dataclasses
import functools
import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops


def fourier_convolution(
    inputs: keras.KerasTensor,
    kernel: keras.KerasTensor,
    *,
    strides: Sequence[int],
    padding: str,
    dilation_rate: Sequence[int],
    data_format: str,
    groups: int = 1,
) -> keras.KerasTensor:
    """Convolve images with a kernel by Fourier transforms.

    The result is that of ``keras.ops.conv`` up to rounding, and so are the gradients.
    What is computed is the cross-correlation that convolution layers compute.

    Args:
        inputs: Images, ``(batch, *spatial, channels)`` or, with
            ``data_format="channels_first"``, ``(batch, channels, *spatial)``; one to
            three spatial axes, of known sizes.
        kernel: Kernel, shape ``(*kernel_size, channels // groups, filters)``.
        strides: Strides along the spatial axes.
        padding: ``"valid"``, ``"same"`` or, with one spatial axis, ``"causal"``.
        dilation_rate: Dilation along the spatial axes.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        groups: Number of groups of channels; with as many groups as channels the
            convolution is depthwise.

    Returns:
        The outputs, of the layout of ``inputs`` and the data type that those of inputs
        and kernel promote to. The transforms are computed in float32, and in float64
        for outputs of that type.

    Raises:
        ValueError: If a spatial size of the inputs is not known, or smaller than the
            kernel with ``"valid"`` padding.
    """
    dtype = keras.backend.result_type(inputs.dtype, kernel.dtype)
    computed_in = "float64" if dtype == "float64" else "float32"
    rank = len(inputs.shape) - 2
    channel_axis = rank + 1 if data_format == "channels_last" else 1
    spatial = [axis for axis in range(1, rank + 2) if axis != channel_axis]
    sizes = [inputs.shape[axis] for axis in spatial]
    if any(size is None for size in sizes):
        raise ValueError(
            '`inputs` must have known spatial sizes with `method="fft"`, whose '
            f"transforms are matrices of them. Received: shape {tuple(inputs.shape)}"
        )
    extents = [
        (n - 1) * dilation + 1
        for n, dilation in zip(kernel.shape[:rank], dilation_rate, strict=True)
    ]
    if padding == "valid" and any(
        size < extent for size, extent in zip(sizes, extents, strict=True)
    ):
        raise ValueError(
            '`inputs` must be as large as the kernel, dilated, with `padding="valid"`. '
            f"Received: spatial sizes {tuple(sizes)} for {tuple(extents)}"
        )
    plans = [
        _plan(*of_axis, padding)
        for of_axis in zip(
            sizes, kernel.shape[:rank], strides, dilation_rate, strict=True
        )
    ]
    # The last axis is transformed first, and is the outermost one from then on.
    order = [*reversed(spatial), 0, channel_axis]
    images = ops.transpose(ops.cast(inputs, computed_in), order)
    weights = ops.transpose(
        ops.cast(kernel, computed_in), [*range(rank - 1, -1, -1), rank, rank + 1]
    )
    plans.reverse()
    spectra = _multiply(
        _transform(images, [plan.forward for plan in plans]),
        _transform(weights, [plan.kernel for plan in plans]),
        groups,
    )
    outputs = _invert(spectra, [plan.inverse for plan in plans])
    back = [0] * (rank + 2)
    for place, axis in enumerate(order):
        back[axis] = place
    return ops.cast(ops.transpose(outputs, back), dtype)


@dataclasses.dataclass(frozen=True)
class _Plan:
    """The transforms of one spatial axis.

    Attributes:
        forward: Phases of the image, ``(frequencies, pixels)``.
        kernel: Phases of the kernel, ``(frequencies, coefficients)``; a correlation has
            their conjugates.
        inverse: Phases of the outputs, ``(frequencies, pixels of the output)``.
    """

    forward: np.ndarray
    kernel: np.ndarray
    inverse: np.ndarray


@functools.lru_cache(maxsize=256)
def _plan(
    size: int, kernel_size: int, stride: int, dilation: int, padding: str
) -> _Plan:
    """Plan an axis whose outputs lie where ``keras.ops.conv`` has them."""
    extent = (kernel_size - 1) * dilation + 1
    if padding == "valid":
        before, count = 0, (size - extent) // stride + 1
    elif padding == "causal":
        before, count = extent - 1, (size - 1) // stride + 1
    else:
        count = math.ceil(size / stride)
        missing = max((count - 1) * stride + extent - size, 0)
        before = missing // 2
    pixels, taps = np.arange(size), np.arange(kernel_size) * dilation
    places = np.arange(count) * stride - before
    after = places[-1] + taps[-1] - pixels[-1]
    # Transforms go round in a circle: what lies beyond one end of the image must meet
    # zeros, and not the other end.
    length = int(size + max(before, after, 0))

    def phases(places: np.ndarray, sign: int) -> np.ndarray:
        turns = np.outer(np.arange(length), places) % length / length
        return np.exp(sign * 2j * np.pi * turns)

    return _Plan(phases(pixels, -1), phases(taps, 1), phases(places, 1) / length)


def _reshape(values: keras.KerasTensor, shape: Sequence[int]) -> keras.KerasTensor:
    """Reshape with what -1 stands for computed, since LiteRT cannot infer it."""
    if -1 not in shape:
        return ops.reshape(values, shape)
    known = None not in values.shape
    size = math.prod(values.shape) if known else ops.size(values)
    rest = size // -math.prod(shape)
    return ops.reshape(values, [rest if n == -1 else n for n in shape])


def _constant(matrix: np.ndarray, like: keras.KerasTensor) -> keras.KerasTensor:
    return ops.convert_to_tensor(matrix, dtype=like.dtype)


def _halved(phases: np.ndarray) -> np.ndarray:
    """The frequencies that decide on the spectrum of real values."""
    return phases[: len(phases) // 2 + 1]


def _blocks(phases: np.ndarray) -> np.ndarray:
    """A product with complex numbers as one with real ones, ``(out, 2, in, 2)``."""
    real, imaginary = phases.real, phases.imag
    return np.stack(
        [np.stack([real, -imaginary], axis=-1), np.stack([imaginary, real], axis=-1)],
        axis=1,
    )


def _transform(
    values: keras.KerasTensor, phases: Sequence[np.ndarray]
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Transform the first axes of ``values``; the last two stay.

    Returns:
        Real and imaginary part, ``(frequencies, frequencies of the last axis, *last
        two)``: those of all axes but the last one are one axis, and with one axis the
        second one is 1.
    """
    *_, rows, channels = values.shape
    first, *others = phases
    half = _halved(first)
    matrix = np.stack([half.real, half.imag], axis=1).reshape(-1, half.shape[1])
    values = ops.matmul(
        _constant(matrix, values), _reshape(values, (half.shape[1], -1))
    )
    leading, last = len(half), 1
    for number, of_axis in enumerate(others, start=1):
        count, size = of_axis.shape
        blocks = _blocks(of_axis)
        if number == len(others):
            # Parts outermost, so that each is one slice in the end.
            matrix, last = blocks.transpose(1, 0, 3, 2), count
        else:
            matrix = blocks.transpose(0, 1, 3, 2)
        values = _reshape(values, (leading, 2 * size, -1))
        values = ops.matmul(
            _constant(matrix.reshape(2 * count, 2 * size), values), values
        )
        if number < len(others):
            leading *= count
    rows = -1 if rows is None else rows
    values = _reshape(values, (leading, 2, last, rows, channels))
    return values[:, 0], values[:, 1]


def _multiply(
    images: tuple[keras.KerasTensor, keras.KerasTensor],
    weights: tuple[keras.KerasTensor, keras.KerasTensor],
    groups: int,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Multiply spectra over channels, by three real products for a complex one."""
    (a, b), (c, d) = images, weights
    if groups > 1:
        a, b = (_grouped_images(part, groups) for part in (a, b))
        c, d = (_grouped_weights(part, groups) for part in (c, d))
    # One channel per group: there is nothing to sum over.
    product = ops.multiply if c.shape[-2] == 1 else ops.matmul
    both = product(a + b, c)
    real = both - product(b, c + d)
    imaginary = both + product(a, d - c)
    if groups > 1:
        real, imaginary = (_ungrouped(part) for part in (real, imaginary))
    return real, imaginary


def _grouped_images(spectrum: keras.KerasTensor, groups: int) -> keras.KerasTensor:
    *frequencies, _, channels = spectrum.shape
    parts = _reshape(spectrum, (*frequencies, -1, groups, channels // groups))
    return ops.transpose(parts, (0, 1, 3, 2, 4))


def _grouped_weights(spectrum: keras.KerasTensor, groups: int) -> keras.KerasTensor:
    *frequencies, channels, filters = spectrum.shape
    parts = ops.reshape(spectrum, (*frequencies, channels, groups, filters // groups))
    return ops.transpose(parts, (0, 1, 3, 2, 4))


def _ungrouped(spectrum: keras.KerasTensor) -> keras.KerasTensor:
    *frequencies, groups, _, filters = spectrum.shape
    parts = ops.transpose(spectrum, (0, 1, 3, 2, 4))
    return _reshape(parts, (*frequencies, -1, groups * filters))


def _invert(
    spectrum: tuple[keras.KerasTensor, keras.KerasTensor], phases: Sequence[np.ndarray]
) -> keras.KerasTensor:
    """Undo ``_transform`` where outputs are wanted.

    Args:
        spectrum: As ``_transform`` returns it.
        phases: Of each axis, ``(frequencies, outputs)``.

    Returns:
        Outputs, ``(*outputs, rows, channels)``.
    """
    channels = spectrum[0].shape[-1]
    first, *others = phases
    half = _halved(first)
    values = ops.stack(spectrum, axis=1)
    leading = len(half) * math.prod(len(of_axis) for of_axis in others[:-1])
    for number, of_axis in reversed(list(enumerate(others, start=1))):
        count, size = of_axis.shape
        blocks = _blocks(of_axis.T)
        if number == len(others):
            matrix = blocks.transpose(1, 0, 3, 2)
        else:
            matrix = blocks.transpose(1, 0, 2, 3)
            leading //= count
        values = _reshape(values, (leading, 2 * count, -1))
        values = ops.matmul(
            _constant(matrix.reshape(2 * size, 2 * count), values), values
        )
    # Of real outputs the other half of the spectrum is the conjugate of this one.
    weights = np.full(len(half), 2.0)
    weights[0] = 1.0
    if len(first) % 2 == 0:
        weights[-1] = 1.0
    weighted = (half * weights[:, None]).T
    matrix = np.stack([weighted.real, -weighted.imag], axis=-1)
    values = ops.matmul(
        _constant(matrix.reshape(len(weighted), -1), values),
        _reshape(values, (2 * len(half), -1)),
    )
    outputs = [of_axis.shape[1] for of_axis in phases]
    return _reshape(values, (*outputs, -1, channels))
