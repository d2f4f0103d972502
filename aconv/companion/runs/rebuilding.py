"""Networks that predict, from the weights that were kept of them."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
import keras
import numpy as np

from aconv.companion.runs.execution import build_network
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.studies.catalog import Kernels
from aconv.companion.studies.spec import RunSpec


def rebuild(
    spec: RunSpec, weights: Mapping[str, np.ndarray], image_shape: Sequence[int]
) -> keras.Model:
    """Build the trained network of a run from the weights that were kept of it.

    Its convolutions are ordinary ones, also where adaptive ones were trained: their
    kernels are the product kernels ``W ∘ U``, rounded to ``float16``, their biases
    zero. ``ValueError`` if the weights are not those of the whole network of ``spec``.
    """
    kept = [
        (layer, {name.rpartition("/")[2]: weights[name] for name in names})
        for layer, names in itertools.groupby(
            weights, key=lambda name: name.rpartition("/")[0]
        )
    ]
    if "classes/kernel" not in weights:
        raise _not_of(spec, "the last layer is not among them")
    classes = weights["classes/kernel"].shape[-1]
    ordinary = attrs.evolve(
        spec.settings, layer="ordinary", method="direct", all_layers=False
    )
    model = build_network(attrs.evolve(spec, settings=ordinary), image_shape, classes)
    layers = [layer for layer in model.layers if layer.weights]
    if len(layers) != len(kept):
        raise _not_of(spec, f"they have {len(kept)} layers and not {len(layers)}")
    # By position: Keras counts the layers that have no name of their own through a
    # whole session, so that the numbers in their names differ here.
    for layer, (name, values) in zip(layers, kept, strict=True):
        if _unnumbered(layer.name) != _unnumbered(name):
            raise _not_of(spec, f"{name!r} is where {layer.name!r} should be")
        for weight in layer.weights:
            if weight.name not in values and weight.name == "bias":
                continue  # adaptive layers have none; it is zero as built
            value = values.get(weight.name)
            if value is None or value.shape != tuple(weight.shape):
                raise _not_of(
                    spec,
                    f"'{name}/{weight.name}' must have shape {tuple(weight.shape)}",
                )
            weight.assign(value.astype("float32"))
    return model


def predictions(
    records: Iterable[RunRecord], store: RunStore, inputs: np.ndarray
) -> dict[Kernels, np.ndarray]:
    """Return what the networks predict whose weights were kept, the first of each arm.

    Records are of one study and data set; inputs are preprocessed images, ``float32``.
    """
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


def _unnumbered(layer: str) -> str:
    return re.sub(r"_\d+$", "", layer)


def _not_of(spec: RunSpec, reason: str) -> ValueError:
    return ValueError(
        f"`weights` must be those of the whole network of {spec}: {reason}. "
        "See `aconv.companion.runs.folded_weights`."
    )
