"""Networks that predict, from the weights that were kept of them."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

import attrs
import keras
import numpy as np

from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.studies.catalog import Kernels
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training import networks


def rebuild(
    spec: RunSpec, weights: Mapping[str, np.ndarray], image_shape: Sequence[int]
) -> keras.Model:
    """Build the trained network of a run; its kernels are product kernels ``W ∘ U``."""
    kept = [
        {name.rpartition("/")[2]: weights[name] for name in names}
        for _, names in itertools.groupby(
            weights, key=lambda name: name.rpartition("/")[0]
        )
    ]
    classes = weights["classes/kernel"].shape[-1]
    ordinary = attrs.evolve(
        spec.settings, layer="ordinary", method="direct", all_layers=False
    )
    model = networks.build_network(ordinary, spec.kernel_size, image_shape, classes)
    layers = [layer for layer in model.layers if layer.weights]
    # By position: Keras counts the layers that have no name of their own through a
    # whole session, so that the numbers in their names differ here.
    for layer, values in zip(layers, kept, strict=True):
        for weight in layer.weights:
            # Adaptive layers have no bias; it is zero as built.
            if weight.name in values or weight.name != "bias":
                weight.assign(values[weight.name].astype("float32"))
    return model


def predictions(
    records: Iterable[RunRecord], store: RunStore, inputs: np.ndarray
) -> dict[Kernels, np.ndarray]:
    """Return what networks predict whose weights were kept, the first of each arm."""
    found: dict[Kernels, np.ndarray] = {}
    for record in records:
        if record.spec.kernels in found:
            continue
        weights = store.weights(record)
        if weights is not None:
            model = rebuild(record.spec, weights, inputs.shape[1:])
            outputs = model(inputs, training=False)
            found[record.spec.kernels] = keras.ops.convert_to_numpy(outputs)
    return found
