"""Independent statements of the paper's equations in plain NumPy loops.

Slow and literal on purpose: nothing here is shared with the package under test.
"""

import itertools

import numpy as np


def envelope(aperture, kernel_size, normalize=True):
    """Eqs. (11) and (21) for one aperture, coefficient by coefficient, in float64."""
    u = np.empty(kernel_size, "float64")
    for index in np.ndindex(*kernel_size):
        distance = 0.0
        for k, n in zip(index, kernel_size, strict=True):
            coordinate = k / (n - 1) if n > 1 else 0.5
            distance += (coordinate - 0.5) ** 2
        u[index] = np.exp(-distance / (2 * aperture**2))
    if normalize:
        u *= np.sqrt(np.prod(kernel_size)) / np.sqrt(np.sum(u**2))
    return u


def product_kernel(kernel, apertures, normalize=True):
    """``W ∘ U``, Eq. (3), one filter and one channel at a time."""
    *kernel_size, channels, filters = kernel.shape
    product = np.empty(kernel.shape, "float64")
    for c, q in itertools.product(range(channels), range(filters)):
        u = envelope(apertures[q], tuple(kernel_size), normalize)
        product[..., c, q] = kernel[..., c, q] * u
    return product


def correlate_valid(x, kernel):
    """Eq. (1): cross-correlation of one image ``(height, width, channels)``."""
    rows, columns, _, filters = kernel.shape
    height, width = x.shape[0] - rows + 1, x.shape[1] - columns + 1
    o = np.zeros((height, width, filters), "float64")
    for i, j, q in itertools.product(range(height), range(width), range(filters)):
        o[i, j, q] = np.sum(x[i : i + rows, j : j + columns, :] * kernel[..., q])
    return o


def envelope_of_axes(apertures, kernel_size, angle=0.0, normalize=True):
    """An envelope with an aperture per axis, turned in two dimensions, by its matrix.

    The first axis of the ellipse points ``angle`` from the first axis of the kernel
    towards the second.
    """
    form = np.diag(1 / np.square(np.asarray(apertures, "float64")))
    if len(kernel_size) == 2:
        axes = np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        )
        form = axes @ form @ axes.T
    u = np.empty(kernel_size, "float64")
    for index in np.ndindex(*kernel_size):
        from_centre = np.array(
            [
                k / (n - 1) - 0.5 if n > 1 else 0.0
                for k, n in zip(index, kernel_size, strict=True)
            ]
        )
        u[index] = np.exp(-0.5 * from_centre @ form @ from_centre)
    if normalize:
        u *= np.sqrt(np.prod(kernel_size)) / np.sqrt(np.sum(u**2))
    return u
