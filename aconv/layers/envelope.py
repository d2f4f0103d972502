"""The Gaussian envelope of an adaptive kernel: grid, envelope and derivative.

Pure functions, on ``keras.ops`` where a gradient must flow. Notation of the paper
(Section 3.2): ``n`` is the kernel size, ``g`` a grid coordinate, ``mu`` the centre of
the grid, ``sigma`` the aperture, ``U`` the envelope and ``s`` its normalisation.

The grid is symmetric: coordinates ``k / (n - 1)``, ``k = 0 ... n - 1``, with the centre
at 0.5, as in the authors' code. The paper prints ``k / n`` with ``mu = 0.5 n``, which
does not centre the envelope on the kernel. The aperture is in units of this grid: an
aperture of 1 is one kernel width, and one grid step is ``1 / (n - 1)``.

The paper's envelopes are circles: one aperture per filter. Beyond it there are
ellipses, with an aperture per spatial axis, and ellipses turned by an angle. All are
normalised alike, and Theorem 3.1 asks no more of an envelope than that.
"""

import math

import keras
import numpy as np
from keras import ops

# Far below the distance of neighbours on any grid, and its cube is still a float32.
_SMALLEST = 1e-6


def squared_distance(kernel_size: tuple[int, ...]) -> np.ndarray:
    """Squared distance of every kernel coefficient from the centre of the grid.

    This is ``||g - mu||^2`` of Eqs. (11), (12) and (21). Each axis has the symmetric
    grid ``k / (n - 1)`` of its own, so an aperture scales a non-square kernel without
    changing its aspect ratio. An axis of size 1 has its only coordinate at the centre.

    Args:
        kernel_size: Positive integers, the size of each spatial axis of the kernel.

    Returns:
        A float64 NumPy array of shape ``kernel_size``, values in
        ``[0, len(kernel_size) / 4]``, in squared grid units.

    Example:
    >>> squared_distance((3,))
    array([0.25, 0.  , 0.25])
    """
    return np.sum(_squares(kernel_size), axis=0)


def _squares(kernel_size: tuple[int, ...]) -> list[np.ndarray]:
    """Squared distance from the centre along each axis, each of ``kernel_size``."""
    axes = [
        np.linspace(0.0, 1.0, n) - 0.5 if n > 1 else np.zeros(1) for n in kernel_size
    ]
    return np.meshgrid(*(axis**2 for axis in axes), indexing="ij")


def envelope(
    aperture: keras.KerasTensor,
    kernel_size: tuple[int, ...],
    normalize: bool = True,
    angle: keras.KerasTensor | None = None,
) -> keras.KerasTensor:
    """Gaussian envelope of each filter, Eq. (11) with the normalisation of Eq. (21).

    Unnormalised it is ``exp(-||g - mu||^2 / (2 sigma^2))``. Normalised, its sum of
    squares over the grid is the number of grid points (``n^2`` in two dimensions),
    so that the mean variance of the weights is kept (Theorem 3.1).

    The normalised envelope is computed as
    ``sqrt(n^2 softmax(-||g - mu||^2 / sigma^2))``, which is the same function: the
    softmax cannot become 0 / 0, however small the aperture and also on an even-sized
    grid, which has no point at its centre.

    With an aperture ``sigma_a`` per spatial axis, ``||g - mu||^2 / sigma^2`` becomes
    the sum of ``(g_a - mu_a)^2 / sigma_a^2``, an ellipse. With an angle ``theta``, too,
    the axes of the ellipse are turned by ``theta``: the quadratic form is
    ``R diag(1 / sigma_a^2) R'`` with a rotation ``R``, positive definite whatever the
    numbers.

    Args:
        aperture: Float tensor of shape ``(filters,)``, or ``(filters, rank)`` for
            ellipses, positive, in grid units. Below 1e-6 it counts as 1e-6, where only
            the nearest coefficients are left. The envelope of an aperture that is NaN
            is NaN.
        kernel_size: Positive integers, the size of each spatial axis of the kernel.
        normalize: Whether to apply Eq. (21).
        angle: Float tensor of shape ``(filters,)``, in radians, for ellipses on two
            axes: from the first axis towards the second, on a grid from 0 to 1 along
            both. None if they are not turned. On JAX, where Keras computes a cosine in
            float32 whatever its argument, a float64 envelope is exact to 1e-7 only.

    Returns:
        A tensor of shape ``(*kernel_size, 1, filters)`` and the aperture's dtype, but
        float32 for an aperture of 16 bits, whose squares would overflow. It broadcasts
        over the input channels of a kernel of shape
        ``(*kernel_size, channels, filters)``.

    Example:
    >>> u = np.array(envelope(np.array([0.1, 0.5], "float32"), (5, 5)))
    >>> u.shape
    (5, 5, 1, 2)
    >>> np.sum(np.square(u), axis=(0, 1, 2)).round(4)
    array([25., 25.], dtype=float32)
    """
    aperture = ops.convert_to_tensor(aperture)
    if keras.backend.standardize_dtype(aperture.dtype) != "float64":
        aperture = ops.cast(aperture, "float32")
    # The gradient of the exponent, 2 r^2 / sigma^3, must not overflow: times an
    # envelope of 0 it would be NaN.
    aperture = ops.where(aperture <= _SMALLEST, _SMALLEST, aperture)
    if angle is not None:
        exponent = _turned(aperture, ops.cast(angle, aperture.dtype), kernel_size)
    elif len(aperture.shape) == 1:
        exponent = _along(squared_distance(kernel_size), aperture, normalize)
    else:
        exponent = sum(
            _along(square, aperture[:, axis], normalize)
            for axis, square in enumerate(_squares(kernel_size))
        )
    if normalize:
        log_energy = ops.log_softmax(exponent, axis=0)
        flat = ops.exp(0.5 * (log_energy + math.log(math.prod(kernel_size))))
    else:
        flat = ops.exp(0.5 * exponent)
    return ops.reshape(flat, (*kernel_size, 1, -1))


def envelope_derivative(
    aperture: keras.KerasTensor,
    kernel_size: tuple[int, ...],
    normalize: bool = True,
) -> keras.KerasTensor:
    """Derivative of the envelope with respect to the aperture, Eq. (12) corrected.

    The paper prints ``s ||g - mu||^2 / (2 sigma^3) exp(-||g - mu||^2 / (2 sigma^2))``.
    Differentiating Eq. (11) gives ``sigma^3`` without the factor 2, and ``s`` of
    Eq. (21) depends on the aperture too. With both,

    ``dU/dsigma = U (||g - mu||^2 - m) / sigma^3``

    where ``m`` is the mean of ``||g - mu||^2`` over the grid, weighted with ``U^2``,
    for a normalised envelope, and 0 for an unnormalised one. Layers are differentiated
    by their backend; this function states what the derivative is.

    Args:
        aperture: Float tensor of shape ``(filters,)``, positive, in grid units.
        kernel_size: Positive integers, the size of each spatial axis of the kernel.
        normalize: Whether the envelope is normalised by Eq. (21).

    Returns:
        A tensor of shape ``(*kernel_size, 1, filters)``, per grid unit of aperture.
    """
    aperture = ops.convert_to_tensor(aperture)
    distance = _column(squared_distance(kernel_size), aperture.dtype)
    u = ops.reshape(envelope(aperture, kernel_size, normalize), (-1, aperture.shape[0]))
    if normalize:
        mean = ops.mean(distance * ops.square(u), axis=0, keepdims=True)
        distance = distance - mean
    flat = u * distance / _row(aperture**3)
    return ops.reshape(flat, (*kernel_size, 1, -1))


def effective_size(envelope: np.ndarray) -> np.ndarray:
    """Side, in pixels, of the square kernel that an envelope amounts to.

    The number of coefficients that an envelope lets through is the participation ratio
    of its energies, ``(sum u^2)^2 / sum u^4``: ``n^2`` for a flat envelope, 1 for a
    single spike. Its root, of the order of the number of spatial axes, is the side of
    the square (cube) with as many coefficients. Beyond the paper, which gives no
    measure of size.

    Args:
        envelope: Array of shape ``(*kernel_size, 1, filters)``, any positive scale.

    Returns:
        A NumPy array of shape ``(filters,)``, in pixels, from 1 to the geometric mean
        of ``kernel_size`` on an odd grid.

    Example:
    >>> effective_size(np.ones((7, 7, 1, 2)))
    array([7., 7.])
    """
    energy = np.square(ops.convert_to_numpy(envelope).astype("float64"))
    rank = energy.ndim - 2
    axes = tuple(range(rank + 1))
    coefficients = energy.sum(axis=axes) ** 2 / np.square(energy).sum(axis=axes)
    return coefficients ** (1.0 / rank)


def axis_sizes(envelope: np.ndarray) -> np.ndarray:
    """Size, in pixels, of the kernel that an envelope amounts to, along each axis.

    As ``effective_size``, which is their geometric mean for circles and ellipses, but
    of the energies that remain when all other axes are summed: ``n`` for an envelope
    that is flat along the axis, 1 for one that is a spike. A turned ellipse has here
    the sizes of its shadows on the axes of the kernel.

    Args:
        envelope: Array of shape ``(*kernel_size, 1, filters)``, any positive scale.

    Returns:
        A NumPy array of shape ``(filters, rank)``, in pixels, from 1 to
        ``kernel_size`` on an odd grid.

    Example:
    >>> axis_sizes(np.ones((7, 3, 1, 1)))
    array([[7., 3.]])
    """
    energy = np.square(ops.convert_to_numpy(envelope).astype("float64"))
    rank = energy.ndim - 2
    sizes = []
    for axis in range(rank):
        others = tuple(other for other in range(rank + 1) if other != axis)
        shadow = energy.sum(axis=others)
        sizes.append(shadow.sum(axis=0) ** 2 / np.square(shadow).sum(axis=0))
    return np.stack(sizes, axis=-1)


def _along(
    distance: np.ndarray, aperture: keras.KerasTensor, normalize: bool
) -> keras.KerasTensor:
    """Exponent of the energies of one aperture, ``(coefficients, filters)``."""
    if normalize:
        # The normalisation cancels a common factor: with the nearest coefficient at
        # distance 0 no exponent of all the grid can overflow.
        distance = distance - distance.min()
    distance = ops.sqrt(_column(distance, aperture.dtype))
    return -ops.square(distance / _row(aperture))


def _turned(
    aperture: keras.KerasTensor,
    angle: keras.KerasTensor,
    kernel_size: tuple[int, ...],
) -> keras.KerasTensor:
    """Exponent of the energies of turned ellipses, ``(coefficients, filters)``."""
    # Exactly symmetric, so that opposite coefficients stay equal however small the
    # aperture.
    axes = [(np.arange(n) - (n - 1) / 2) / max(n - 1, 1) for n in kernel_size]
    rows, columns = (
        _column(each, aperture.dtype) for each in np.meshgrid(*axes, indexing="ij")
    )
    cos, sin = _row(ops.cos(angle)), _row(ops.sin(angle))
    first = (rows * cos + columns * sin) / _row(aperture[:, 0])
    second = (columns * cos - rows * sin) / _row(aperture[:, 1])
    return -ops.square(first) - ops.square(second)


def _column(distance: np.ndarray, dtype: str) -> keras.KerasTensor:
    """Distances as one column, ready to meet the apertures of all filters in a row."""
    dtype = keras.backend.standardize_dtype(dtype)
    return ops.convert_to_tensor(distance.reshape(-1, 1), dtype=dtype)


def _row(of_filters: keras.KerasTensor) -> keras.KerasTensor:
    # Said aloud, since JAX can be told to raise where ranks are promoted.
    return ops.expand_dims(of_filters, axis=0)
