"""What the convolutions of a model cost: multiply-adds, from its graph."""

import math
from collections.abc import Callable

import keras

from aconv.layers import graph

_TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)


def kernel_positions(
    model: keras.Model, is_taken_apart: Callable[[keras.Layer], bool]
) -> dict[int, int | None]:
    """Counts the places at which the layers of a model apply their kernels, per sample.

    Args:
        model: A built sequential or functional model.
        is_taken_apart: Tells of an operation of the model whether it is a model whose
            own layers are to be counted.

    Returns:
        For the ``id`` of each layer the places (steps, pixels or voxels) of all its
        calls together: those of its output, of a transposed convolution those of its
        input. None if they have an axis of unknown length.
    """
    positions: dict[int, int | None] = {}

    def visit(outer: keras.Model) -> None:
        for node in graph.calls(outer):
            operation = node.operation
            if is_taken_apart(operation):
                visit(operation)
                continue
            before = positions.get(id(operation), 0)
            read = isinstance(operation, _TRANSPOSED)
            tensors = node.input_tensors if read else node.outputs
            places = _places(operation, tensors[0].shape)
            positions[id(operation)] = (
                None if before is None or places is None else before + places
            )

    visit(model)
    return positions


def _places(operation: keras.Operation, shape: tuple[int | None, ...]) -> int | None:
    first = getattr(operation, "data_format", None) == "channels_first"
    axes = shape[2:] if first else shape[1:-1]
    return None if None in axes else math.prod(axes)
