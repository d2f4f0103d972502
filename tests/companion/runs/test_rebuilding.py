import keras
import numpy as np
import pytest
import sweeps

from aconv.companion.runs import RunStore, make_spec
from aconv.companion.runs.execution import folded_weights
from aconv.companion.runs.rebuilding import predictions, rebuild
from aconv.companion.training.networks import adaptive_layers, build_network

STUDIES = {
    "simple": ("face_patches", (16, 16, 1), 2),
    "resnet": ("face_patches", (16, 16, 1), 2),
    "unet": ("coins_trimap", (32, 32, 3), 3),
}


def put(store, random, kind, study="simple", kept=True, method="direct"):
    """Keeps a network whose weights are all other than those of a fresh one."""
    dataset, image_shape, classes = STUDIES[study]
    spec = make_spec(study, dataset, kind, 7, seed=31, method=method)
    model = build_network(spec.settings, spec.kernel_size, image_shape, classes)
    for layer in adaptive_layers(model).values():
        layer.aperture.assign(random.uniform(0.2, 0.6, layer.filters))
    for layer in model.layers:
        for weight in layer.weights:
            if weight.name in ("bias", "moving_mean", "moving_variance"):
                weight.assign_add(random.uniform(0, 0.5, weight.shape))
    store.put(sweeps.record(spec), folded_weights(model) if kept else None)
    images = random.normal(size=(4, *image_shape)).astype("float32")
    return spec, images, keras.ops.convert_to_numpy(model(images))


@pytest.mark.parametrize(
    ("kind", "method"),
    [("adaptive", "direct"), ("ordinary", "direct"), ("ordinary", "fft")],
)
@pytest.mark.parametrize("study", STUDIES)
def test_network_of_kept_weights_predicts_as_the_trained_one(
    study, kind, method, rng, tmp_path
):
    store = RunStore(tmp_path)
    spec, images, expected = put(store, rng, kind, study, method=method)
    twin = rebuild(spec, store.weights(store.get(spec)), images.shape[1:])
    assert {type(layer).__module__.split(".")[0] for layer in twin.layers} == {"keras"}
    # Rounding to float16 has a relative error of 5e-4 in every layer.
    found = keras.ops.convert_to_numpy(twin(images))
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())


def test_predictions_are_those_of_the_kept_networks(rng, tmp_path):
    store = RunStore(tmp_path)
    put(store, rng, "ordinary", kept=False)
    spec, images, expected = put(store, rng, "adaptive")
    found = predictions(store.records(), store, images)
    assert set(found) == {spec.kernels}
    np.testing.assert_allclose(found[spec.kernels], expected, atol=2e-3)
