"""What is set on a layer that is built acts, or is refused with a sentence."""

import keras
import numpy as np
import pytest
from arrays import to_numpy
from exchanging import sequential

import aconv
from aconv import AdaptiveConv2D, SizePenalty, layers

pytestmark = pytest.mark.backend


def built(cls=AdaptiveConv2D, **options):
    """A layer of two filters, or one depthwise kernel per channel, on 5 pixels."""
    if "Depthwise" not in cls.__name__:
        options["filters"] = 2
    layer = cls(kernel_size=5, **options)
    layer.build((None, *(9,) * layer.rank, 2))
    return layer


def trained_names(layer):
    return {weight.name for weight in layer.trainable_weights}


@pytest.mark.parametrize("name", layers.__all__)
def test_train_aperture_may_be_set_after_build(name):
    layer = built(getattr(aconv, name))
    everything = trained_names(layer)
    assert "aperture" in everything
    layer.train_aperture = False
    assert trained_names(layer) == everything - {"aperture"}
    assert {w.name for w in layer.non_trainable_weights} == {"aperture"}
    # Keras trains all weights again where a layer is thawed.
    layer.trainable = False
    assert trained_names(layer) == set()
    layer.trainable = True
    assert trained_names(layer) == everything - {"aperture"}
    layer.trainable = False
    layer.train_aperture = True
    assert not layer.aperture.trainable
    layer.trainable = True
    assert trained_names(layer) == everything


@pytest.mark.parametrize("train_aperture", [True, False])
def test_a_model_trains_what_was_set(train_aperture):
    options = {"envelope_shape": "rotated", "aperture_initializer": 0.4}
    layer = AdaptiveConv2D(4, 5, train_aperture=not train_aperture, **options)
    model = sequential((8, 8, 1), layer, keras.layers.GlobalAveragePooling2D())
    # Stretched, so that angles have a gradient.
    layer.aperture.assign(np.linspace(0.3, 0.7, 8))
    layer.train_aperture = train_aperture
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 8, 8, 1)), rng.normal(size=(4, 4))
    before = {w.name: np.array(to_numpy(w)) for w in layer.weights}
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x, y, verbose=0)
    for weight in layer.weights:
        moved = np.any(to_numpy(weight) != before[weight.name])
        expected = train_aperture or not weight.name.startswith("aperture")
        assert moved == expected, weight.name
    assert layer.get_config()["train_aperture"] is train_aperture


def test_bounds_that_are_set_act_on_the_kernel_and_on_updates():
    layer = built(aperture_initializer=(0.1, 4.0))
    layer.aperture_bounds = (0.5, 1.5)
    clipped = layer.aperture.constraint(layer.aperture)
    for found in (layer.effective_aperture(), clipped):
        np.testing.assert_allclose(to_numpy(found), [0.5, 1.5])
    assert layer.get_config()["aperture_bounds"] == (0.5, 1.5)
    layer.aperture_bounds = None
    assert layer.aperture_bounds == (1 / 5, 5.0)
    np.testing.assert_allclose(to_numpy(layer.effective_aperture()), [0.2, 4.0])


def test_normalisation_that_is_set_acts():
    layer = built(aperture_initializer=0.3)
    layer.normalize_envelope = False
    np.testing.assert_allclose(to_numpy(layer.envelope()).max(), 1, rtol=1e-6)
    layer.normalize_envelope = True
    energy = np.square(to_numpy(layer.envelope())).mean(axis=(0, 1))
    np.testing.assert_allclose(energy, 1, rtol=1e-5)


def test_a_regularizer_that_is_set_acts():
    layer = built(aperture_initializer=0.5)
    assert layer.losses == []
    layer.aperture_regularizer = keras.regularizers.L1(0.1)
    np.testing.assert_allclose([float(loss) for loss in layer.losses], [0.1])
    layer.aperture_regularizer = None
    assert layer.losses == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("train_aperture", 1, "`train_aperture` must be a boolean.*Received: 1"),
        ("normalize_envelope", None, "`normalize_envelope` must be.*Received: None"),
        ("aperture_bounds", (2, 1), r"`aperture_bounds` must be.*Received: \(2, 1\)"),
        (
            "aperture_regularizer",
            SizePenalty(0.1, (3, 3)),
            r"`aperture_regularizer` must be.*\(5, 5\).*Received.*\(3, 3\)",
        ),
        ("envelope_shape", "ellipse", "`envelope_shape` must be.*'ellipse'"),
    ],
)
def test_what_cannot_be_set_is_refused_and_changes_nothing(name, value, message):
    layer = built()
    before = layer.get_config()
    with pytest.raises((ValueError, AttributeError), match=message):
        setattr(layer, name, value)
    assert layer.get_config() == before


@pytest.mark.parametrize("name", layers.__all__)
def test_defaults_are_saved_as_defaults(name):
    config = built(getattr(aconv, name)).get_config()
    assert config["aperture_bounds"] is None
    assert config["angle_initializer"] is None
    size = (9,) * len(config["kernel_size"])
    larger = getattr(aconv, name).from_config({**config, "kernel_size": size})
    assert larger.aperture_bounds == (1 / 9, 9.0)
