import keras
import numpy as np
import pytest
from marks import slow_where

from aconv import AdaptiveConv2D
from aconv.companion.training.kinds import KINDS
from aconv.companion.training.networks import (
    adaptive_layers,
    count_parameters,
    resnet,
    simple_cnn,
    unet,
)
from aconv.companion.training.variant import Variant

BUILDERS = {
    "simple_cnn": lambda **k: simple_cnn((16, 16, 1), 4, **k),
    "resnet": lambda **k: resnet((15, 16, 3), 4, **k),
    "unet": lambda **k: unet((16, 16, 3), **k),
}
OUTPUTS = {
    "simple_cnn": (2, 4),
    "resnet": (2, 4),
    "unet": (2, 16, 16, 3),
}


@pytest.mark.backend
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", slow_where(BUILDERS, ["unet"]))
def test_networks_compute_finite_outputs_of_the_stated_shape(name, kind):
    model = BUILDERS[name](kernel_size=5, kind=kind)
    images = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    outputs = keras.ops.convert_to_numpy(model(images.astype("float32")))
    assert outputs.shape == OUTPUTS[name]
    assert np.isfinite(outputs).all()
    if model.name in ("simple_cnn", "resnet"):
        np.testing.assert_allclose(outputs.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("kernel_size", [3, 5, 9])
def test_simple_network_has_the_parameters_that_its_description_says(kernel_size):
    n, side, channels, classes = kernel_size, 12, 3, 7
    dense = (side // 2) ** 2 * 32 * 256 + 256 + 2 * 256 + 256 * classes + classes
    kernels = n * n * channels * 32 + n * n * 32 * 32
    shape = (side, side, channels)
    ordinary = count_parameters(
        simple_cnn(shape, classes, kernel_size=n, kind="ordinary")
    )
    adaptive = count_parameters(simple_cnn(shape, classes, kernel_size=n))
    # A bias for each filter here, an aperture for each filter there.
    assert ordinary.trainable == adaptive.trainable == kernels + 64 + dense
    assert (ordinary.apertures, adaptive.apertures) == (0, 64)
    assert ordinary.non_trainable == adaptive.non_trainable == 2 * 256


@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_resnet_has_6b_plus_2_weighted_layers(blocks, kind):
    model = resnet((16, 16, 3), 10, kernel_size=3, kind=kind, blocks=blocks)
    weighted = [
        layer
        for layer in model.layers
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense))
    ]
    assert len(weighted) == 6 * blocks + 2
    assert len(adaptive_layers(model)) == (6 * blocks + 1 if kind == "adaptive" else 0)
    counted = count_parameters(model)
    assert counted.total == model.count_params()
    widths = [16] * (2 * blocks + 1) + [32] * 2 * blocks + [64] * 2 * blocks
    inputs = [3, *widths[:-1]]
    kernels = 9 * sum(i * o for i, o in zip(inputs, widths, strict=True))
    # Each filter: a bias or an aperture, a scale and an offset.
    assert counted.trainable == kernels + 3 * sum(widths) + 64 * 10 + 10
    assert counted.non_trainable == 2 * sum(widths)


def test_resnet_shortcut_keeps_every_second_pixel_of_odd_images():
    model = resnet((7, 7, 1), 3, kernel_size=3)
    assert model.get_layer("level_2_block_1_conv_1").output.shape == (None, 4, 4, 32)
    shortcut = next(
        layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D)
    )
    x = np.arange(49.0, dtype="float32").reshape(1, 7, 7, 1)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(shortcut(x)), x[:, ::2, ::2]
    )


def test_resnet_dropout_only_where_asked():
    def dropouts(rate):
        model = resnet((8, 8, 1), 3, kernel_size=3, dropout=rate)
        return [
            layer.rate for layer in model.layers if "Dropout" in type(layer).__name__
        ]

    assert dropouts(0.0) == []
    assert dropouts(0.25) == [0.25] * 4


def test_unet_exchanges_its_first_convolution_only():
    adaptive = unet((32, 32, 3), kernel_size=7)
    ordinary = unet((32, 32, 3), kernel_size=7, kind="ordinary")
    assert list(adaptive_layers(adaptive)) == ["first"]
    assert adaptive_layers(ordinary) == {}
    assert ordinary.get_layer("first").kernel_size == (7, 7)
    assert count_parameters(adaptive).trainable == count_parameters(ordinary).trainable


def test_unet_is_adaptive_in_every_kernel_where_asked():
    everywhere = unet((32, 32, 3), kernel_size=7, variant=Variant(everywhere=True))
    published = unet((32, 32, 3), kernel_size=7)
    found = adaptive_layers(everywhere)
    # Two convolutions in each of three blocks down and four up, the first, the last.
    assert len(found) == 2 * 7 + 2
    assert list(found)[:3] == ["first", "down_1_conv_1", "down_1_conv_2"]
    assert list(found)[-1] == "classes"
    for layer in everywhere.layers:
        sizes = getattr(layer, "kernel_size", None)
        assert (layer.name in found) == (sizes is not None and max(sizes) > 1)
    assert {type(layer).__name__ for layer in found.values()} == {
        "AdaptiveConv2D",
        "AdaptiveConv2DTranspose",
        "AdaptiveSeparableConv2D",
    }
    # Nothing but apertures is new: one per filter, or per depthwise kernel.
    counted = count_parameters(everywhere)
    more = counted.apertures - count_parameters(published).apertures
    assert counted.apertures == sum(v.aperture.shape[0] for v in found.values())
    assert counted.total - more == count_parameters(published).total
    for layer in found.values():
        start = keras.ops.convert_to_numpy(layer.aperture)
        np.testing.assert_allclose(start, np.linspace(0.1, 0.25, len(start)), rtol=1e-6)
        assert layer.use_bias == (layer.name != "first")


def test_ordinary_unet_has_no_envelopes_anywhere():
    model = unet(
        (32, 32, 3), kernel_size=7, kind="ordinary", variant=Variant(everywhere=True)
    )
    assert adaptive_layers(model) == {}


@pytest.mark.parametrize("name", BUILDERS)
def test_saved_network_predicts_as_before(name, tmp_path):
    model = BUILDERS[name](kernel_size=3)
    for layer in adaptive_layers(model).values():
        layer.aperture.assign(np.linspace(0.4, 0.9, layer.filters))
    images = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded.predict(images, verbose=0),
        model.predict(images, verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )


def test_adaptive_kernels_start_as_in_the_published_code():
    first, second = adaptive_layers(simple_cnn((28, 28, 1), 10, kernel_size=7)).values()
    for layer in (first, second):
        assert isinstance(layer, AdaptiveConv2D)
        assert not layer.use_bias
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(layer.aperture),
            np.linspace(0.1, 0.5, 32),
            rtol=1e-6,
        )
    assert first.aperture_regularizer is not None
    assert second.aperture_regularizer is None


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: simple_cnn((28, 28, 1), 10, kernel_size=3, kind="fixed"), "kind"),
        (lambda: simple_cnn((28, 28, 1), 1, kernel_size=3), "classes"),
        (lambda: simple_cnn((28, 28), 10, kernel_size=3), "input_shape"),
        (lambda: resnet((28, 28, 1), 10, kernel_size=3, blocks=0), "blocks"),
        (lambda: unet((24, 24, 3), kernel_size=3), "input_shape"),
        (lambda: unet((32, 32, 3), kernel_size=3, up=(8, 8)), "up"),
    ],
)
def test_bad_argument_is_named(call, name):
    with pytest.raises(ValueError, match=rf"`{name}`.*Received"):
        call()
