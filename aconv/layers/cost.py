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
                visit(operation, _in_order(operation, given))
                continue
            before = positions.get(id(operation), 0)
            read = isinstance(operation, _TRANSPOSED)
            places = _places(operation, (given if read else made[0]).shape)
            positions[id(operation)] = (
                None if before is None or places is None else before + places
            )

    visit(model, model.inputs)
    return positions


def _in_order(model: keras.Model, inputs: Any) -> list[keras.KerasTensor]:
    """What a model is called with, in the order of ``model.inputs``."""
    if isinstance(inputs, dict) and not isinstance(model.input, dict):
        return [inputs[tensor.name] for tensor in model.inputs]
    return tree.flatten(inputs)


def _shaped_calls(
    model: keras.Model, inputs: Sequence[keras.KerasTensor]
) -> Iterator[tuple[keras.Operation, Any, list[keras.KerasTensor]]]:
    """The calls of a model with what each reads and makes where it is given ``inputs``.

    What it reads is its first argument: a tensor, or as many as a layer takes.
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
        made = node.outputs
        if any(here(tensor).shape != tensor.shape for tensor in node.input_tensors):
            # Not by a call, which the operation would remember.
            made = tree.flatten(node.operation.compute_output_spec(*args, **kwargs))
            known |= zip(map(id, node.outputs), made, strict=True)
        # By name in models that are called by keyword.
        yield node.operation, args[0] if args else kwargs.get("inputs"), made


def _places(operation: keras.Operation, shape: tuple[int | None, ...]) -> int | None:
    first = getattr(operation, "data_format", None) == "channels_first"
    axes = shape[2:] if first else shape[1:-1]
    return None if None in axes else math.prod(axes)
