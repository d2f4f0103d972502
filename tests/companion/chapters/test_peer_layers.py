"""The restated layers compute what their papers' formulas say; costs are measured."""

import importlib.machinery
import sys
import types

import keras
import numpy as np
import pytest

from aconv.companion.chapters.choosing_size import peer_layers


def numpy(x):
    return keras.ops.convert_to_numpy(x).astype("float64")


def convolved(x, kernel, bias):
    """Convolution with "same" padding, in plain NumPy."""
    side = kernel.shape[0] // 2
    padded = np.pad(x, [(0, 0), (side, side), (side, side), (0, 0)])
    out = np.zeros((*x.shape[:3], kernel.shape[-1])) + bias
    for i, j in np.ndindex(*kernel.shape[:2]):
        window = padded[:, i : i + x.shape[1], j : j + x.shape[2]]
        out += window @ kernel[i, j]
    return out


@pytest.mark.backend
def test_gmconv_masks_its_kernels(rng):
    layer = peer_layers.GMConv2D(3, 5, padding="same")
    x = rng.normal(size=(2, 7, 6, 2))
    first = numpy(layer(x.astype("float32")))
    assert numpy(layer.sigma) == 2.5
    layer.sigma.assign(1.3)
    found = numpy(layer(x.astype("float32")))
    assert np.abs(found - first).max() > 1e-3
    kernel = numpy(layer.kernel)
    for i, j in np.ndindex(5, 5):
        kernel[i, j] *= np.exp(-((i - 2) ** 2 + (j - 2) ** 2) / (2 * 1.3**2))
    np.testing.assert_allclose(found, convolved(x, kernel, 0), atol=1e-4)
    assert len(layer.trainable_variables) == 3


@pytest.mark.backend
def test_flexconv_makes_its_kernel_of_positions(rng):
    layer = peer_layers.FlexConv2D(3, 5, hidden=4)
    x = rng.normal(size=(2, 7, 6, 2))
    found = numpy(layer(x.astype("float32")))
    layer.width.assign([0.4, 0.8])
    layer.centre.assign([0.1, -0.2])
    changed = numpy(layer(x.astype("float32")))
    assert np.abs(found - changed).max() > 1e-3
    kernel = np.zeros((5, 5, 2, 3))

    def gabor(weights, p):
        gamma, mu = numpy(weights["gamma"]), numpy(weights["mu"])
        window = np.exp(-0.5 * np.sum((gamma * (p - mu)) ** 2, axis=1))
        return window * np.sin(p @ numpy(weights["v"]) + numpy(weights["c"]))

    for i, j in np.ndindex(5, 5):
        p = np.array([i / 2 - 1, j / 2 - 1])
        h = gabor(layer.gabors[0], p)
        for (weights, bias), of in zip(layer.linear, layer.gabors[1:], strict=True):
            h = (h @ numpy(weights) + numpy(bias)) * gabor(of, p)
        made = h @ numpy(layer.out) + numpy(layer.out_bias)
        mask = np.exp(-0.5 * (((p[0] - 0.1) / 0.4) ** 2 + ((p[1] + 0.2) / 0.8) ** 2))
        kernel[i, j] = (mask * made).reshape(2, 3)
    np.testing.assert_allclose(numpy(layer.effective_kernel()), kernel, atol=1e-5)
    np.testing.assert_allclose(changed, convolved(x, kernel, 0), atol=1e-4)


HERE = [peer for peer in peer_layers.PEERS if peer_layers.missing(peer) is None]


@pytest.mark.backend
@pytest.mark.parametrize("peer", HERE)
def test_every_layer_learns_its_size_in_the_same_network(peer, rng):
    model = peer_layers.network(peer, 3, image_side=8, filters=2)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    before = [numpy(w) for w in model.trainable_variables]
    x = rng.uniform(size=(8, 8, 8, 1)).astype("float32")
    model.fit(x, np.arange(8), epochs=2, verbose=0)
    for old, new in zip(before, model.trainable_variables, strict=True):
        assert np.any(numpy(new) != old), new.path


def test_times_are_of_every_layer_and_phase():
    table = peer_layers.step_times([3], image_side=8, filters=2, batch=2, rounds=2)
    found = set(zip(table["peer"], table["phase"], strict=True))
    phases = {(peer, phase) for peer in HERE for phase in ("training", "inference")}
    assert found == phases | {("adaptive, folded", "inference")}
    assert (table["lower_quartile"] <= table["ratio"]).all()
    assert (table["ratio"] <= table["upper_quartile"]).all()
    assert (table["milliseconds"] > 0).all()
    assert (table[table["peer"] == "ordinary"]["ratio"] == 1).all()
    alone = peer_layers.step_times(
        [3], peers=["GMConv"], image_side=8, filters=2, batch=2, rounds=2
    )
    assert alone["ratio"].isna().all()


@pytest.mark.backend
def test_dcls_is_called_as_its_package_documents(monkeypatch, rng):
    if keras.backend.backend() != "torch":
        pytest.skip("DCLS is built on PyTorch")
    import torch

    class Dcls2d(torch.nn.Conv2d):
        """Stands for the package, which need not be installed: dense kernels."""

        def __init__(
            self, in_channels, out_channels, kernel_count, dilated_kernel_size, padding
        ):
            assert 1 <= kernel_count <= dilated_kernel_size**2
            super().__init__(
                in_channels, out_channels, dilated_kernel_size, padding=padding
            )

    for name in ("DCLS", "DCLS.construct", "DCLS.construct.modules"):
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, module)
    module.Dcls2d = Dcls2d
    assert peer_layers.missing("DCLS") is None
    model = peer_layers.network("DCLS", 3, image_side=8, filters=2)
    assert (
        model.count_params()
        == peer_layers.network("ordinary", 3, image_side=8, filters=2).count_params()
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(rng.uniform(size=(8, 8, 8, 1)), np.arange(8), verbose=0)
    assert all(np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True))


def test_layers_that_are_missing_say_why():
    for peer in set(peer_layers.PEERS) - set(HERE):
        assert peer_layers.missing(peer) in ("not installed", "needs PyTorch")
