"""A trained model to the same model with ordinary convolutions, to deploy or explain.

The envelope is gone after training: an ordinary convolution with the product kernel
``W ∘ U`` of Eq. (3) computes what the adaptive layer does. Batch normalisation after a
linear layer is linear at inference and goes the same way.
"""

import collections
import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from aconv import layers
from aconv.layers import graph
from aconv.layers.base import BaseAdaptiveConv
from aconv.layers.state import copy_state, scale_and_offset

ORDINARY = {
    getattr(layers, name): getattr(keras.layers, name.removeprefix("Adaptive"))
    for name in layers.__all__
}
"""The Keras layer that computes with product kernels what an adaptive one does."""

# Linear layers that can take up a normalisation, and the axes of the output channels in
# the kernel that makes the output. A subclass may compute something else, so that only
# the classes themselves count.
_ORDINARY_CHANNELS = {
    keras.layers.Conv1D: (-1,),
    keras.layers.Conv2D: (-1,),
    keras.layers.Conv3D: (-1,),
    keras.layers.Conv1DTranspose: (-2,),
    keras.layers.Conv2DTranspose: (-2,),
    keras.layers.Conv3DTranspose: (-2,),
    keras.layers.DepthwiseConv1D: (-2, -1),
    keras.layers.DepthwiseConv2D: (-2, -1),
    keras.layers.SeparableConv1D: (-1,),
    keras.layers.SeparableConv2D: (-1,),
    keras.layers.Dense: (-1,),
}
# What LoRA adds is in the kernel already.
ABOUT_OTHER_WEIGHTS = ("_regularizer", "_constraint", "lora_rank", "lora_alpha")
"""Ends of the names of arguments that a layer with another kernel cannot take over."""

_CHANNELS = _ORDINARY_CHANNELS | {
    adaptive: _ORDINARY_CHANNELS[ordinary] for adaptive, ordinary in ORDINARY.items()
}


def fold(model: keras.Model, *, batch_normalization: bool = False) -> keras.Model:
    """Return the same model with ordinary convolutions.

    Every adaptive convolution becomes the Keras convolution of its kind and rank, whose
    kernel is the product kernel ``W ∘ U`` of Eq. (3). Outputs at inference are the same
    up to rounding, names of layers too, also inside nested models. Layers shared in
    ``model`` are shared in the new one. It is for inference, not compiled, and shares
    no weights with ``model``, which stays as it is.
    Layers whose kernel changed have no regularizer and no constraint of their weights:
    these were about other weights.

    Args:
        model: A built sequential or functional model.
        batch_normalization: Whether to fold batch normalisation, too, into the
            convolution of any kind or the dense layer before it. The layer must have no
            activation and the same dtypes, and nothing else may read its output. Where
            the normalisation makes an output of a functional model, an identity of its
            name stays, so that the output has the same name. Other
            normalisations stay, and so do those of models that are called with
            ``training=True`` or by a ``call`` of their own.

    Returns:
        A new model of the same inputs and outputs: a ``keras.Sequential`` for a
        sequential model, else a functional one. It is of the class of ``model``, whose
        ``train_step`` it then has, unless that has an ``__init__`` of its own.

    Raises:
        TypeError: If ``model`` is not a Keras model.
        ValueError: If it is not built, or is neither sequential nor functional, or has
            an adaptive layer where it cannot be exchanged: inside another layer, such
            as a wrapper, as a subclass of the classes here, or in a model with a
            ``call`` and an ``__init__`` of its own; or if a layer cannot be copied by
            its config.

    Example:
        >>> model = keras.Sequential(
        ...     [keras.Input((28, 28, 1)), layers.AdaptiveConv2D(8, 7)]
        ... )
        >>> [type(layer).__name__ for layer in fold(model).layers]
        ['Conv2D']
    """
    if not isinstance(batch_normalization, bool):
        raise ValueError(
            "`batch_normalization` must be a boolean. "
            f"Received: {batch_normalization!r}"
        )
    check_model(model, Folding.exchanged)
    check_layers(model)
    return Folding(model, batch_normalization).model(model)


def _own(model: keras.Model, *methods: str) -> bool:
    """Whether a model's class is not of Keras and has one of ``methods`` of its own."""
    own = itertools.takewhile(
        lambda cls: not cls.__module__.startswith("keras."), type(model).__mro__
    )
    return any(method in vars(cls) for cls in own for method in methods)


def _is_rebuilt(layer: keras.Layer, exchanged: tuple[type, ...]) -> bool:
    """Whether a layer is a model that another can be made of, call by call."""
    if not graph.has_graph(layer):
        return False
    # One with a call of its own that needs no change is copied as the layer it is.
    return not _own(layer, "call", "__call__") or any(
        isinstance(part, exchanged) for part in layer._flatten_layers()
    )


def check_model(model: keras.Model, exchanged: tuple[type, ...]) -> None:
    """Refuse a model that cannot be made again.

    Args:
        model: Anything.
        exchanged: Classes of the layers that are to be exchanged.

    Raises:
        TypeError: If ``model`` is not a Keras model.
        ValueError: If it is not built, is neither sequential nor functional, or has a
            ``call`` and an ``__init__`` of its own, at any depth.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a Keras model. Received: {model!r}")
    if isinstance(model, keras.Sequential) and not graph.has_graph(model):
        raise ValueError(
            "`model` must be built: call it on data or give it an `Input`. "
            f"Received: {model!r}"
        )
    if not graph.has_graph(model):
        raise ValueError(
            "`model` must be sequential or functional: the order of the layers of a "
            f"subclassed model is not known. Received: {model!r}"
        )
    if _own(model, "call", "__call__") and _own(model, "__init__"):
        raise ValueError(
            "A model with a `call` and an `__init__` of its own cannot be made again: "
            "use the models that it calls. "
            f"Received: {model.name!r} of class {type(model).__name__}"
        )
    for layer in model.layers:
        if _is_rebuilt(layer, exchanged):
            check_model(layer, exchanged)


def check_layers(model: keras.Model) -> None:
    """Refuse a model with an adaptive layer that cannot be exchanged.

    Args:
        model: A model that ``check_model`` accepts.

    Raises:
        ValueError: If an adaptive layer is inside another layer or of a class of its
            own, at any depth.
    """
    for layer in model.layers:
        if _is_rebuilt(layer, Folding.exchanged):
            check_layers(layer)
            continue
        if type(layer) in ORDINARY:
            continue
        for part in layer._flatten_layers():
            if isinstance(part, BaseAdaptiveConv):
                raise ValueError(
                    "An adaptive layer can be folded where it is a layer of a "
                    "sequential or functional model and not of a class of its own. "
                    f"Received: {part.name!r} of class {type(part).__name__} in "
                    f"{layer.name!r} of class {type(layer).__name__}"
                )


class Folding:
    """One model's folding: what becomes of each of its layers, at every depth.

    Args:
        model: A model that ``check_model`` accepts.
        batch_normalization: As in ``fold``.

    Raises:
        ValueError: If a subclass may put layers before a convolution that a model with
            a ``call`` of its own calls.
    """

    exchanged = (BaseAdaptiveConv,)

    def __init__(self, model: keras.Model, batch_normalization: bool) -> None:
        self._new: dict[int, keras.Layer] = {}
        graphs = {id(model): model}
        # Models whose normalisations stay: they may use the statistics of a batch.
        kept = set()

        def visit(outer: keras.Model) -> None:
            if _own(outer, "call", "__call__"):
                kept.add(id(outer))
                # A subclass has chains of its own where one layer does not do.
                if type(self)._chain is not Folding._chain:
                    _check_own_call(outer)
            for node in graph.calls(outer):
                inner = node.operation
                if not self._is_rebuilt(inner):
                    continue
                others = node.arguments.args[1:]
                if id(outer) in kept or node.arguments.kwargs.get("training") or others:
                    kept.add(id(inner))
                graphs[id(inner)] = inner
                visit(inner)

        visit(model)
        calls = {key: graph.calls(each) for key, each in graphs.items()}
        times = collections.Counter(
            id(node.operation) for nodes in calls.values() for node in nodes
        )
        self._norm_of = {}
        if batch_normalization:
            for key, nodes in calls.items():
                if key not in kept:
                    self._norm_of |= _followers(graphs[key], nodes, times)
        absorbed = {id(norm) for norm in self._norm_of.values()}
        # Outputs of a functional model go by the names of the layers that make them.
        named = set()
        if not isinstance(model, keras.Sequential):
            named = {id(tensor._keras_history.operation) for tensor in model.outputs}
        self._absorbed, self._identities = absorbed - named, absorbed & named

    def model(self, model: keras.Model) -> keras.Model:
        """Make the folded model, with its weights."""
        # What it does of its own, such as a `call` or a `train_step`, is about the same
        # layers, whatever they compute with.
        own = None if _own(model, "__init__") else type(model)
        if isinstance(model, keras.Sequential):
            (inputs,) = model.inputs
            layers = [new for layer in self._kept(model) for new in self._chain(layer)]
            folded = (own or keras.Sequential)(
                [graph.new_input(inputs), *layers], name=model.name
            )
        else:
            inputs, outputs = graph.retrace(model, self._call)
            folded = (own or keras.Model)(inputs, outputs, name=model.name)
        for layer in self._kept(model):
            if not self._is_rebuilt(layer):
                self._set_all(self._new[id(layer)], layer)
        return folded

    def _kept(self, model: keras.Model) -> list[keras.Layer]:
        return [
            layer
            for layer in model.layers
            if id(layer) not in self._absorbed
            and not isinstance(layer, keras.layers.InputLayer)
        ]

    def _call(self, operation: keras.Operation, *args: Any, **kwargs: Any) -> Any:
        if id(operation) in self._absorbed:
            return args[0]
        if id(operation) in self._identities:
            return self._layer(operation)(args[0])
        if isinstance(operation, keras.Layer):
            *before, new = self._chain(operation)
            for layer in before:
                if args:
                    args = (layer(args[0]), *args[1:])
                else:
                    kwargs = {**kwargs, "inputs": layer(kwargs["inputs"])}
        else:
            # An operation, such as ``x + y``, keeps its calls and so all that they
            # lead to: the copy has its own.
            new = self._layer(operation)
        return new(*args, **kwargs)

    def _chain(self, layer: keras.Layer) -> list[keras.Layer]:
        """The new layers that stand for one, in the order of their calls."""
        return [self._layer(layer)]

    def _layer(self, layer: keras.Operation) -> keras.Operation:
        if id(layer) not in self._new:
            self._new[id(layer)] = (
                self.model(layer) if self._is_rebuilt(layer) else self._make(layer)
            )
        return self._new[id(layer)]

    def _is_rebuilt(self, layer: keras.Layer) -> bool:
        return _is_rebuilt(layer, self.exchanged)

    def _make(self, layer: keras.Operation) -> keras.Operation:
        """A new layer or operation for one that is no model of these."""
        if id(layer) in self._identities:
            return keras.layers.Identity(name=layer.name, dtype=layer.dtype_policy)
        return _clone(
            layer,
            ordinary=self._is_folded(layer),
            normalized=id(layer) in self._norm_of,
        )

    def _is_folded(self, layer: keras.Layer) -> bool:
        """Whether a layer becomes the ordinary one of its kind."""
        return type(layer) in ORDINARY

    def _set_all(self, new: keras.Layer, layer: keras.Layer) -> None:
        """Set the state of a new layer, and of the layer that is its activation."""
        activation = getattr(new, "activation", None)
        if type(new) is type(layer) or not isinstance(activation, keras.Layer):
            self._set_state(new, layer)
            return
        # A layer of another class is given a list of its own weights, to which Keras
        # adds those of the layers inside.
        inside = list(new._layers)
        new._layers.clear()
        try:
            self._set_state(new, layer)
        finally:
            new._layers.extend(inside)
        self._set_state(activation, layer.activation)

    def _set_state(self, new: keras.Layer, layer: keras.Layer) -> None:
        """Give the new layer what the old one has learnt."""
        if id(layer) in self._identities:
            return
        norm = self._norm_of.get(id(layer))
        if self._is_folded(layer) or norm is not None:
            new.set_weights(_weights(layer, norm))
        else:
            copy_state(new, layer)


def _check_own_call(model: keras.Model) -> None:
    """Refuse a ``call`` that might not meet layers put before those that it calls."""
    for layer in model.layers:
        # Of a kernel of two pixels nothing is cut; a transposed one keeps its grid.
        if (
            type(layer) in ORDINARY
            and layer.padding != "same"
            and max(layer.kernel_size) > 2
            and not hasattr(layer, "output_padding")
        ):
            raise ValueError(
                "`model` must not have a `call` of its own with adaptive convolutions "
                "of more than 2 pixels a side whose padding is not 'same': when they "
                "get smaller, a layer before each crops its input, which such a "
                f"`call` may not meet. Received: {layer.name!r} with padding "
                f"{layer.padding!r} in {model.name!r} of class {type(model).__name__}"
            )


def _followers(
    model: keras.Model, calls: list[Any], times: collections.Counter
) -> Iterator[tuple[int, keras.layers.BatchNormalization]]:
    """Find the layers that can take up a normalisation.

    Args:
        model: A model.
        calls: Its calls.
        times: How often each layer is called, in all models, by its ``id``.

    Yields:
        The ``id`` of a layer and the normalisation that alone reads its output.
    """
    makers = {id(tensor): node for node in calls for tensor in node.outputs}
    readers = [id(tensor) for node in calls for tensor in node.input_tensors]
    readers += [id(tensor) for tensor in model.outputs]
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
            and times[id(norm)] == times[id(maker.operation)] == 1
            and _absorbs(maker.operation, norm)
        ):
            yield id(maker.operation), norm


def _absorbs(layer: keras.Operation, norm: keras.layers.BatchNormalization) -> bool:
    """Whether a layer is linear and makes the channels that are normalised."""
    if type(layer) not in _CHANNELS or layer.activation is not keras.activations.linear:
        return False
    if getattr(layer, "quantization_mode", None) is not None:
        return False
    # A normalisation in float32 reaches beyond what a kernel of 16 bits can hold.
    if (layer.compute_dtype, layer.dtype) != (norm.compute_dtype, norm.dtype):
        return False
    rank = norm.input_spec.ndim
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    return norm.axis % rank == (1 if channels_first else rank - 1)


def _clone(
    layer: keras.Operation, *, ordinary: bool, normalized: bool
) -> keras.Operation:
    """A new layer, ordinary or not, with a bias if it takes up a normalisation."""
    cls = ORDINARY[type(layer)] if ordinary else type(layer)
    if ordinary:
        config = super(BaseAdaptiveConv, layer).get_config()
    elif normalized:
        config = layer.get_config()
    else:
        try:
            return cls.from_config(layer.get_config())
        # A `Lambda` of Python's is refused with a ValueError.
        except (NotImplementedError, TypeError, ValueError) as error:
            raise ValueError(
                "A layer or operation must be made again by its `get_config` and "
                f"`from_config` to be part of the new model. Received: {layer.name!r} "
                f"of class {cls.__name__}, which raises: {error}"
            ) from error
    config = {
        name: value
        for name, value in config.items()
        if name == "activity_regularizer" or not name.endswith(ABOUT_OTHER_WEIGHTS)
    }
    config["use_bias"] = config["use_bias"] or normalized
    return cls.from_config(config)


def _weights(
    layer: keras.Layer, norm: keras.layers.BatchNormalization | None
) -> list[np.ndarray]:
    """Weights of the clone of a layer, in its order."""
    if type(layer) in ORDINARY:
        kernels = [layer.effective_kernel()]
    else:
        is_separable = hasattr(layer, "depthwise_kernel")
        kernels = [layer.depthwise_kernel if is_separable else layer.kernel]
    if hasattr(layer, "pointwise_kernel"):
        kernels.append(layer.pointwise_kernel)
    kernels = [keras.ops.convert_to_numpy(kernel) for kernel in kernels]
    biases = [keras.ops.convert_to_numpy(layer.bias)] if layer.use_bias else []
    if norm is None:
        return kernels + biases
    scale, offset = scale_and_offset(norm)
    along = [1] * kernels[-1].ndim
    for axis in _CHANNELS[type(layer)]:
        along[axis] = kernels[-1].shape[axis]
    kernels[-1] = kernels[-1] * scale.reshape(along)
    return [*kernels, offset + scale * biases[0] if biases else offset]
