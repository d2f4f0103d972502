"""Adaptive and folded models are served by other programs, with the same outputs."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from arrays import to_numpy
from exchanging import sequential
from keras import layers
from marks import slow_where
from perturbing import perturbed

import aconv
from aconv import (
    AdaptiveConv1D,
    AdaptiveConv2D,
    AdaptiveConv2DTranspose,
    AdaptiveConv3D,
    AdaptiveDepthwiseConv2D,
    AdaptiveSeparableConv2D,
)

pytestmark = pytest.mark.backend
BACKEND = keras.backend.backend()


def simple():
    return sequential(
        (12, 10, 3),
        AdaptiveConv2D(8, 5, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(4, activation="softmax"),
    )


def residual():
    inputs = keras.Input((9, 9, 4))
    x = AdaptiveConv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.add([inputs, layers.ReLU()(x)])
    x = AdaptiveConv2D(6, (3, 4), strides=2, normalize_envelope=False)(x)
    return keras.Model(inputs, layers.Flatten()(x))


def causal():
    first = AdaptiveConv1D(3, 4, padding="causal", dilation_rate=2)
    return sequential((11, 2), first, AdaptiveConv1D(5, 3))


def by_transforms():
    depthwise = AdaptiveDepthwiseConv2D(3, padding="same", method="fft")
    first = AdaptiveConv2D(6, 5, groups=2, method="fft")
    return sequential((8, 9, 4), first, depthwise)


def volumes():
    return sequential((5, 6, 5, 2), AdaptiveConv3D(3, 3))


def other_kinds():
    return sequential(
        (8, 8, 2),
        AdaptiveConv2D(4, 5, padding="same", envelope_shape="rotated"),
        AdaptiveDepthwiseConv2D(3, depth_multiplier=2, envelope_shape="ellipse"),
        AdaptiveSeparableConv2D(3, 3, padding="same", strides=2),
        AdaptiveConv2DTranspose(2, 4, padding="same", strides=2),
    )


def beyond_bounds():
    """Apertures where the layer clips them, as after an average of weights."""
    model = simple()
    aperture = model.layers[0].aperture
    aperture.assign(np.linspace(-1, 9, *aperture.shape))
    return model


def folded():
    return aconv.fold(perturbed(simple()), batch_normalization=True)


MODELS = (
    *(simple, residual, causal, by_transforms, volumes, other_kinds),
    *(beyond_bounds, folded),
)


def saved_model(model, folder):
    tf = pytest.importorskip("tensorflow")
    model.export(folder / "model", format="tf_saved_model", verbose=False)
    loaded = tf.saved_model.load(folder / "model")
    return lambda x: loaded.serve(x).numpy()


def litert(model, folder):
    import tensorflow as tf

    path = folder / "model.tflite"
    model.export(path, format="litert", verbose=False)
    interpreter = tf.lite.Interpreter(model_path=str(path))
    serve = interpreter.get_signature_runner()
    (name,) = serve.get_input_details()
    return lambda x: next(iter(serve(**{name: x}).values()))


def torch_export(model, folder):
    import torch

    path = folder / "model.pt2"
    any_number = {0: torch.export.Dim("batch", min=1, max=64)}
    model.export(path, format="torch", verbose=False, dynamic_shapes=any_number)
    loaded = torch.export.load(path).module()
    return lambda x: loaded(torch.from_numpy(x)).detach().numpy()


def onnx(model, folder):
    needed = {"onnx", "onnxruntime", "onnxscript" if BACKEND == "torch" else "tf2onnx"}
    missing = sorted(name for name in needed if not importlib.util.find_spec(name))
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    import onnxruntime

    path = folder / "model.onnx"
    batch = keras.InputSpec(shape=(3, *model.input_shape[1:]), dtype="float32")
    model.export(path, format="onnx", verbose=False, input_signature=[batch])
    session = onnxruntime.InferenceSession(path)
    (name,) = (each.name for each in session.get_inputs())
    return lambda x: session.run(None, {name: x})[0]


# What Keras makes of each backend without further packages, and ONNX.
EXPORTS = {
    "tensorflow": [saved_model, litert],
    "jax": [saved_model],
    "torch": [torch_export],
}[BACKEND]


# The interpreter that comes with TensorFlow, until it goes.
@pytest.mark.filterwarnings(r"ignore:\s*Warning. tf.lite.Interpreter:UserWarning")
@pytest.mark.filterwarnings("ignore:The `native_serialization`:DeprecationWarning")
@pytest.mark.parametrize("make", slow_where(MODELS, [other_kinds, volumes]))
@pytest.mark.parametrize("export", [*EXPORTS, onnx])
def test_exported_model_computes_the_same(export, make, tmp_path):
    model = make()
    if make is not beyond_bounds:
        perturbed(model)
    serve = export(model, tmp_path)
    x = np.random.default_rng(2).normal(size=(3, *model.input_shape[1:]))
    x = x.astype("float32")
    expected = to_numpy(model(x, training=False))
    assert np.ptp(expected) > 1e-2
    np.testing.assert_allclose(serve(x), expected, rtol=1e-5, atol=1e-5)


SERVE = """
import sys
import numpy as np
sys.modules["aconv"] = None  # importing it fails
folder = sys.argv[1]
import keras
x = np.load(f"{folder}/x.npy")
model = keras.saving.load_model(f"{folder}/model.keras")
outputs = [keras.ops.convert_to_numpy(model(x, training=False))]
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    loaded = tf.saved_model.load(f"{folder}/model")
    outputs.append(loaded.serve(x).numpy())
assert not any(name.startswith("aconv.") for name in sys.modules)
np.save(f"{folder}/outputs.npy", outputs)
"""


def test_folded_model_is_served_where_aconv_cannot_be_imported(tmp_path):
    model = perturbed(residual())
    folded = aconv.fold(model)
    folded.save(tmp_path / "model.keras")
    if BACKEND == "tensorflow":
        folded.export(tmp_path / "model", verbose=False)
    x = np.random.default_rng(3).normal(size=(3, *model.input_shape[1:]))
    np.save(tmp_path / "x.npy", x.astype("float32"))
    subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path)],
        check=True,
        env=os.environ | {"KERAS_BACKEND": BACKEND},
    )
    expected = to_numpy(model(x, training=False))
    for found in np.load(tmp_path / "outputs.npy"):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
