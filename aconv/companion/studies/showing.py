"""A run as text: its settings, and the layers of its network."""

from collections.abc import Iterator

import attrs
import keras

from aconv.companion.datasets import info
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.networks import build_network
from aconv.layers.base import BaseAdaptiveConv


def describe_spec(spec: RunSpec) -> Iterator[str]:
    """Yield the settings of a run, one a line, and the layers of its network."""
    yield f"# {spec.study}, version {spec.version}, profile {spec.profile}"
    names = {name: getattr(spec, name) for name in ("dataset", "arm", "kernel_size")}
    for name, value in (names | attrs.asdict(spec.settings)).items():
        yield f"{name}: {value}"
    facts = info(spec.dataset)
    model = build_network(
        spec.settings, spec.kernel_size, facts.image_shape, facts.classes
    )
    yield ""
    yield "# layers: name, class, output shape, bias, initializer"
    for layer in model.layers:
        yield _describe_layer(layer)


def _describe_layer(layer: keras.layers.Layer) -> str:
    parts = [layer.name, type(layer).__name__, str(tuple(layer.output.shape[1:]))]
    if hasattr(layer, "use_bias"):
        parts.append("bias" if layer.use_bias else "no bias")
    for name in ("kernel_initializer", "depthwise_initializer"):
        if hasattr(layer, name):
            parts.append(type(getattr(layer, name)).__name__)
    if isinstance(layer, BaseAdaptiveConv):
        bounds = layer.aperture.constraint
        parts.append(f"apertures in [{bounds.low:.4g}, {bounds.high:.4g}]")
    if isinstance(layer, keras.layers.BatchNormalization):
        parts.append(f"momentum {layer.momentum:g}, epsilon {layer.epsilon:g}")
    activation = getattr(layer, "activation", None)
    if activation is not None:
        parts.append(activation.__name__)
    if isinstance(layer, keras.layers.Dropout):
        parts.append(f"rate {layer.rate:g}")
    return "  ".join(parts)
