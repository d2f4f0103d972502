"""A trained adaptive model to the smallest ordinary one that computes nearly the same.

A small aperture leaves little of a product kernel ``W ∘ U`` (Eq. 3) near the border of
its grid. What is left there is cut away: the model gets smaller and faster.
"""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from aconv.layers import (
    AdaptiveConv1DTranspose,
    AdaptiveConv2DTranspose,
    AdaptiveConv3DTranspose,
    AdaptiveDepthwiseConv1D,
    AdaptiveDepthwiseConv2D,
    AdaptiveSeparableConv1D,
    AdaptiveSeparableConv2D,
)
from aconv.layers.checks import is_finite
from aconv.layers.cost import kernel_positions
from aconv.layers.fold import ORDINARY, Folding, check_layers, check_model

_DEPTHWISE = (
    AdaptiveDepthwiseConv1D,
    AdaptiveDepthwiseConv2D,
    AdaptiveSeparableConv1D,
    AdaptiveSeparableConv2D,
)
_TRANSPOSED = (
    AdaptiveConv1DTranspose,
    AdaptiveConv2DTranspose,
    AdaptiveConv3DTranspose,
)


@dataclasses.dataclass(frozen=True)
class CroppedLayer:
    """What became of one adaptive layer.

    Attributes:
        name: Name of the layer, in both models.
        grid: Size of its kernels before, along each axis, in pixels.
        learned_sizes: Effective size of each filter's envelope along each axis, in
            pixels, see ``envelope.axis_sizes``; in a depthwise or separable layer of
            each envelope, channel by channel.
        kept: Size of the kernels after, along each axis, in pixels.
        energy: Sum of squares of the product kernels, before.
        dropped: Sum of squares of what was cut away, for each filter, in the order of
            ``learned_sizes``.
        multiply_adds_before: Multiply-adds of the convolution for one sample, in all
            its calls, of a separable one those of the depthwise part; None if the size
            of the images is not known.
        multiply_adds_after: The same in the new model.
    """

    name: str
    grid: tuple[int, ...]
    learned_sizes: tuple[tuple[float, ...], ...]
    kept: tuple[int, ...]
    energy: float
    dropped: tuple[float, ...]
    multiply_adds_before: int | None
    multiply_adds_after: int | None

    @property
    def energy_kept(self) -> float:
        """Share of the energy that is kept, at least ``1 - tolerance``."""
        return 1 - sum(self.dropped) / self.energy if self.energy else 1.0


@dataclasses.dataclass(frozen=True)
class CropReport:
    """What ``crop`` did; ``str`` of it is a table.

    Attributes:
        tolerance: As given to ``crop``.
        layers: A row per adaptive layer, in the order of the model.
    """

    tolerance: float
    layers: tuple[CroppedLayer, ...]

    @property
    def multiply_adds_before(self) -> int | None:
        """Multiply-adds of all adaptive layers; None if those of one are not known."""
        return _sum(layer.multiply_adds_before for layer in self.layers)

    @property
    def multiply_adds_after(self) -> int | None:
        """The same in the new model."""
        return _sum(layer.multiply_adds_after for layer in self.layers)

    def __str__(self) -> str:
        head = ("layer", "grid", "learned size", "kept", "energy kept", "multiply-adds")
        rows = [
            (
                layer.name,
                _by(layer.grid),
                " x ".join(
                    f"{min(sizes):.1f}-{max(sizes):.1f}"
                    for sizes in zip(*layer.learned_sizes, strict=True)
                ),
                _by(layer.kept),
                f"{layer.energy_kept:.4%}",
                _change(layer.multiply_adds_before, layer.multiply_adds_after),
            )
            for layer in self.layers
        ]
        total = _change(self.multiply_adds_before, self.multiply_adds_after)
        rows.append(("all", "", "", "", "", total))
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        return "\n".join(
            "  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows)
        )


def crop(model: keras.Model, *, tolerance: float) -> tuple[keras.Model, CropReport]:
    """Return the model with ordinary convolutions of the size that was learned.

    Every adaptive convolution becomes the Keras convolution of its kind and rank, as in
    ``fold``, with the middle of the product kernels ``W ∘ U`` (Eq. 3) only; of a
    separable one, of its depthwise kernels. One size is kept for each layer: of the
    central boxes that keep all but ``tolerance`` of the energy (sum of squares) of the
    layer's product kernels, the one with the fewest coefficients, and of these the one
    that keeps most. Each axis has a size of its own, odd where that of the grid is odd
    and even where it is even, so that the middle stays in the middle. Transposed
    convolutions with ``"valid"`` padding keep their grid, which decides the size of
    their output.

    Shapes of outputs stay. With ``"valid"`` padding the border that the cut
    coefficients had read is cropped from the input by a layer of its own, named after
    the convolution with ``_border`` added (and a number, where the model has a layer of
    that name); with ``"causal"`` padding such layers delay
    the input by as many steps as were cut from the recent side. With ``"same"`` padding
    and strides, dilation times (size - 1) is kept at ``strides - 1`` or more, because
    a smaller kernel would be placed elsewhere where the image is no multiple of the
    strides; in a transposed convolution with ``output_padding`` at ``output_padding``,
    rounded up to an even number, less 1.

    Error: let ``y`` be what a layer computes before its activation at one place, from
    the window ``x`` of its input that its kernels cover there (padding is zeros in it;
    of a transposed convolution the inputs that are spread to this place), and ``D_q``
    the cut part of the product kernel of filter ``q``. The change of the output is the
    scalar product of ``D_q`` and ``x``, so by Cauchy and Schwarz

    ``|Δy_q| <= ||D_q|| ||x||``  and, over the filters,
    ``||Δy|| <= sqrt(Σ_q ||D_q||^2) ||x|| <= sqrt(tolerance) ||W ∘ U|| ||x||``

    where ``||D_q||^2`` is ``dropped[q]`` and ``||W ∘ U||^2`` is ``energy`` of the
    report. This bounds what each layer adds, at equal inputs; later layers pass on the
    errors of earlier ones. With ``tolerance=0`` only zeros are cut, as where an
    envelope underflows, and the function is the same up to rounding.

    To train further: the new model is an ordinary one, whose layers have the
    ``trainable`` flags of the old ones. Compile it and call ``fit``. As in ``fold``,
    layers that were adaptive have no regularizer and no constraint of their weights any
    more. Batch normalisation is kept, to be trained, too;
    ``fold(model, batch_normalization=True)`` folds it into the cropped convolutions in
    the end.

    Args:
        model: A built sequential or functional model, as in ``fold``. One with a
            ``call`` of its own may call its layers one by one and would not meet those
            that crop an input: its adaptive convolutions must have ``"same"`` padding,
            be transposed or have at most 2 pixels a side.
        tolerance: Share of the energy of each layer's product kernels that may be cut,
            in ``[0, 1)``.

    Returns:
        A new model as ``fold`` makes it, not compiled, and the ``CropReport``.

    Raises:
        TypeError: If ``model`` is not a Keras model.
        ValueError: If ``tolerance`` is not as above, the model is none that ``fold``
            takes or has a ``call`` of its own and other convolutions than those above,
            at any depth, or a product kernel is not finite.

    Example:
        >>> from aconv import AdaptiveConv2D
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((28, 28, 1)),
        ...         AdaptiveConv2D(
        ...             8, 9, aperture_initializer=0.15, kernel_initializer="ones"
        ...         ),
        ...     ]
        ... )
        >>> small, report = crop(model, tolerance=0.05)
        >>> small.layers[-1].kernel_size, small.output_shape == model.output_shape
        ((5, 5), True)
    """
    if not is_finite(tolerance) or not 0 <= tolerance < 1:
        raise ValueError(
            f"`tolerance` must be a number in [0, 1). Received: {tolerance!r}"
        )
    check_model(model, _Cropping.exchanged)
    check_layers(model)
    cropping = _Cropping(model, float(tolerance))
    return cropping.model(model), cropping.report()


def smallest_box(
    energy: np.ndarray, tolerance: float, least: Sequence[int]
) -> tuple[int, ...]:
    """Find the smallest central box that keeps enough of an energy.

    Args:
        energy: Energy of each coefficient, zero or more, an array with the axes of the
            kernel.
        tolerance: Share of the sum that may lie outside, in ``[0, 1)``.
        least: Least size along each axis; the sizes of ``energy`` count as enough.

    Returns:
        The size along each axis, of the parity of that of ``energy``: of the boxes
        that keep enough the one of fewest coefficients, of these the one that leaves
        least outside.

    Example:
        >>> smallest_box(np.array([[0, 0, 0], [1, 6, 1], [0, 0, 0]]), 0.1, (1, 1))
        (1, 3)
    """
    # A box that cuts ``c`` from both ends of an axis leaves those out that are closer
    # than ``c`` to an end.
    to_end = [np.minimum(np.arange(n), np.arange(n)[::-1]) for n in energy.shape]
    shells = np.zeros([(n + 1) // 2 for n in energy.shape])
    np.add.at(shells, np.ix_(*to_end), energy)
    allowed = tolerance * energy.sum()
    found = []
    for cut in np.ndindex(shells.shape):
        box = tuple(n - 2 * c for n, c in zip(energy.shape, cut, strict=True))
        outside = shells.copy()
        # Summed and not subtracted from all, so that zeros alone count as zero.
        outside[tuple(slice(c, None) for c in cut)] = 0
        is_enough = all(
            size >= min(low, n)
            for size, low, n in zip(box, least, energy.shape, strict=True)
        )
        if is_enough and outside.sum() <= allowed:
            found.append((math.prod(box), outside.sum(), box))
    return min(found)[-1]


class _Cropping(Folding):
    def __init__(self, model: keras.Model, tolerance: float) -> None:
        super().__init__(model, batch_normalization=False)
        self._tolerance = tolerance
        self._positions = kernel_positions(model, self._is_rebuilt)
        self._rows: dict[int, CroppedLayer] = {}
        self._borders: dict[int, list[keras.Layer]] = {}
        self._names = {layer.name for layer in model._flatten_layers()}

    def report(self) -> CropReport:
        return CropReport(self._tolerance, tuple(self._rows.values()))

    def _make(self, layer: keras.Operation) -> keras.Operation:
        new = super()._make(layer)
        if type(layer) not in ORDINARY:
            return new
        row = self._rows[id(layer)] = self._row(layer)
        return type(new).from_config({**new.get_config(), "kernel_size": row.kept})

    def _row(self, layer: keras.Layer) -> CroppedLayer:
        energy = np.square(_product_kernel(layer))
        total = float(energy.sum())
        if not math.isfinite(total):
            raise ValueError(
                "An adaptive layer must have finite weights to be cropped. "
                f"Received: {layer.name!r} with a product kernel of energy {total}"
            )
        least = layer.kernel_size if _decides_shape(layer) else _least(layer)
        kept = smallest_box(energy.sum(axis=(-2, -1)), self._tolerance, least)
        outside = energy.copy()
        outside[_middle(layer.kernel_size, kept)] = 0
        positions = self._positions.get(id(layer), 0)
        before = after = None
        if positions is not None:
            per_coefficient = positions * math.prod(energy.shape[-2:])
            before, after = (
                per_coefficient * math.prod(size) for size in (layer.kernel_size, kept)
            )
        return CroppedLayer(
            name=layer.name,
            grid=tuple(layer.kernel_size),
            learned_sizes=tuple(map(tuple, layer.effective_size().tolist())),
            kept=kept,
            energy=total,
            dropped=tuple(_of_filters(layer, outside).tolist()),
            multiply_adds_before=before,
            multiply_adds_after=after,
        )

    def _chain(self, layer: keras.Layer) -> list[keras.Layer]:
        new = self._layer(layer)
        if id(layer) not in self._borders:
            row = self._rows.get(id(layer))
            self._borders[id(layer)] = (
                _border(layer, row, self._new_name) if row else []
            )
        return [*self._borders[id(layer)], new]

    def _new_name(self, wanted: str) -> str:
        """A name that no layer has, at any depth."""
        numbered = (f"{wanted}_{number}" for number in itertools.count(1))
        name = next(
            name
            for name in itertools.chain([wanted], numbered)
            if name not in self._names
        )
        self._names.add(name)
        return name

    def _set_state(self, new: keras.Layer, layer: keras.Layer) -> None:
        row = self._rows.get(id(layer))
        if row is None:
            super()._set_state(new, layer)
            return
        weights = [_product_kernel(layer)[_middle(row.grid, row.kept)]]
        if hasattr(layer, "pointwise_kernel"):
            weights.append(keras.ops.convert_to_numpy(layer.pointwise_kernel))
        if layer.use_bias:
            weights.append(keras.ops.convert_to_numpy(layer.bias))
        new.set_weights(weights)


def _least(layer: keras.Layer) -> list[int]:
    """The least size along each axis of a kernel that is placed like the whole one."""
    if layer.padding != "same":
        return [1] * len(layer.kernel_size)
    padded = getattr(layer, "output_padding", None)
    # From the first coefficient to the last, dilated.
    reaches = layer.strides if padded is None else [p + p % 2 for p in padded]
    return [
        1 + max(0, math.ceil((reach - 1) / dilation))
        for reach, dilation in zip(reaches, layer.dilation_rate, strict=True)
    ]


def _decides_shape(layer: keras.Layer) -> bool:
    """Whether a smaller kernel would make a smaller output."""
    return isinstance(layer, _TRANSPOSED) and layer.padding == "valid"


def _border(
    layer: keras.Layer, row: CroppedLayer, new_name: Callable[[str], str]
) -> list[keras.Layer]:
    """Layers before a cropped convolution that give it the input it is to read.

    Args:
        layer: The convolution.
        row: What is kept of it.
        new_name: From the name that is wanted to one that no layer has.
    """
    cut = [
        dilation * (grid - kept) // 2
        for dilation, grid, kept in zip(
            layer.dilation_rate, row.grid, row.kept, strict=True
        )
    ]
    # Padding by "same" is shared out evenly to both sides and shrinks by itself.
    if layer.padding == "same" or not any(cut):
        return []

    def make(cls: type, what: str, *args: Any, **kwargs: Any) -> keras.Layer:
        name = new_name(f"{layer.name}_{what}")
        return cls(*args, **kwargs, name=name, dtype=layer.dtype_policy)

    if len(cut) > 1:
        cls = keras.layers.Cropping2D if len(cut) == 2 else keras.layers.Cropping3D
        pairs = [(c, c) for c in cut]
        return [make(cls, "border", pairs, data_format=layer.data_format)]
    (c,) = cut
    if layer.padding == "causal":
        made = [
            make(
                keras.layers.ZeroPadding1D,
                "delay",
                (c, 0),
                data_format="channels_last",
            ),
            make(keras.layers.Cropping1D, "border", (0, c)),
        ]
    else:
        made = [make(keras.layers.Cropping1D, "border", (c, c))]
    if layer.data_format == "channels_first":
        # Keras crops a sequence only where its channels are last.
        turn, back = (
            make(keras.layers.Permute, what, (2, 1)) for what in ("turn", "turn_back")
        )
        made = [turn, *made, back]
    return made


def _middle(grid: Sequence[int], kept: Sequence[int]) -> tuple[slice, ...]:
    """Where the kept coefficients of a kernel are."""
    starts = [(n - k) // 2 for n, k in zip(grid, kept, strict=True)]
    return tuple(slice(at, at + k) for at, k in zip(starts, kept, strict=True))


def _product_kernel(layer: keras.Layer) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer.effective_kernel()).astype("float64")


def _of_filters(layer: keras.Layer, energy: np.ndarray) -> np.ndarray:
    """Energy of each filter, from that of each coefficient."""
    by_channel = energy.sum(axis=tuple(range(energy.ndim - 2)))
    if isinstance(layer, _DEPTHWISE):
        return by_channel.ravel()  # a filter sees one channel
    # A transposed convolution has its filters before its channels.
    return by_channel.sum(1 if isinstance(layer, _TRANSPOSED) else 0)


def _by(size: Sequence[int]) -> str:
    return "x".join(map(str, size))


def _change(before: int | None, after: int | None) -> str:
    if before is None or after is None:
        return "unknown"
    return f"{before:,} to {after:,}"


def _sum(counts: Iterable[int | None]) -> int | None:
    counts = list(counts)
    return None if None in counts else sum(counts)
