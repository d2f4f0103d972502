"""Initial apertures."""

from collections.abc import Callable, Iterable, Sequence
from numbers import Integral

import keras
import numpy as np
from keras import ops

from aconv.layers.checks import LARGEST, is_count, is_finite


@keras.saving.register_keras_serializable(package="aconv")
class LinearlySpaced(keras.initializers.Initializer):
    """Values linearly spaced from ``low`` to ``high``, both included.

    The paper initialises the apertures of a layer's filters so, from 0.1 to 0.5
    (Section 4.2): the layer starts with kernels of several sizes. Where a filter has
    several values, such as an aperture per axis, they are equal.

    Args:
        low: First value. For apertures: grid units, strictly positive.
        high: Last value, not below ``low``. A single filter gets the middle of both.

    Raises:
        ValueError: If not both are finite numbers, or ``high < low``.

    Example:
    >>> np.array(LinearlySpaced(0.1, 0.5)((5,)))
    array([0.1, 0.2, 0.3, 0.4, 0.5], dtype=float32)
    """

    def __init__(self, low: float, high: float) -> None:
        if not (is_finite(low) and is_finite(high) and low <= high):
            raise ValueError(
                "`low` and `high` must be finite numbers with low <= high. "
                f"Received: low={low!r}, high={high!r}"
            )
        self.low = float(low)
        self.high = float(high)

    def __call__(
        self, shape: Sequence[int], dtype: str | None = None
    ) -> keras.KerasTensor:
        """Return values that are spaced along the first axis.

        Args:
            shape: Sizes of the axes, one or more, integers of zero or more.
            dtype: Dtype of a float, that of ``keras.config.floatx()`` if None.

        Returns:
            A tensor of ``shape``.

        Raises:
            ValueError: If ``shape`` is not as above.
        """
        sizes = _sizes(shape)
        if not sizes:
            raise ValueError(
                "`shape` must have one axis or more, with sizes that are integers of "
                f"zero or more. Received: {shape!r}"
            )
        count, *others = sizes
        dtype = keras.backend.standardize_dtype(dtype or keras.config.floatx())
        if count == 1:
            values = ops.full((1,), 0.5 * (self.low + self.high), dtype=dtype)
        else:
            values = ops.linspace(self.low, self.high, count, dtype=dtype)
        if others:
            column = ops.reshape(values, (count, *(1 for _ in others)))
            # Values of their own, that a variable can be assigned to: PyTorch's
            # ``broadcast_to`` would share them.
            values = ops.tile(column, (1, *others))
        return values

    def get_config(self) -> dict:
        """Return the range, so that the initializer can be saved and loaded."""
        return {"low": self.low, "high": self.high}


def get_aperture_initializer(
    identifier: float | Sequence[float] | str | dict | Callable,
) -> keras.initializers.Initializer:
    """Standardises what a layer accepts as the initial apertures of its filters.

    Args:
        identifier: A positive number, the same aperture for all filters; a pair
            ``(low, high)`` of positive numbers, linearly spaced; or anything that
            ``keras.initializers.get`` takes. In grid units.

    Returns:
        A Keras initializer; ``check_values`` tells whether its values can be used.

    Raises:
        ValueError: If a number is not strictly positive, a pair is not ordered, or the
            identifier is nothing of the above.
    """
    if is_finite(identifier) and identifier > 0:
        return keras.initializers.Constant(float(identifier))
    if _is_ordered_pair(identifier) and min(identifier) > 0:
        return LinearlySpaced(*identifier)
    if isinstance(identifier, (str, dict)) or callable(identifier):
        return keras.initializers.get(identifier)
    raise ValueError(
        "`aperture_initializer` must be a positive number, a pair (low, high) of "
        "positive numbers with low <= high, or a Keras initializer. "
        f"Received: {identifier!r}"
    )


def get_angle_initializer(
    identifier: float | Sequence[float] | str | dict | Callable,
) -> keras.initializers.Initializer:
    """Standardises what a layer accepts as the initial angles of its filters.

    Args:
        identifier: A finite number, the same angle for all filters; a pair
            ``(low, high)`` of numbers, linearly spaced; or anything that
            ``keras.initializers.get`` takes. In radians.

    Returns:
        A Keras initializer; ``check_values`` tells whether its values can be used.

    Raises:
        ValueError: If a pair is not ordered, or the identifier is nothing of the above.
    """
    if is_finite(identifier):
        return keras.initializers.Constant(float(identifier))
    if _is_ordered_pair(identifier):
        return LinearlySpaced(*identifier)
    if isinstance(identifier, (str, dict)) or callable(identifier):
        return keras.initializers.get(identifier)
    raise ValueError(
        "`angle_initializer` must be a finite number, a pair (low, high) of finite "
        "numbers with low <= high, or a Keras initializer. "
        f"Received: {identifier!r}"
    )


def known_values(
    initializer: keras.initializers.Initializer, shape: tuple[int, ...]
) -> np.ndarray | None:
    """Values that an initializer always gives: those of a number or a pair.

    Args:
        initializer: From ``get_aperture_initializer``.
        shape: Shape of the apertures, the filters first.

    Returns:
        A float64 array of that shape, or None if the values are drawn.
    """
    if type(initializer) is keras.initializers.Constant:
        return np.full(shape, initializer.value, "float64")
    if type(initializer) is LinearlySpaced:
        low, high = initializer.low, initializer.high
        count, *others = shape
        values = (
            np.linspace(low, high, count)
            if count > 1
            else np.array([0.5 * (low + high)])
        )
        column = values.reshape(count, *(1 for _ in others))
        return np.broadcast_to(column, shape)
    return None


def in_full_precision(
    initializer: keras.initializers.Initializer,
) -> Callable[..., keras.KerasTensor]:
    """Make known values exact in a float64 layer.

    TensorFlow rounds Python's numbers to float32 on their way to a tensor of float64,
    and the envelope would have the accuracy of that.

    Args:
        initializer: From ``get_aperture_initializer`` or ``get_angle_initializer``.

    Returns:
        What gives the values of ``initializer``, those of a number or a pair in float64
        where that is asked for.
    """

    def exact(shape: tuple[int, ...], dtype: str | None = None) -> keras.KerasTensor:
        values = known_values(initializer, shape) if dtype == "float64" else None
        if values is None:
            return initializer(shape, dtype=dtype)
        # A copy: in a broadcast array equal apertures share their memory.
        return ops.convert_to_tensor(np.array(values), dtype=dtype)

    return exact


def check_values(
    name: str, initializer: Callable, shape: tuple[int, ...], *, positive: bool
) -> None:
    """Refuse an initializer whose values cannot be used, or a number of them.

    Args:
        name: Name of the layer's argument.
        initializer: From ``get_aperture_initializer`` or ``get_angle_initializer``.
        shape: Shape of the weight.
        positive: Whether the values must be above zero.

    Raises:
        ValueError: If it refuses the shape, gives values of another, or such that are
            not finite in float32, or not positive where they must be; or if their
            number is no positive integer. While Keras traces a model, drawn values are
            not known and not checked.
    """
    if not is_count(shape[0]):
        raise ValueError(
            "`filters`, or `depth_multiplier` of depthwise and separable layers, must "
            f"be a positive integer. Received: {shape[0]!r} as the number of apertures"
        )
    try:
        values = known_values(initializer, shape)
    # A constant of several values, or beyond the floats of Python.
    except (OverflowError, ValueError) as error:
        raise ValueError(
            f"`{name}` must give finite values of shape {shape}. "
            f"Received: {initializer!r}: {error}"
        ) from None
    if values is None:
        values = _drawn(name, initializer, shape)
    if values is None:
        return
    if values.shape != shape:
        raise ValueError(
            f"`{name}` must give values of shape {shape}. "
            f"Received: {initializer!r}, which gave {values.shape}"
        )
    usable = np.abs(values) <= LARGEST
    if positive:
        usable &= values > 0
    if not usable.all():
        allowed = "positive, finite" if positive else "finite"
        raise ValueError(
            f"`{name}` must give {allowed} values. "
            f"Received: {initializer!r}, which gave {values[~usable][0]}"
        )


def _drawn(
    name: str, initializer: Callable, shape: tuple[int, ...]
) -> np.ndarray | None:
    """Values of an initializer; None where a backend traces and has none yet."""
    # Drawn twice, here and for the weight: Keras initializers give the same each time.
    with keras.device("cpu"):
        try:
            values = initializer(shape, dtype="float32")
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"`{name}` must give values of shape {shape}. "
                f"Received: {initializer!r}, which raises: {error}"
            ) from error
    try:
        return ops.convert_to_numpy(values)
    except (NotImplementedError, TypeError):  # symbolic of TensorFlow; traced by JAX
        return None


def _sizes(shape: object) -> tuple[int, ...]:
    """Sizes of the axes of a shape; none where it is no shape."""
    sizes = tuple(shape) if isinstance(shape, Iterable) else ()
    known = all(isinstance(size, Integral) and size >= 0 for size in sizes)
    return sizes if known else ()


def _is_ordered_pair(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and len(value) == 2
        and all(is_finite(v) for v in value)
        and value[0] <= value[1]
    )
