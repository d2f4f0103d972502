"""A trained model to the same model with ordinary convolutions, to deploy or explain.

The envelope is gone after training: an ordinary convolution with the product kernel
``W ∘ U`` of Eq. (3) computes what the adaptive layer does. Batch normalisation after a
linear layer is linear at inference and goes the same way.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from aconv.layers import AdaptiveConv1D, AdaptiveConv2D, AdaptiveConv3D, graph
from aconv.layers.base import BaseAdaptiveConv

_ORDINARY = {
    AdaptiveConv1D: keras.layers.Conv1D,
    AdaptiveConv2D: keras.layers.Conv2D,
    AdaptiveConv3D: keras.layers.Conv3D,
}
# Linear layers that can take up a normalisation, and the axis of the output channels in
# the kernel that makes the output. A subclass may compute something else, so that only
# the classes themselves count.
_CHANNELS = {
    **dict.fromkeys(_ORDINARY, -1),
    **dict.fromkeys(_ORDINARY.values(), -1),
    keras.layers.Conv1DTranspose: -2,
    keras.layers.Conv2DTranspose: -2,
    keras.layers.Conv3DTranspose: -2,
    keras.layers.SeparableConv1D: -1,
    keras.layers.SeparableConv2D: -1,
    keras.layers.Dense: -1,
}


def fold(model: keras.Model, *, batch_normalization: bool = False) -> keras.Model:
    """Returns the same model with ordinary convolutions.

    Every adaptive convolution becomes the Keras convolution of its rank, whose kernel
    is the product kernel ``W ∘ U`` of Eq. (3). Outputs at inference are the same up to
    rounding, names of layers too, also inside nested models. The new model is for
    inference, not compiled, and shares nothing with ``model``, which stays as it is.
    Layers whose kernel changed have no regularizer and no constraint of their weights:
    these were about other weights.

    Args:
        model: A built sequential or functional model.
        batch_normalization: Whether to fold batch normalisation, too, into the
            convolution (ordinary, adaptive, transposed or separable) or dense layer
            before it. The layer must have no activation and nothing else may read its
            output. Other normalisations stay.

    Returns:
        A new model of the same inputs and outputs: a ``keras.Sequential`` for a
        sequential model, else a functional one.

    Raises:
        TypeError: If ``model`` is not a Keras model.
        ValueError: If it is not built, or is neither sequential nor functional, or has
            an adaptive layer where it cannot be exchanged: inside another layer, such
            as a wrapper, or as a subclass of the classes here.

    Example:
        >>> model = keras.Sequential([keras.Input((28, 28, 1)), AdaptiveConv2D(8, 7)])
        >>> [type(layer).__name__ for layer in fold(model).layers]
        ['Conv2D']
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a Keras model. Received: {model!r}")
    if not isinstance(batch_normalization, bool):
        raise ValueError(
            "`batch_normalization` must be a boolean. "
            f"Received: {batch_normalization!r}"
        )
    if isinstance(model, keras.Sequential) and not _has_graph(model):
        raise ValueError(
            "`model` must be built: call it on data or give it an `Input`. "
            f"Received: {model!r}"
        )
    if not _has_graph(model):
        raise ValueError(
            "`model` must be sequential or functional: the order of the layers of a "
            f"subclassed model is not known. Received: {model!r}"
        )
    _check_layers(model)
    return _fold_model(model, batch_normalization)


def _has_graph(layer: keras.Layer) -> bool:
    """Whether a layer is a model whose graph is known."""
    if isinstance(layer, keras.Sequential):
        # It has inputs once it is built from the shapes of its layers.
        return hasattr(layer, "inputs")
    return isinstance(layer, keras.Model) and isinstance(layer, keras.Function)


def _check_layers(model: keras.Model) -> None:
    for layer in model.layers:
        if _has_graph(layer):
            _check_layers(layer)
            continue
        if type(layer) in _ORDINARY:
            continue
        for part in layer._flatten_layers():
            if isinstance(part, BaseAdaptiveConv):
                raise ValueError(
                    "An adaptive layer can be folded where it is a layer of a "
                    "sequential or functional model and not of a class of its own. "
                    f"Received: {part.name!r} of class {type(part).__name__} in "
                    f"{layer.name!r} of class {type(layer).__name__}"
                )


def _fold_model(model: keras.Model, batch_normalization: bool) -> keras.Model:
    followers = dict(_followers(model)) if batch_normalization else {}
    absorbed = {norm.name for norm in followers.values()}
    clones = {}

    def fold_layer(layer: keras.Layer) -> keras.Layer:
        if _has_graph(layer):
            return _fold_model(layer, batch_normalization)
        clones[layer.name] = _clone(layer, normalized=layer.name in followers)
        return clones[layer.name]

    if isinstance(model, keras.Sequential):
        (inputs,) = model.inputs
        folded = keras.Sequential(
            [
                keras.Input(
                    batch_shape=inputs.shape, dtype=inputs.dtype, name=inputs.name
                ),
                *(fold_layer(layer) for layer in _kept(model, absorbed)),
            ],
            name=model.name,
        )
    else:

        def call(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
            return args[0] if layer.name in absorbed else layer(*args, **kwargs)

        # A model of its own on the same graph: a compiled one would be cloned with its
        # loss and optimiser, which are about the weights as they were.
        plain = keras.Model(model.input, model.output, name=model.name)
        folded = keras.models.clone_model(
            plain, clone_function=fold_layer, call_function=call
        )
    for layer in _kept(model, absorbed):
        if not _has_graph(layer) and layer.weights:
            clones[layer.name].set_weights(_weights(layer, followers.get(layer.name)))
            if isinstance(layer, keras.layers.Normalization):
                clones[layer.name].finalize_state()
    return folded


def _kept(model: keras.Model, absorbed: set[str]) -> list[keras.Layer]:
    return [
        layer
        for layer in model.layers
        if layer.name not in absorbed and not isinstance(layer, keras.layers.InputLayer)
    ]


def _followers(
    model: keras.Model,
) -> Iterator[tuple[str, keras.layers.BatchNormalization]]:
    """Finds the layers that can take up a normalisation.

    Yields:
        Name of a layer and the normalisation that alone reads its output.
    """
    calls = graph.calls(model)
    makers = {id(tensor): node for node in calls for tensor in node.outputs}
    readers = [id(tensor) for node in calls for tensor in node.input_tensors]
    readers += [id(tensor) for tensor in model.outputs]
    operations = [id(node.operation) for node in calls]
    for node in calls:
        norm = node.operation
        if type(norm) is not keras.layers.BatchNormalization:
            continue
        source = node.input_tensors[0]
        maker = makers.get(id(source))
        if (
            maker is not None
            # Nothing beside its input: it could be given a mask or ``training``.
            and len(node.arguments.args) == len(node.input_tensors) == 1
            and not node.arguments.kwargs.get("training")
            and readers.count(id(source)) == 1
            and operations.count(id(norm)) == 1
            and operations.count(id(maker.operation)) == 1
            and _absorbs(maker.operation, norm)
        ):
            yield maker.operation.name, norm


def _absorbs(layer: keras.Operation, norm: keras.layers.BatchNormalization) -> bool:
    """Whether a layer is linear and makes the channels that are normalised."""
    if type(layer) not in _CHANNELS or layer.activation is not keras.activations.linear:
        return False
    if getattr(layer, "quantization_mode", None) is not None:
        return False
    rank = norm.input_spec.ndim
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    return norm.axis % rank == (1 if channels_first else rank - 1)


def _clone(layer: keras.Layer, normalized: bool) -> keras.Layer:
    """A new layer without the envelope, with a bias if it takes up a normalisation."""
    cls = _ORDINARY.get(type(layer), type(layer))
    if type(layer) in _ORDINARY:
        config = super(BaseAdaptiveConv, layer).get_config()
    elif normalized:
        config = layer.get_config()
    else:
        return cls.from_config(layer.get_config())
    # What LoRA adds is in the kernel already.
    dropped = ("_regularizer", "_constraint", "lora_rank", "lora_alpha")
    config = {
        name: value
        for name, value in config.items()
        if name == "activity_regularizer" or not name.endswith(dropped)
    }
    config["use_bias"] = config["use_bias"] or normalized
    return cls.from_config(config)


def _weights(
    layer: keras.Layer, norm: keras.layers.BatchNormalization | None
) -> list[np.ndarray]:
    """Weights of the clone of a layer, in its order."""
    if type(layer) not in _ORDINARY and norm is None:
        return layer.get_weights()
    if type(layer) in _ORDINARY:
        kernels = [layer.effective_kernel()]
    elif hasattr(layer, "pointwise_kernel"):
        kernels = [layer.depthwise_kernel, layer.pointwise_kernel]
    else:
        kernels = [layer.kernel]
    kernels = [keras.ops.convert_to_numpy(kernel) for kernel in kernels]
    biases = [keras.ops.convert_to_numpy(layer.bias)] if layer.use_bias else []
    if norm is None:
        return kernels + biases
    scale, offset = _scale_and_offset(norm)
    channels = _CHANNELS[type(layer)]
    along = [1] * kernels[-1].ndim
    along[channels] = -1
    kernels[-1] = kernels[-1] * scale.reshape(along)
    return [*kernels, offset + scale * biases[0] if biases else offset]


def _scale_and_offset(
    norm: keras.layers.BatchNormalization,
) -> tuple[np.ndarray, np.ndarray]:
    """What a normalisation does at inference: ``scale * x + offset``, in float64."""
    mean, variance = (
        keras.ops.convert_to_numpy(statistic).astype("float64")
        for statistic in (norm.moving_mean, norm.moving_variance)
    )
    scale = 1 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        scale = scale * keras.ops.convert_to_numpy(norm.gamma)
    offset = -mean * scale
    if norm.center:
        offset = offset + keras.ops.convert_to_numpy(norm.beta)
    return scale, offset
