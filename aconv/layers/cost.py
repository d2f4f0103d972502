"""What the convolutions of a model cost: multiply-adds, from its graph."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import tree

from aconv.layers import graph

_TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)


def kernel_positions(
    model: keras.Model, is_taken_apart: Callable[[keras.Layer], bool]
) -> dict[int, int | None]:
    """Count the places at which the layers of a model apply their kernels, per sample.

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

    def visit(outer: keras.Model, inputs: Sequence[keras.KerasTensor]) -> None:
        for operation, given, made in _shaped_calls(outer, inputs):
            if is_taken_apart(operation):
                visit(operation, given)
                continue
            before = positions.get(id(operation), 0)
            read = isinstance(operation, _TRANSPOSED)
            places = _places(operation, (given if read else made)[0].shape)
            positions[id(operation)] = (
                None if before is None or places is None else before + places
            )

    visit(model, model.inputs)
    return positions


def _shaped_calls(
    model: keras.Model, inputs: Sequence[keras.KerasTensor]
) -> Iterator[tuple[keras.Operation, list[keras.KerasTensor], list[keras.KerasTensor]]]:
    """The calls of a model with what each reads and makes where it is given ``inputs``.

    A model may have been built for images of any size and be called, inside another
    one, with images of a known size.
    """
    known = dict(zip(map(id, model.inputs), inputs, strict=False))

    def here(value: Any) -> Any:
        return known.get(id(value), value)

    for node in graph.calls(model):
        args, kwargs = tree.map_structure(
            here, (node.arguments.args, node.arguments.kwargs)
        )
        given, made = [here(tensor) for tensor in node.input_tensors], node.outputs
        if any(
            a.shape != b.shape for a, b in zip(given, node.input_tensors, strict=True)
        ):
            # Not by a call, which the operation would remember.
            made = tree.flatten(node.operation.compute_output_spec(*args, **kwargs))
            known |= zip(map(id, node.outputs), made, strict=True)
        yield node.operation, given, made


def _places(operation: keras.Operation, shape: tuple[int | None, ...]) -> int | None:
    first = getattr(operation, "data_format", None) == "channels_first"
    axes = shape[2:] if first else shape[1:-1]
    return None if None in axes else math.prod(axes)
