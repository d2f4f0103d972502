"""Which pixels a classifier's decision rests on (end of Section 4.3).

By iNNvestigate, which needs TensorFlow, whatever the backend of Keras is.
"""

import dataclasses
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import keras
import numpy as np

from aconv.companion.measures.gradients import gradients
from aconv.layers import graph

Rule = Literal["deep_taylor", "lrp_z"]
# Largest difference of a probability between a network and its twin.
_TOLERANCE = 1e-4
_MISSING = (
    "Heatmaps need iNNvestigate and tf-keras: `make env` installs them, or pip from "
    "requirements.lock with --no-deps."
)


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """Heatmaps of n images, one rule, one network.

    Relevance, shape (n, height, width), is summed over channels, in units of the logit
    of the class that is explained.
    """

    relevance: np.ndarray
    classes: np.ndarray
    logits: np.ndarray

    @property
    def conservation(self) -> np.ndarray:
        """Sum of the relevance over the logit, shape ``(n,)``; 1 if it is conserved."""
        return self.relevance.sum(axis=(1, 2)) / self.logits


def explain(
    model: keras.Model,
    images: np.ndarray,
    *,
    rule: Rule = "deep_taylor",
    input_range: tuple[float, float] | None = None,
) -> Explanation:
    """Compute heatmaps with iNNvestigate (Alber et al. 2018).

    iNNvestigate knows the layers of Keras 2 only and takes every weight of a layer for
    a kernel or a bias. So the network must be folded (``aconv.fold(model,
    batch_normalization=True)``), and is built once more with the layers of Keras 2,
    without softmax and dropout, in a TensorFlow graph of its own.

    Of each image, shape (n, height, width, channels), the predicted class is explained.
    Deep Taylor needs ``input_range``, the lowest and highest value that inputs can
    have, for the rule of the first layer (Montavon et al. 2017). Its relevance is not
    negative, is zero where the logit is not positive, and sums up to it but for units
    that only their bias makes positive: their relevance is lost. LRP-Z (Bach et al.
    2015) of these networks is their input times the gradient of the logit.
    """
    low, high = input_range or (-np.inf, np.inf)
    # An image may miss a bound by rounding.
    if images.min() < low - 1e-5 or images.max() > high + 1e-5:
        raise ValueError(
            "`input_range` must be a pair (low, high) that no input lies outside of, "
            f"here [{images.min():g}, {images.max():g}]. Received: {input_range!r}"
        )
    images = images.astype("float32")
    predicted = keras.ops.convert_to_numpy(model(images, training=False))
    classes = predicted.argmax(axis=-1)
    innvestigate, legacy = _import_innvestigate()
    import tensorflow as tf

    # Taken while TensorFlow is eager, as it has to be for this.
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    with tf.Graph().as_default(), tf.compat.v1.Session():
        twin, values = _twin(model, weights, legacy)
        name, options = {
            "deep_taylor": ("deep_taylor.bounded", {"low": low, "high": high}),
            "lrp_z": ("lrp.z", {}),
        }[rule]
        analyzer = innvestigate.create_analyzer(
            name, twin, neuron_selection_mode="index", **options
        )
        # TensorFlow warns of a graph that grows after it was run.
        analyzer.create_analyzer_model()
        legacy.backend.batch_set_value(values)
        relevance = analyzer.analyze(images, neuron_selection=list(classes))
        scores = twin.predict_on_batch(images)
    _check_twin(scores, predicted)
    return Explanation(
        relevance=np.asarray(relevance).sum(axis=-1),
        classes=classes,
        logits=scores[np.arange(len(images)), classes],
    )


def input_times_gradient(
    model: keras.Model, images: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """Input times the gradient of a logit: what LRP-Z is in a network of rectifiers."""
    last = model.layers[-1]
    features = keras.Model(model.inputs, last.input)
    variable = keras.Variable(images)
    one_hot = keras.ops.one_hot(classes, last.units)
    (gradient,) = gradients(
        lambda: keras.ops.sum(
            (keras.ops.matmul(features(variable.value), last.kernel) + last.bias)
            * one_hot
        ),
        [variable],
    )
    return (images * gradient).sum(axis=-1)


def _import_innvestigate() -> tuple[ModuleType, ModuleType]:
    """Import iNNvestigate, which needs ``tensorflow.keras`` to be Keras 2, and Keras 2.

    TensorFlow decides by an environment variable, when it is imported, which version
    ``tensorflow.keras`` is; that would bind the whole process. Instead the name stands
    for Keras 2 only while iNNvestigate is imported, which keeps what it finds.
    """
    try:
        import tensorflow as tf
        import tf_keras
        import tf_keras.api._v2.keras as legacy
    except ImportError as error:
        raise ImportError(_MISSING) from error
    if "innvestigate" not in sys.modules:
        names = [name for name in sys.modules if _is_tensorflow_keras(name)]
        before = {name: sys.modules.pop(name) for name in names}
        attribute = tf.keras
        # The folder that has keras: submodules of tensorflow are looked up in it.
        folder = str(Path(legacy.__file__).parents[1])
        tf.__path__.insert(0, folder)
        try:
            importlib.import_module("innvestigate")
        except ImportError as error:
            raise ImportError(_MISSING) from error
        finally:
            tf.__path__.remove(folder)
            for name in [name for name in sys.modules if _is_tensorflow_keras(name)]:
                del sys.modules[name]
            sys.modules.update(before)
            tf.keras = attribute
    return sys.modules["innvestigate"], tf_keras


def _is_tensorflow_keras(name: str) -> bool:
    return name == "tensorflow.keras" or name.startswith("tensorflow.keras.")


def _twin(
    model: keras.Model, weights: dict[str, list[np.ndarray]], legacy: ModuleType
) -> tuple[Any, list[tuple[Any, np.ndarray]]]:
    """The same network of Keras 2 layers, its variables and the values to give them."""
    inputs = legacy.layers.Input(model.input_shape[1:], name="twin_images")
    tensors = {id(model.inputs[0]): inputs}
    nodes = graph.calls(model)
    made: dict[str, Any] = {}
    values: list[tuple[Any, np.ndarray]] = []
    last = nodes[-1].operation
    for node in nodes:
        sources = [tensors[id(tensor)] for tensor in node.input_tensors]
        layer = node.operation
        if isinstance(layer, keras.layers.Dropout):
            tensors[id(node.outputs[0])] = sources[0]
            continue
        name = f"twin_{layer.name}"
        match type(layer):
            case keras.layers.Add:
                result = _sum(_distinct(sources, name, legacy), name, legacy, values)
            case keras.layers.GlobalAveragePooling2D:
                result = _mean(sources[0], name, legacy, values)
            case keras.layers.Rescaling:
                result = _rescaled(sources[0], layer.scale, name, legacy, values)
            case keras.layers.Concatenate:
                joined = legacy.layers.Concatenate(layer.axis, name=name)
                result = joined(_distinct(sources, name, legacy))
            case _:
                if layer.name not in made:
                    made[layer.name] = _twin_layer(layer, legacy, linear=layer is last)
                result = made[layer.name](sources[0])
        tensors[id(node.outputs[0])] = result
    twin = legacy.Model(inputs, tensors[id(model.outputs[0])])
    for name, layer in made.items():
        values += zip(layer.weights, weights[name], strict=True)
    return twin, values


def _fixed_convolution(
    tensor: Any, kernel: np.ndarray, name: str, legacy: ModuleType, values: list
) -> Any:
    """A convolution without bias, whose kernel comes to the values to be given."""
    *size, _, filters = kernel.shape
    layer = legacy.layers.Conv2D(filters, size, use_bias=False, name=name)
    result = layer(tensor)
    values.append((layer.kernel, kernel))
    return result


def _sum(tensors: list[Any], name: str, legacy: ModuleType, values: list) -> Any:
    """A sum as a 1x1 convolution of the concatenation, of identities on top.

    iNNvestigate's deep Taylor hands the whole relevance of an ``Add`` to each summand.
    A convolution shares it by what each contributes.
    """
    joined = legacy.layers.Concatenate(name=f"{name}_joined")(tensors)
    kernel = np.tile(_identity(tensors[0]), (len(tensors), 1))
    return _fixed_convolution(joined, kernel[None, None], name, legacy, values)


def _rescaled(
    tensor: Any, scale: float, name: str, legacy: ModuleType, values: list
) -> Any:
    """A multiple of images as a 1x1 convolution: the zeros of the shortcuts."""
    kernel = scale * _identity(tensor)
    return _fixed_convolution(tensor, kernel[None, None], name, legacy, values)


def _mean(tensor: Any, name: str, legacy: ModuleType, values: list) -> Any:
    """A mean over the image as a convolution whose kernel is as large as the image.

    iNNvestigate's deep Taylor hands the same relevance to each pixel of an average, to
    those at zero too, where the rectifier below loses it.
    """
    height, width = tensor.shape[1:3]
    kernel = np.tile(_identity(tensor) / (height * width), (height, width, 1, 1))
    result = _fixed_convolution(tensor, kernel, name, legacy, values)
    return legacy.layers.Flatten(name=f"{name}_flat")(result)


def _identity(tensor: Any) -> np.ndarray:
    return np.eye(tensor.shape[-1], dtype="float32")


def _distinct(tensors: list[Any], name: str, legacy: ModuleType) -> list[Any]:
    """Give a tensor that is there twice another name the second time.

    Of a shortcut that is concatenated with itself iNNvestigate 2.1.2 counts the
    relevance twice.
    """
    found: list[Any] = []
    for tensor in tensors:
        if any(tensor is other for other in found):
            copy = legacy.layers.Activation(
                "linear", name=f"twin_copy_{len(found)}_{name}"
            )
            tensor = copy(tensor)
        found.append(tensor)
    return found


def _twin_layer(layer: keras.Layer, legacy: ModuleType, linear: bool) -> Any:
    # Names of its own: iNNvestigate adds layers called ``add``, ``dense`` and so on.
    name = f"twin_{layer.name}"
    activation = _activation(layer, linear)
    match type(layer):
        case keras.layers.Conv2D:
            return legacy.layers.Conv2D(
                layer.filters,
                layer.kernel_size,
                strides=layer.strides,
                padding=layer.padding,
                dilation_rate=layer.dilation_rate,
                groups=layer.groups,
                activation=activation,
                use_bias=layer.use_bias,
                name=name,
            )
        case keras.layers.Dense:
            return legacy.layers.Dense(
                layer.units, activation, layer.use_bias, name=name
            )
        case keras.layers.MaxPooling2D:
            return legacy.layers.MaxPooling2D(
                layer.pool_size, layer.strides, layer.padding, name=name
            )
        case keras.layers.ReLU | keras.layers.Activation:
            return legacy.layers.Activation(activation, name=name)
        case keras.layers.Flatten:
            return legacy.layers.Flatten(name=name)
    raise ValueError(
        "`model` must be folded and made of the layers that `_twin` knows. "
        f"Received: {layer.name!r} of class {type(layer).__name__}"
    )


def _activation(layer: keras.Layer, linear: bool) -> str:
    if linear:
        return "linear"
    if isinstance(layer, keras.layers.ReLU):
        plain = layer.max_value is None and not layer.negative_slope
        known = "relu" if plain and not layer.threshold else None
    else:
        names = {keras.activations.linear: "linear", keras.activations.relu: "relu"}
        known = names.get(getattr(layer, "activation", keras.activations.linear))
    if known:
        return known
    raise ValueError(
        "`model` must have no other activations than ReLU inside. "
        f"Received: {layer.name!r} of class {type(layer).__name__}"
    )


def _check_twin(scores: np.ndarray, predicted: np.ndarray) -> None:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found = powers / powers.sum(axis=-1, keepdims=True)
    difference = np.abs(found - predicted).max()
    if not difference <= _TOLERANCE:
        raise RuntimeError(
            "The twin for iNNvestigate must predict as the network does. Received: "
            f"probabilities that differ by up to {difference:.2g}"
        )
