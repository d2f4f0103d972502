import attrs
import keras
import numpy as np
import pytest
from small_settings import small_network, small_settings

from aconv.companion.training.algorithm import train
from aconv.companion.training.augmentation import AUGMENTATIONS, vary_once
from aconv.companion.training.networks import adaptive_layers

RNG = np.random.default_rng(0)
LABELS = np.arange(90) % 3
# Three classes that differ in the place of a bright column, under noise.
IMAGES = RNG.normal(scale=0.5, size=(90, 8, 8, 1)).astype("float32")
IMAGES[np.arange(90), :, 2 + LABELS] += 1
TRAIN, TEST = (IMAGES[:60], LABELS[:60]), (IMAGES[60:], LABELS[60:])
SETTINGS = small_settings(schedule="plateau", aperture_rate=0.2)


def network(**changes):
    keras.utils.set_random_seed(31)
    return small_network("simple", (8, 8, 1), 3, **changes)


def curves(history):
    return np.array(
        [history.loss, history.accuracy, history.val_loss, history.val_accuracy]
    )


@pytest.mark.backend
def test_training_learns_what_can_be_learned():
    settings = attrs.evolve(SETTINGS, epochs=10)
    history = train(network(dropout=0.0), TRAIN, TEST, settings, seed=31)
    assert history.loss[-1] < 0.7 * history.loss[0]
    assert max(history.val_accuracy) > 0.6


@pytest.mark.backend
def test_scores_and_apertures_are_followed_and_apertures_stay_in_bounds():
    model = network()
    initial = {
        name: keras.ops.convert_to_numpy(layer.aperture)
        for name, layer in adaptive_layers(model).items()
    }
    settings = attrs.evolve(SETTINGS, aperture_rate=1.0)
    history = train(model, TRAIN, TEST, settings, seed=31)
    if keras.backend.backend() == "tensorflow" and not keras.distribution.list_devices(
        "gpu"
    ):
        assert model.jit_compile is False
    right = model.predict(TEST[0], verbose=0).argmax(-1) == TEST[1]
    assert history.last == pytest.approx(right.mean(), abs=1e-6)
    assert (len(history.val_accuracy), history.steps) == (SETTINGS.epochs, 4)
    assert set(history.apertures) == {"conv_1", "conv_2"}
    for name, path in history.apertures.items():
        assert path.shape == (SETTINGS.epochs + 1, 32)
        np.testing.assert_array_equal(path[0], initial[name])
        # The clip of Algorithm 1 acts on updates, so not on the initial values.
        assert path[1:].min() >= np.float32(1 / 3)
        assert path[1:].max() <= 3
    # Some end at neither bound: they are trained and not only clipped.
    ends = np.concatenate([path[-1] for path in history.apertures.values()])
    assert ((ends > 0.34) & (ends < 2.9)).any()


def test_gradients_are_clipped():
    # With a tiny clip value a step cannot move a weight further than rate * clip.
    settings = small_settings(
        epochs=1, batch_size=60, learning_rate=1.0, momentum=0.0, clip_value=1e-4
    )
    model = network()
    before = [keras.ops.convert_to_numpy(w) for w in model.trainable_weights]
    train(model, TRAIN, TEST, settings, seed=31)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        if "aperture" not in weight.path:  # these are clipped to their bounds, too
            step = np.abs(keras.ops.convert_to_numpy(weight) - old)
            assert 0 < step.max() < 1.01e-4


def test_plateau_schedule_multiplies_the_rate_after_its_patience():
    changes = {"schedule_factor": 0.5, "plateau_patience": 0, "plateau_cooldown": 2}
    settings = attrs.evolve(SETTINGS, epochs=5, **changes)
    # Test labels that contradict the training labels: the test loss rises.
    opposite = (TRAIN[0], (TRAIN[1] + 1) % 3)
    history = train(network(dropout=0.0), TRAIN, opposite, settings, seed=31)
    assert min(history.val_loss[1:]) > history.val_loss[0]
    # Epoch 0 is the best. Epoch 1 is a plateau, the next one only cools down, and the
    # one after it is a plateau again. A rate is seen in the epoch after its change.
    expected = np.array([1, 1, 0.5, 0.5, 0.25]) * settings.learning_rate
    np.testing.assert_allclose(history.learning_rate, expected, rtol=1e-6)


def unet_and_data(count=12):
    keras.utils.set_random_seed(1)
    images = np.random.default_rng(3).normal(size=(count, 16, 16, 1))
    images = images.clip(-2, 2).astype("float32")
    labels = np.digitize(images[..., 0], [-0.5, 0.5])
    return small_network("unet", (16, 16, 1), 3), (images, labels)


def test_images_that_are_varied_once_are_so_before_the_first_epoch():
    once = "flip-brightness-once"
    varied = vary_once(AUGMENTATIONS[once], *TRAIN, seed=31)
    expected = train(network(), varied, TEST, SETTINGS, seed=31)
    found = train(
        network(), TRAIN, TEST, attrs.evolve(SETTINGS, augmentation=once), seed=31
    )
    np.testing.assert_array_equal(curves(found), curves(expected))


EAGER = attrs.evolve(SETTINGS, plateau_patience=0, plateau_cooldown=0)
on = {
    name: pytest.mark.skipif(keras.backend.backend() != name, reason=f"needs {name}")
    for name in ("jax", "torch")
}


def assert_engine_equals_fit(engine, build, data, settings, rtol):
    results = []
    for each in ("fit", engine):
        keras.utils.set_random_seed(7)
        model = build()
        history = train(model, *data, settings, seed=31, engine=each)
        weights = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
        results.append((history, weights))
    (fitted, expected), (found, weights) = results
    np.testing.assert_allclose(curves(found), curves(fitted), rtol=rtol, atol=rtol / 10)
    assert found.learning_rate == pytest.approx(fitted.learning_rate)
    for one, two in zip(weights, expected, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)
    for epoch, right in fitted.correct.items():
        np.testing.assert_array_equal(found.correct[epoch], right)


@pytest.mark.backend
@on["jax"]
@pytest.mark.parametrize(
    ("network_name", "augmentation"),
    [
        *(("simple", name) for name in AUGMENTATIONS if name != "shift-0.1-flip"),
        ("unet", "flip-brightness-once"),
    ],
)
def test_compiled_epochs_equal_fit(augmentation, network_name):
    # No dropout: its masks depend on how often a seed was used. Batch normalisation,
    # a smaller last batch, a penalty, the clip and both rates are in it.
    # At higher rates one rounding error of a compiler becomes a percent in two updates.
    settings = attrs.evolve(EAGER, augmentation=augmentation, learning_rate=1e-3)
    build, train_data = lambda: network(dropout=0.0), TRAIN
    if network_name == "unet":
        build, train_data = lambda: unet_and_data(20)[0], unet_and_data(20)[1]
        settings = attrs.evolve(settings, learning_rate=1e-4)
    # Test labels that contradict the training labels, so that the rate can fall.
    data = train_data, (train_data[0], (train_data[1] + 1) % 3)
    assert_engine_equals_fit("compiled", build, data, settings, 1e-3)


@pytest.mark.backend
@on["torch"]
@pytest.mark.parametrize(
    "kind", ["simple", "ordinary", "restandardized", "resnet", "unet"]
)
def test_recorded_steps_equal_fit(kind):
    # With dropout of vectors and of feature maps, batch normalisation, penalties, a
    # smaller last batch, augmentation, the clip and both rates.
    data, settings = TRAIN, attrs.evolve(EAGER, epochs=3)
    if kind == "unet":
        data = unet_and_data(10)[1]
        settings = attrs.evolve(settings, augmentation="flip-brightness-once")
    convolutions = {"block": "conv-relu"}
    build = {
        "simple": lambda: network(dropout=0.3),
        "ordinary": lambda: network(
            dropout=0.3, layer="ordinary", use_bias=True, **convolutions
        ),
        "restandardized": lambda: network(
            dropout=0.3, restandardize=True, **convolutions
        ),
        "resnet": lambda: small_network("resnet", (8, 8, 1), 3, dropout=0.2),
        "unet": lambda: unet_and_data(10)[0],
    }[kind]
    assert_engine_equals_fit("recorded", build, (data, data), settings, 1e-4)


def test_divergence_is_an_error():
    settings = attrs.evolve(SETTINGS, learning_rate=1e30, clip_value=1e30)
    with pytest.raises(FloatingPointError, match="diverged"):
        train(network(), TRAIN, TEST, settings, seed=31)
