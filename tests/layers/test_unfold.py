"""An adaptive network that starts as a trained ordinary one."""

import keras
import numpy as np
import pytest
from keras import layers
from marks import slow_where
from perturbing import perturbed

import aconv
from aconv.companion.training.networks import resnet, simple_cnn, unet

NETWORKS = {
    "simple_cnn": lambda **k: simple_cnn((8, 8, 1), 4, kernel_size=5, **k),
    "resnet": lambda **k: resnet((9, 8, 3), 4, kernel_size=5, **k),
    "unet": lambda **k: unet((8, 8, 3), kernel_size=5, down=(6,), up=(6, 5), **k),
    "one_dimension": lambda kind: keras.Sequential(
        [keras.Input((9, 2)), layers.Conv1D(3, 4, padding="causal")]
    ),
    "three_dimensions": lambda kind: keras.Sequential(
        [keras.Input((5, 5, 5, 2)), layers.Conv3D(4, 3, groups=2, use_bias=False)]
    ),
}


@pytest.mark.backend
@pytest.mark.parametrize("aperture", [0.5, (0.3, 2.0)])
@pytest.mark.parametrize("name", slow_where(NETWORKS, ["resnet", "unet"]))
def test_unfolded_network_starts_as_the_ordinary_one_and_trains(name, aperture):
    ordinary = perturbed(NETWORKS[name](kind="ordinary"))
    adaptive = aconv.unfold(ordinary, aperture=aperture)
    x = np.random.default_rng(0).normal(size=(4, *ordinary.input_shape[1:]))
    before = ordinary.predict(x, verbose=0)
    found = adaptive.predict(x, verbose=0)
    np.testing.assert_allclose(found, before, atol=1e-4 * max(1, abs(before).max()))
    apertures = [w for w in adaptive.trainable_variables if w.name == "aperture"]
    assert apertures
    start = [keras.ops.convert_to_numpy(w) for w in apertures]
    adaptive.compile("adam", "mse")
    adaptive.fit(x, np.zeros_like(before), verbose=0)
    assert any(
        np.any(keras.ops.convert_to_numpy(w) != old)
        for w, old in zip(apertures, start, strict=True)
    )
    np.testing.assert_array_equal(ordinary.predict(x, verbose=0), before)


def test_an_aperture_that_leaves_nothing_to_divide_by_is_refused():
    model = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(2, 7, name="c")])
    with pytest.raises(ValueError, match=r"`aperture`.*Received: 0.1.*'c'"):
        aconv.unfold(model, aperture=0.1)
    with pytest.raises(ValueError, match="Received: -1"):
        aconv.unfold(model, aperture=-1)
    with pytest.raises(TypeError, match="`model`"):
        aconv.unfold("model")


@pytest.mark.backend
@pytest.mark.parametrize("name", ["simple_cnn", "resnet"])
def test_weights_by_position_are_refused(name, tmp_path):
    ordinary, adaptive = (NETWORKS[name](kind=k) for k in ("ordinary", "adaptive"))
    before = adaptive.get_weights()
    with pytest.raises(ValueError, match="weight shape"):
        adaptive.set_weights(ordinary.get_weights())
    # Layer by layer, as an old file has them.
    ordinary.save_weights(tmp_path / "ordinary.weights.h5")
    with pytest.raises(ValueError, match="aperture"):
        adaptive.load_weights(tmp_path / "ordinary.weights.h5")
    ordinary.save(tmp_path / "legacy.h5")
    with pytest.raises(ValueError, match=r"(?i)shape|weight"):
        adaptive.load_weights(tmp_path / "legacy.h5")
    assert len(before) == len(adaptive.get_weights())
    assert np.isfinite(adaptive.predict(np.ones((1, *adaptive.input_shape[1:])))).all()
