"""The calls of layers that a Keras model is made of."""

from typing import Any

import keras


def calls(model: keras.Model) -> list[Any]:
    """Returns the calls of a sequential or functional model, each after its sources.

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
