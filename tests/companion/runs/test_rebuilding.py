import keras
import numpy as np
import pytest
import sweeps

from aconv.companion.runs import (
    RunStore,
    folded_weights,
    make_spec,
    predictions,
    rebuild,
)
from aconv.companion.training.networks import adaptive_layers, build_network

STUDIES = {
    "simple": ("face_patches", (16, 16, 1), 2),
    "resnet": ("face_patches", (16, 16, 1), 2),
    "unet": ("coins_trimap", (32, 32, 3), 3),
}


def trained(spec, image_shape, classes, random):
    """A network whose weights are all other than those of a fresh one."""
    model = build_network(spec.settings, spec.kernel_size, image_shape, classes)
    for layer in adaptive_layers(model).values():
        layer.aperture.assign(random.uniform(0.2, 0.6, layer.filters))
    for layer in model.layers:
        for weight in layer.weights:
            if weight.name in ("bias", "moving_mean", "moving_variance"):
                shift = random.uniform(0, 0.5, weight.shape).astype("float32")
                weight.assign_add(shift)
    return model


@pytest.mark.parametrize(
    ("kind", "method"),
    [("adaptive", "direct"), ("ordinary", "direct"), ("ordinary", "fft")],
)
@pytest.mark.parametrize("study", STUDIES)
def test_network_of_kept_weights_predicts_as_the_trained_one(
    study, kind, method, rng, tmp_path
):
    dataset, image_shape, classes = STUDIES[study]
    spec = make_spec(study, dataset, kind, 7, seed=31, method=method)
    model = trained(spec, image_shape, classes, rng)
    store = RunStore(tmp_path)
    store.put(sweeps.record(spec), folded_weights(model))
    record = store.get(spec)
    twin = rebuild(spec, store.weights(record), image_shape)
    of_keras = {type(layer).__module__.split(".")[0] for layer in twin.layers}
    assert of_keras == {"keras"}
    images = rng.normal(size=(4, *image_shape)).astype("float32")
    expected = model.predict(images, verbose=0)
    # Rounding to float16 has a relative error of 5e-4 in every layer.
    np.testing.assert_allclose(
        twin.predict(images, verbose=0), expected, atol=2e-3 * np.abs(expected).max()
    )


def test_predictions_are_those_of_the_first_kept_network_of_each_arm(rng, tmp_path):
    dataset, image_shape, classes = STUDIES["simple"]
    store = RunStore(tmp_path)
    images = rng.normal(size=(3, *image_shape)).astype("float32")
    expected = {}
    for kind, kept in (("adaptive", True), ("ordinary", False)):
        spec = make_spec("simple", dataset, kind, 3, seed=31)
        model = trained(spec, image_shape, classes, rng)
        store.put(sweeps.record(spec), folded_weights(model) if kept else None)
        if kept:
            expected[spec.kernels] = keras.ops.convert_to_numpy(model(images))
    found = predictions(store.records(), store, images)
    assert set(found) == set(expected)
    for arm, outputs in expected.items():
        np.testing.assert_allclose(found[arm], outputs, atol=2e-3)
