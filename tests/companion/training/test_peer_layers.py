"""Restated layers compute what their papers' formulas say, and train as others do."""

import importlib.machinery
import sys
import types

import attrs
import keras
import numpy as np
import pytest

from aconv.companion.cli import main
from aconv.companion.runs import RunStore, grid, make_spec, sweep
from aconv.companion.runs.execution import execute
from aconv.companion.training import backends, peer_layers
from aconv.companion.training.algorithm import train
from aconv.companion.training.backends import BackendError, missing
from aconv.companion.training.networks import build_network
from aconv.companion.training.settings import KINDS, PEERS


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


OF_KERNEL = {"kernel_initializer": "glorot_uniform", "use_bias": True}


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
    layer = peer_layers.FlexConv2D(3, 5, **OF_KERNEL)
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


@pytest.mark.backend
@pytest.mark.parametrize("name", ["glorot_uniform", "he_uniform", "he_normal"])
def test_kernels_of_flexconv_start_with_the_spread_of_the_initialiser(name):
    layer = peer_layers.FlexConv2D(64, 9, kernel_initializer=name, use_bias=False)
    layer.build((None, 9, 9, 32))
    drawn = numpy(keras.initializers.get(name)((9, 9, 32, 64)))
    assert numpy(layer.out).std() == pytest.approx(drawn.std(), rel=0.02)


HERE = [peer for peer in PEERS if missing(peer) is None]


def settings_of(layer, version="paper"):
    return make_spec("simple", "digits", layer, 3, 31, "demo", version).settings


@pytest.mark.backend
@pytest.mark.parametrize("version", ["paper", "code-2020-09"])
@pytest.mark.parametrize("peer", HERE)
def test_every_number_of_a_layer_learns_in_the_network_of_a_version(peer, version, rng):
    settings = attrs.evolve(settings_of(peer, version), epochs=1, batch_size=8)
    model = build_network(settings, 3, (8, 8, 1), 8)
    first, second = (model.get_layer(f"conv_{number}") for number in (1, 2))
    assert type(first) is type(second)
    for layer in (first, second):
        assert layer.use_bias is False
        assert isinstance(layer.kernel_initializer, keras.initializers.HeUniform)
        activation = "relu" if settings.block == "conv-relu" else "linear"
        assert layer.activation.__name__ == activation
    assert_every_number_learns(model, settings, rng, "fit")


def assert_every_number_learns(model, settings, rng, engine):
    before = [numpy(w) for w in model.trainable_variables]
    data = rng.uniform(size=(8, 8, 8, 1)).astype("float32"), np.arange(8)
    train(model, data, data, settings, seed=31, engine=engine)
    for old, new in zip(before, model.trainable_variables, strict=True):
        assert np.any(numpy(new) != old), new.path


ENGINE = {"jax": "compiled", "torch": "recorded"}.get(keras.backend.backend())


@pytest.mark.backend
@pytest.mark.skipif(ENGINE is None, reason="one engine only")
@pytest.mark.parametrize("peer", HERE)
def test_engines_train_a_layer_alike(peer, rng):
    settings = attrs.evolve(settings_of(peer), epochs=1, batch_size=8)
    data = rng.uniform(size=(16, 8, 8, 1)).astype("float32"), np.arange(16) % 4
    found = []
    for engine in ("fit", ENGINE):
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        model = build_network(settings, 3, (8, 8, 1), 4)
        train(model, data, data, settings, seed=31, engine=engine)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.fixture
def dcls(monkeypatch):
    """Stands for the package, which need not be installed: dense kernels."""
    if keras.backend.backend() != "torch":
        pytest.skip("DCLS is built on PyTorch")
    import torch

    def dense(*channels, kernel_count, dilated_kernel_size, **options):
        assert 1 <= kernel_count <= dilated_kernel_size**2
        assert set(options) == {"padding", "bias"}
        return torch.nn.Conv2d(*channels, dilated_kernel_size, **options)

    for name in ("DCLS", "DCLS.construct", "DCLS.construct.modules"):
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, module)
    module.Dcls2d = dense


@pytest.mark.backend
def test_dcls_is_called_as_its_package_documents(dcls, rng):
    assert missing("DCLS") is None
    settings = attrs.evolve(settings_of("DCLS"), epochs=1, batch_size=8)
    model = build_network(settings, 3, (8, 8, 1), 8)
    ordinary = build_network(settings_of("ordinary"), 3, (8, 8, 1), 8)
    assert model.count_params() == ordinary.count_params()
    assert_every_number_learns(model, settings, rng, "recorded")


@pytest.fixture
def without_dcls(monkeypatch):
    monkeypatch.setattr(
        backends, "missing", lambda layer: "not installed" if layer == "DCLS" else None
    )
    return (
        "`layer` must be one of ('adaptive', 'ordinary', 'FlexConv', 'GMConv') here. "
        "Received: 'DCLS' (not installed)"
    )


def test_a_layer_that_is_not_to_be_had_is_a_sentence(
    without_dcls, tmp_path, capsys, monkeypatch
):
    specs = grid("simple", arms=["adaptive", "DCLS-rate-x3"], kernel_sizes=[3])
    store = RunStore(tmp_path)
    for work in (
        lambda: sweep(specs, store),
        lambda: execute(specs[-1]),
        lambda: build_network(settings_of("DCLS"), 3, (8, 8, 1), 8),
    ):
        with pytest.raises(BackendError) as refusal:
            work()
        assert str(refusal.value) == without_dcls
    assert isinstance(refusal.value, ValueError)
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path))
    for arguments in (
        "run simple --arm DCLS",
        "show simple --arm DCLS --dataset mnist",
    ):
        assert main([*arguments.split(), "--kernel-size", "3"]) == 2
        assert capsys.readouterr().err == f"aconv: {without_dcls}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_reason_is_known_of_every_layer_that_is_not_to_be_had():
    assert {missing(kind) for kind in KINDS} == {None}
    for layer in set(PEERS) - set(HERE):
        assert missing(layer) in ("not installed", "needs PyTorch")
