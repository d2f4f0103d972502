"""What layers have learnt, for those that take their place."""

import tempfile

import keras
import numpy as np


def copy_state(
    new: keras.Layer, layer: keras.Layer, *, adapted_only: bool = False
) -> None:
    """Give a copy the weights of its layer, and what else that has learnt.

    Args:
        new: A layer that was made of the config of ``layer``, and is built where that
            is.
        layer: Any layer.
        adapted_only: Whether to give it only what the preprocessing layers in it have
            adapted to.

    Raises:
        ValueError: If ``new`` has not the same layers inside.
    """
    parts, new_parts = (list(each._flatten_layers()) for each in (layer, new))
    if adapted_only and not any(hasattr(part, "adapt") for part in parts):
        return
    if [type(part) for part in parts] != [type(part) for part in new_parts]:
        raise ValueError(
            "A layer must be made again by its config with the same layers inside. "
            f"Received: {layer.name!r} of class {type(layer).__name__}"
        )
    # As Keras saves a model, part by part: adapted preprocessing layers go by what
    # they load, not by their weights.
    for part, new_part in zip(parts, new_parts, strict=True):
        if adapted_only and not hasattr(part, "adapt"):
            continue
        store = {}
        part.save_own_variables(store)
        if store:
            new_part.load_own_variables(
                {key: keras.ops.convert_to_numpy(value) for key, value in store.items()}
            )
        if hasattr(part, "save_assets"):
            with tempfile.TemporaryDirectory() as folder:
                part.save_assets(folder)
                new_part.load_assets(folder)


def scale_and_offset(
    norm: keras.layers.BatchNormalization,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a normalisation does at inference: ``scale * x + offset``.

    Args:
        norm: A built normalisation.

    Returns:
        Two float64 arrays of shape ``(channels,)``.
    """
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
