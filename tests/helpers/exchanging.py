"""Networks whose layers are exchanged, and what models compute."""

import keras
import numpy as np
from arrays import to_numpy
from small_settings import small_network

_IMAGES = {"simple": (8, 8, 1), "resnet": (9, 8, 3), "unet": (16, 16, 3)}


def network(name, layer="adaptive", kernel_size=5):
    """A small network of a study, with biases where its kernels are ordinary."""
    use_bias = layer == "ordinary"
    return small_network(
        name, _IMAGES[name], 4, kernel_size, layer=layer, use_bias=use_bias
    )


def sequential(shape, *layers):
    """A model of layers one after the other, for inputs of a shape."""
    return keras.Sequential([keras.Input(shape), *layers])


def outputs(model):
    """Outputs of a model for random inputs, unknown sizes of which are 5, flat."""
    random = np.random.default_rng(1)

    def data(tensor):
        shape = (3, *(side or 5 for side in tensor.shape[1:]))
        return random.normal(size=shape).astype("float32")

    is_sequential = isinstance(model, keras.Sequential)
    inputs = model.inputs[0] if is_sequential else model.input
    found = model(keras.tree.map_structure(data, inputs), training=False)
    return [to_numpy(x) for x in keras.tree.flatten(found)]


def assert_same_outputs(made, model, tolerance=1e-5):
    for new, old in zip(outputs(made), outputs(model), strict=True):
        np.testing.assert_allclose(new, old, atol=tolerance * max(1, abs(old).max()))
