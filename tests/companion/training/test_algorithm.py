import dataclasses

import keras
import numpy as np
import pytest

from aconv.companion.training.algorithm import History, make_optimizer, train
from aconv.companion.training.augmentation import RESNET, Augmentation
from aconv.companion.training.networks import (
    adaptive_layers,
    resnet,
    simple_cnn,
    unet,
)
from aconv.companion.training.recipe import Recipe, one_cycle_rate

RNG = np.random.default_rng(0)
LABELS = np.arange(90) % 3
# Three classes that differ in the place of a bright column, under noise.
IMAGES = RNG.normal(scale=0.5, size=(90, 8, 8, 1)).astype("float32")
IMAGES[np.arange(90), :, 2 + LABELS] += 1
TRAIN, TEST = (IMAGES[:60], LABELS[:60]), (IMAGES[60:], LABELS[60:])
RECIPE = Recipe(epochs=4, batch_size=16, learning_rate=0.05, aperture_rate=0.01)


def network(seed=31, **kwargs):
    keras.utils.set_random_seed(seed)
    return simple_cnn((8, 8, 1), 3, kernel_size=3, filters=4, units=8, **kwargs)


def trained(recipe=RECIPE, seed=31, **kwargs):
    return train(network(seed), TRAIN, TEST, recipe, seed=seed, **kwargs)


def curves(history):
    return np.array(
        [history.loss, history.accuracy, history.val_loss, history.val_accuracy]
    )


def test_same_seed_gives_the_same_history_bit_for_bit():
    one, two, other = trained(), trained(), trained(seed=48)
    np.testing.assert_array_equal(curves(one), curves(two))
    for name, path in one.apertures.items():
        np.testing.assert_array_equal(path, two.apertures[name])
    assert not np.array_equal(curves(one), curves(other))


def test_tensorflow_trains_without_xla_on_a_cpu():
    if keras.backend.backend() != "tensorflow" or keras.distribution.list_devices(
        "gpu"
    ):
        pytest.skip("the backend is not TensorFlow on a CPU")
    model = network()
    train(model, TRAIN, TEST, dataclasses.replace(RECIPE, epochs=1), seed=31)
    assert model.jit_compile is False


@pytest.mark.backend
def test_training_learns_what_can_be_learned():
    history = train(
        network(dropout=0.0),
        TRAIN,
        TEST,
        dataclasses.replace(RECIPE, epochs=10),
        seed=31,
    )
    assert history.loss[-1] < 0.7 * history.loss[0]
    assert history.peak > 0.6


@pytest.mark.backend
def test_scores_are_those_of_the_network_after_the_epoch():
    model = network()
    history = train(model, TRAIN, TEST, RECIPE, seed=31)
    probabilities = model.predict(TEST[0], verbose=0)
    accuracy = (probabilities.argmax(-1) == TEST[1]).mean()
    assert history.last == pytest.approx(accuracy, abs=1e-6)
    assert len(history.val_accuracy) == RECIPE.epochs
    assert history.steps == 4


def test_peak_is_the_first_best_epoch_and_last_the_last():
    history = History(
        *[(0.0,) * 4] * 3, (0.5, 0.9, 0.9, 0.7), *[(1.0,) * 4] * 3, {}, steps=6
    )
    assert (history.peak, history.peak_epoch, history.last) == (0.9, 1, 0.7)
    assert history.steps_per_second == 6.0


def test_apertures_are_followed_from_before_training_and_stay_in_bounds():
    model = network()
    initial = {
        name: keras.ops.convert_to_numpy(layer.aperture)
        for name, layer in adaptive_layers(model).items()
    }
    recipe = dataclasses.replace(RECIPE, aperture_rate=1.0)
    history = train(model, TRAIN, TEST, recipe, seed=31)
    assert set(history.apertures) == {"conv_1", "conv_2"}
    for name, path in history.apertures.items():
        assert path.shape == (RECIPE.epochs + 1, 4)
        np.testing.assert_array_equal(path[0], initial[name])
        # The weight is clipped by updates, so that its initial values may lie outside.
        assert path[1:].min() >= np.float32(1 / 3)
        assert path[1:].max() <= 3
    # Some end at neither bound: they are trained and not only clipped.
    ends = np.concatenate([path[-1] for path in history.apertures.values()])
    assert ((ends > 0.34) & (ends < 2.9)).any()


def test_gradients_are_clipped():
    # With a tiny clip value a step cannot move a weight further than rate * clip.
    recipe = Recipe(
        epochs=1,
        batch_size=60,
        learning_rate=1.0,
        aperture_rate=1.0,
        momentum=0.0,
        clip_value=1e-4,
    )
    model = network()
    before = [keras.ops.convert_to_numpy(w) for w in model.trainable_weights]
    train(model, TRAIN, TEST, recipe, seed=31)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        if "aperture" not in weight.path:  # these are clipped to their bounds, too
            step = np.abs(keras.ops.convert_to_numpy(weight) - old)
            assert 0 < step.max() < 1.01e-4


def test_plateau_schedule_multiplies_the_rate_after_its_patience():
    recipe = dataclasses.replace(
        RECIPE,
        epochs=5,
        plateau_factor=0.5,
        plateau_patience=0,
        plateau_cooldown=2,
    )
    # Test labels that contradict the training labels: the test loss rises.
    opposite = (TRAIN[0], (TRAIN[1] + 1) % 3)
    history = train(network(dropout=0.0), TRAIN, opposite, recipe, seed=31)
    assert min(history.val_loss[1:]) > history.val_loss[0]
    # Epoch 0 is the best. Epoch 1 is a plateau, the next one only cools down, and the
    # one after it is a plateau again. A rate is seen in the epoch after its change.
    expected = np.array([1, 1, 0.5, 0.5, 0.25]) * recipe.learning_rate
    np.testing.assert_allclose(history.learning_rate, expected, rtol=1e-6)


def test_one_cycle_rises_to_its_peak_in_the_middle_and_is_symmetric():
    rates = [one_cycle_rate(epoch, 50, 0.5) for epoch in range(51)]
    assert np.argmax(rates) == 25
    assert rates[25] == pytest.approx(0.5 + 1e-4)
    np.testing.assert_allclose(rates, rates[::-1])
    # exp(-4) of the peak remains at either end.
    assert rates[0] == pytest.approx(1e-4 + 0.5 * np.exp(-4))


def test_one_cycle_leaves_what_is_not_trained_alone():
    assert {one_cycle_rate(epoch, 4, 0.0) for epoch in range(4)} == {0.0}


def test_apertures_of_rate_zero_stay_in_one_cycle():
    model = network()
    recipe = dataclasses.replace(RECIPE, schedule="one_cycle", aperture_rate=0.0)
    history = train(model, TRAIN, TEST, recipe, seed=1)
    for path in history.apertures.values():
        # The first is as initialised; updates clip the weight to the bounds.
        np.testing.assert_array_equal(path[1:], np.repeat(path[1:2], len(path) - 1, 0))


@pytest.mark.backend
def test_one_cycle_schedule_sets_the_rate():
    recipe = dataclasses.replace(RECIPE, schedule="one_cycle", learning_rate=0.1)
    history = train(network(), TRAIN, TEST, recipe, seed=1)
    expected = [one_cycle_rate(epoch, 4, 0.1) for epoch in range(4)]
    np.testing.assert_allclose(history.learning_rate, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("rate", "aperture_rate", "factor"),
    [(0.1, 0.02, 0.2), (0.1, 0.1, 1), (0.05, 0.5, 10), (0.1, 0.0, 0), (0.0, 0.02, 1)],
)
def test_optimiser_has_the_ratio_of_the_rates(rate, aperture_rate, factor):
    recipe = dataclasses.replace(
        RECIPE, learning_rate=rate, aperture_rate=aperture_rate
    )
    optimizer = make_optimizer(recipe)
    assert float(optimizer.learning_rate) == pytest.approx(rate)
    assert optimizer.aperture_rate_factor == pytest.approx(factor)


def test_segmentation_trains_with_adam_and_augmentation():
    keras.utils.set_random_seed(1)
    model = unet((16, 16, 1), 3, kernel_size=3, down=(4,), up=(4, 4))
    images = RNG.normal(size=(12, 16, 16, 1)).astype("float32")
    labels = np.digitize(images[..., 0], [-0.5, 0.5])
    recipe = dataclasses.replace(
        RECIPE, epochs=8, optimizer="adam", learning_rate=0.01, schedule="constant"
    )
    history = train(
        model,
        (images, labels),
        (images, labels),
        recipe,
        seed=3,
        from_logits=True,
        augmentation=Augmentation(flip=True),
    )
    assert history.loss[-1] < history.loss[0]
    assert history.learning_rate == pytest.approx([0.01] * 8)


@pytest.mark.backend
@pytest.mark.skipif(keras.backend.backend() != "jax", reason="needs the JAX backend")
@pytest.mark.parametrize("augmentation", [None, RESNET])
def test_compiled_epochs_equal_fit(augmentation):
    # No dropout: its masks depend on how often a seed was used. Batch normalisation,
    # a smaller last batch, a penalty, the clip and both rates are in it.
    def run(engine):
        recipe = dataclasses.replace(RECIPE, plateau_patience=0, plateau_cooldown=0)
        model = network(dropout=0.0)
        options = {"seed": 31, "engine": engine, "augmentation": augmentation}
        history = train(model, TRAIN, TEST, recipe, **options)
        return history, [keras.ops.convert_to_numpy(w) for w in model.weights]

    (fitted, fitted_weights), (compiled, weights) = run("fit"), run("compiled")
    np.testing.assert_allclose(curves(compiled), curves(fitted), rtol=1e-3, atol=1e-4)
    assert compiled.learning_rate == pytest.approx(fitted.learning_rate)
    for epoch, right in fitted.correct.items():
        np.testing.assert_array_equal(compiled.correct[epoch], right)
    for one, two in zip(weights, fitted_weights, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


@pytest.mark.backend
@pytest.mark.skipif(keras.backend.backend() != "torch", reason="needs PyTorch")
@pytest.mark.parametrize("kind", ["simple", "ordinary", "resnet", "unet"])
def test_recorded_steps_equal_fit(kind):
    # With dropout of vectors and of feature maps, batch normalisation, penalties, a
    # smaller last batch, augmentation, the clip and both rates.
    def run(engine):
        keras.utils.set_random_seed(7)
        data, options = TRAIN, {}
        if kind == "simple":
            model = network(dropout=0.3)
        elif kind == "ordinary":  # its convolutions have biases
            model = network(dropout=0.3, kind="ordinary")
        elif kind == "resnet":
            model = resnet((8, 8, 1), 3, kernel_size=3, filters=4, dropout=0.2)
        else:
            images = np.random.default_rng(3).normal(size=(10, 16, 16, 1))
            data = images.astype("float32"), np.digitize(images[..., 0], [-0.5, 0.5])
            model = unet((16, 16, 1), 3, kernel_size=3, down=(4,), up=(4, 4))
            options = {"from_logits": True, "augmentation": Augmentation(flip=True)}
        recipe = dataclasses.replace(RECIPE, plateau_patience=0, plateau_cooldown=0)
        history = train(model, data, data, recipe, seed=31, engine=engine, **options)
        return history, [keras.ops.convert_to_numpy(w) for w in model.weights]

    (fitted, fitted_weights), (recorded, weights) = run("fit"), run("recorded")
    np.testing.assert_allclose(curves(recorded), curves(fitted), rtol=1e-4, atol=1e-5)
    assert recorded.learning_rate == pytest.approx(fitted.learning_rate)
    for one, two in zip(weights, fitted_weights, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


def test_divergence_is_an_error():
    recipe = dataclasses.replace(RECIPE, learning_rate=1e30, clip_value=1e30)
    with pytest.raises(FloatingPointError, match="diverged"):
        trained(recipe)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", -1),
        ("learning_rate", float("nan")),
        ("aperture_rate", "0.1"),
        ("momentum", 1.0),
        ("clip_value", 0),
        ("plateau_factor", 1.0),
        ("optimizer", "rmsprop"),
        ("schedule", "cosine"),
    ],
)
def test_bad_recipe_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"`{name}`.*Received"):
        dataclasses.replace(RECIPE, **{name: value})


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ((IMAGES[:, :4], LABELS), "train_data"),
        ((IMAGES, LABELS[:5]), "train_data"),
        ((IMAGES[:0], LABELS[:0]), "train_data"),
        ((IMAGES, LABELS + 1), "train_data"),
        ((IMAGES, np.eye(3)[LABELS]), "train_data"),
    ],
)
def test_bad_data_are_refused_by_name(data, name):
    with pytest.raises(ValueError, match=rf"`{name}`[\s\S]*Received"):
        train(network(), data, TEST, RECIPE, seed=0)


def test_engine_that_cannot_run_is_refused():
    if keras.backend.backend() != "jax":
        with pytest.raises(ValueError, match=r"`engine.*JAX.*Received"):
            trained(engine="compiled")
    if keras.backend.backend() != "torch":
        with pytest.raises(ValueError, match=r"`engine.*PyTorch.*Received"):
            trained(engine="recorded")
    with pytest.raises(ValueError, match=r"`engine`.*Received"):
        trained(engine="fast")
