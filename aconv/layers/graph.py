"""The calls of layers that a Keras model is made of."""

from collections.abc import Callable
from typing import Any

import keras
from keras import tree


def has_graph(layer: keras.Operation) -> bool:
    """Tell whether a layer is a model whose calls are known.

    Args:
        layer: A layer, a model or another operation.

    Returns:
        True for a functional model and for a sequential one that is built.
    """
    if isinstance(layer, keras.Sequential):
        # It has inputs once it is built from the shapes of its layers.
        return hasattr(layer, "inputs")
    return isinstance(layer, keras.Model) and isinstance(layer, keras.Function)


def calls(model: keras.Model) -> list[Any]:
    """Return the calls of a sequential or functional model, each after its sources.

    A layer may have been called elsewhere, too: only the calls that lead from this
    model's inputs to its outputs are here.

    Args:
        model: A built model.

    Returns:
        Keras nodes. Each has its ``operation`` (a layer), ``arguments``,
        ``input_tensors`` and ``outputs``.
    """
    # A sequential model keeps no graph of its own in public.
    graph = keras.Model(model.inputs, model.outputs)
    by_depth = sorted(graph._nodes_by_depth.items(), reverse=True)
    return [node for _, nodes in by_depth for node in nodes if not node.is_input]


def new_input(tensor: keras.KerasTensor) -> keras.KerasTensor:
    """Return another input like one of a model: shape, dtype, name, optional or not.

    Args:
        tensor: One of ``model.inputs``.

    Returns:
        A symbolic tensor.
    """
    return keras.Input(
        batch_shape=tensor.shape,
        dtype=tensor.dtype,
        sparse=tensor.sparse,
        ragged=tensor.ragged,
        name=tensor.name,
        optional=getattr(tensor._keras_history.operation, "optional", False),
    )


def retrace(
    model: keras.Model, call: Callable[..., Any]
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Make the calls of a functional model again, from new inputs.

    Args:
        model: A functional model.
        call: Called with each operation of the model and its arguments, as often as
            the model calls it; what it returns stands for the operation's outputs.

    Returns:
        Inputs and outputs of another model, in the structure of those of ``model``.
    """
    known = {id(tensor): new_input(tensor) for tensor in model.inputs}

    def new(value: Any) -> Any:
        return known[id(value)] if isinstance(value, keras.KerasTensor) else value

    for node in calls(model):
        args, kwargs = tree.map_structure(
            new, (node.arguments.args, node.arguments.kwargs)
        )
        outputs = tree.flatten(call(node.operation, *args, **kwargs))
        known |= {
            id(old): made for old, made in zip(node.outputs, outputs, strict=True)
        }
    return tree.map_structure(new, (model.input, model.output))
