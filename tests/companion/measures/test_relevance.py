"""Heatmaps agree with their definition and zennit, and the twin with the network."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers
from perturbing import perturbed
from small_settings import small_network

import aconv
from aconv.companion.measures import relevance

RANGE = (-0.3, 0.7)


@pytest.fixture(scope="module", params=["simple", "resnet"])
def folded(request):
    model = small_network(request.param, (9, 8, 3), 4, kernel_size=5)
    return aconv.fold(perturbed(model), batch_normalization=True)


def images_of(side):
    shape = (5, side, 8, 3)
    return np.random.default_rng(1).uniform(*RANGE, shape).astype("float32")


@pytest.fixture(scope="module")
def images():
    return images_of(9)


def test_lrp_z_of_a_folded_network_is_input_times_gradient(folded, images):
    found = relevance.explain(folded, images, rule="lrp_z")
    expected = relevance.input_times_gradient(folded, images, found.classes)
    reach = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(found.relevance, expected, atol=reach)


def explained(network, side):
    """A folded network, images, and their deep Taylor heatmaps."""
    model = perturbed(small_network(network, (side, 8, 3), 4, kernel_size=5))
    # Only a positive logit has deep Taylor relevance.
    model.layers[-1].bias.assign_add(np.full(4, 20.0, "float32"))
    model = aconv.fold(model, batch_normalization=True)
    images = images_of(side)
    return model, images, relevance.explain(model, images, input_range=RANGE)


def test_deep_taylor_conserves_relevance_in_a_network_of_sums_and_means():
    _, _, found = explained("resnet", 9)
    np.testing.assert_allclose(found.conservation, 1, rtol=1e-4)


@pytest.mark.parametrize("network", ["simple", "resnet"])
@pytest.mark.parametrize("side", [8, 9])
def test_zennit_agrees_where_sums_and_means_are_convolutions(network, side):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    pytest.importorskip("zennit", reason="zennit is not installed")
    torch_networks = pytest.importorskip("torch_networks")  # needs both
    model, images, found = explained(network, side)
    twin = torch_networks.FoldedNetwork(model)
    logits = twin(torch.tensor(images)).detach().numpy()
    np.testing.assert_allclose(
        logits[np.arange(len(images)), found.classes], found.logits, rtol=1e-4
    )
    expected = torch_networks.deep_taylor(twin, images, found.classes, *RANGE)
    largest = np.abs(expected).max()
    np.testing.assert_allclose(found.relevance, expected, atol=1e-5 * largest)
    np.testing.assert_allclose(found.conservation, 1, rtol=1e-4)


def test_twin_gives_the_logits_of_the_network(folded, images):
    found = relevance.explain(folded, images, rule="lrp_z")
    predicted = folded.predict(images, verbose=0)
    np.testing.assert_array_equal(found.classes, predicted.argmax(axis=-1))
    # What the softmax gets, by the network itself.
    last = folded.layers[-1]
    features = keras.Model(folded.input, last.input)(images)
    logits = keras.ops.matmul(features, last.kernel) + last.bias
    expected = keras.ops.convert_to_numpy(logits)[np.arange(5), found.classes]
    np.testing.assert_allclose(found.logits, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        found.conservation * found.logits, found.relevance.sum(axis=(1, 2)), rtol=1e-5
    )


def test_deep_taylor_is_positive_and_leaves_keras_3_as_it_was(folded, images):
    found = relevance.explain(folded, images, input_range=RANGE)
    assert found.relevance.shape == (5, 9, 8)
    assert found.relevance.min() >= 0
    positive = found.logits > 0
    assert (found.relevance.sum(axis=(1, 2)) > 0).tolist() == positive.tolist()
    again = relevance.explain(folded, images, input_range=RANGE)
    np.testing.assert_array_equal(found.relevance, again.relevance)
    # Keras 3 still trains, eagerly and compiled.
    model = keras.models.clone_model(folded)
    for run_eagerly in (False, True):
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=run_eagerly)
        model.fit(images, np.zeros(5), verbose=0)


def test_deep_taylor_conserves_relevance_without_additions_and_biases():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu", use_bias=False),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", use_bias=False),
        ]
    )
    images = np.random.default_rng(0).uniform(-1, 1, (8, 6, 6, 1))
    found = relevance.explain(model, images, input_range=(-1, 1))
    positive = found.logits > 0
    assert positive.sum() > 2
    np.testing.assert_allclose(found.conservation[positive], 1, rtol=1e-4)
    assert not found.relevance[~positive].any()


def test_import_does_not_decide_what_tensorflow_keras_is():
    # In a process of its own: another test may have used ``tf.keras``.
    code = (
        "import numpy as np, tensorflow as tf, keras, aconv\n"
        "from aconv.companion.training.networks import build_network\n"
        "from aconv.companion.studies.catalog import make_spec\n"
        "from aconv.companion.measures import relevance\n"
        "spec = make_spec('resnet', 'digits', 'adaptive', 3, seed=31)\n"
        "model = aconv.fold(build_network(spec.settings, 3, (8, 8, 1), 3),"
        " batch_normalization=True)\n"
        "relevance.explain(model, np.ones((1, 8, 8, 1)), rule='lrp_z')\n"
        "assert tf.keras.layers.Layer is keras.layers.Layer\n"
        "import tensorflow.keras.layers as layers\n"
        "assert layers.Layer is keras.layers.Layer\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("outside", [(-0.1, 0.7), (-0.3, 0.1)])
def test_range_that_inputs_leave_is_refused(folded, images, outside):
    with pytest.raises(ValueError, match=r"`input_range`.*Received"):
        relevance.explain(folded, images, input_range=outside)


@pytest.mark.parametrize(
    ("inner", "activation", "error", "message"),
    [
        (layers.BatchNormalization(), "softmax", ValueError, "`model` must.*Received"),
        (layers.ReLU(6), "softmax", ValueError, "`model` must.*Received"),
        (layers.Activation("elu"), "softmax", ValueError, "`model` must.*Received"),
        (layers.ReLU(), None, RuntimeError, "twin for iNNvestigate must predict"),
    ],
)
def test_network_that_cannot_be_explained_is_refused(inner, activation, error, message):
    last = [inner, layers.Flatten(), layers.Dense(3, activation)]
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3), *last])
    with pytest.raises(error, match=message):
        relevance.explain(model, np.ones((1, 6, 6, 1)), rule="lrp_z")
