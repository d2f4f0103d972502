import keras
import numpy as np
import pytest
from marks import slow_where
from small_settings import small_network, small_settings

from aconv.companion.training.layers import FourierConv2D, Restandardize
from aconv.companion.training.networks import (
    adaptive_layers,
    build_network,
    count_parameters,
)
from aconv.companion.training.settings import KINDS, METHODS
from aconv.layers.method import HasMethod

SHAPES = {
    "simple": ((16, 16, 1), 4),
    "resnet": ((15, 16, 3), 4),
    "unet": ((16, 16, 3), 3),
}
OUTPUTS = {"simple": (2, 4), "resnet": (2, 4), "unet": (2, 16, 16, 3)}


def built(network, kernel_size=3, **changes):
    return small_network(network, *SHAPES[network], kernel_size, **changes)


def of_class(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


@pytest.mark.backend
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("restandardize", [False, True])
@pytest.mark.parametrize("name", slow_where(SHAPES, ["unet"]))
def test_networks_compute_finite_outputs_of_the_stated_shape(name, kind, restandardize):
    model = built(name, 5, layer=kind, restandardize=restandardize)
    assert model.name == name
    images = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    outputs = keras.ops.convert_to_numpy(model(images.astype("float32")))
    assert outputs.shape == OUTPUTS[name]
    assert np.isfinite(outputs).all()
    if name != "unet":
        np.testing.assert_allclose(outputs.sum(-1), 1, rtol=1e-5)


@pytest.mark.backend
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["simple", "resnet"])
def test_networks_are_the_same_by_either_method(name, kind):
    direct, by_fft = (built(name, 5, layer=kind, method=m) for m in METHODS)
    exchanged = of_class(by_fft, FourierConv2D if kind == "ordinary" else HasMethod)
    assert len(exchanged) == {"simple": 2, "resnet": 7}[name]
    assert all(layer.method == "fft" for layer in of_class(by_fft, HasMethod))
    by_fft.set_weights(direct.get_weights())
    images = np.random.default_rng(0).normal(size=(2, *direct.input_shape[1:]))
    expected, found = (
        keras.ops.convert_to_numpy(model(images.astype("float32")))
        for model in (direct, by_fft)
    )
    assert np.any(found != expected)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("block", ["conv-bn-relu", "conv-relu"])
@pytest.mark.parametrize("kernel_size", [3, 5, 9])
def test_simple_network_has_the_parameters_that_its_description_says(
    kernel_size, block
):
    n, side, channels, classes = kernel_size, 12, 3, 7
    dense = (side // 2) ** 2 * 32 * 256 + 256 + 2 * 256 + 256 * classes + classes
    kernels = n * n * channels * 32 + n * n * 32 * 32
    normalized = 64 if block == "conv-bn-relu" else 0

    def counted(**changes):
        shape = (side, side, channels)
        model = small_network("simple", shape, classes, n, block=block, **changes)
        return count_parameters(model)

    ordinary, adaptive = counted(layer="ordinary"), counted()
    assert ordinary.trainable == kernels + 2 * normalized + dense
    # An aperture for each filter.
    assert adaptive.trainable == ordinary.trainable + 64
    assert (ordinary.apertures, adaptive.apertures) == (0, 64)
    for found in (ordinary, adaptive):
        assert found.non_trainable == 2 * normalized + 2 * 256
    biased = counted(layer="ordinary", use_bias=True)
    assert biased.trainable == ordinary.trainable + 64
    # Kept apertures are no parameters that training changes.
    kept = counted(train_apertures=False)
    assert (kept.apertures, kept.trainable) == (0, ordinary.trainable)
    assert kept.total == adaptive.total


@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_resnet_has_6b_plus_2_weighted_layers(blocks, kind):
    model = small_network("resnet", (16, 16, 3), 10, layer=kind, residual_blocks=blocks)
    weighted = of_class(model, (keras.layers.Conv2D, keras.layers.Dense))
    assert len(weighted) == 6 * blocks + 2
    assert len(adaptive_layers(model)) == (6 * blocks + 1 if kind == "adaptive" else 0)
    counted = count_parameters(model)
    assert counted.total == model.count_params()
    widths = [16] * (2 * blocks + 1) + [32] * 2 * blocks + [64] * 2 * blocks
    inputs = [3, *widths[:-1]]
    kernels = 9 * sum(i * o for i, o in zip(inputs, widths, strict=True))
    # Each filter: a scale and an offset, and an aperture of an adaptive one.
    of_filter = 3 if kind == "adaptive" else 2
    assert counted.trainable == kernels + of_filter * sum(widths) + 64 * 10 + 10
    assert counted.non_trainable == 2 * sum(widths)


@pytest.mark.backend
def test_samples_are_re_standardised_one_by_one(rng):
    before = rng.normal(1, 2, size=(3, 4, 5, 2)).astype("float32")
    after = rng.normal(3, 7, size=(3, 4, 5, 6)).astype("float32")
    after[1] = 4  # no spread: nothing can be divided by
    # tf2/Conv2DAdaptive_k2.py 302-307: over height, width and channels, with no mean.
    layer = Restandardize()
    found = keras.ops.convert_to_numpy(layer([before, after]))
    assert layer.compute_output_shape([before.shape, after.shape]) == after.shape
    for row in (0, 2):
        ratio = before[row].std() / after[row].std()
        np.testing.assert_allclose(found[row], after[row] * ratio, rtol=1e-4)
        assert found[row].std() == pytest.approx(before[row].std(), rel=1e-4)
    assert np.isfinite(found).all()


def test_unet_is_adaptive_in_its_first_kernel_and_in_every_one_where_asked():
    everywhere, published, ordinary = (
        small_network("unet", (32, 32, 3), 3, 7, **changes)
        for changes in ({"all_layers": True}, {}, {"layer": "ordinary"})
    )
    assert list(adaptive_layers(published)) == ["first"]
    assert adaptive_layers(ordinary) == {}
    trainable = count_parameters(ordinary).trainable
    assert count_parameters(published).trainable == trainable + 32
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


@pytest.mark.parametrize("name", SHAPES)
def test_saved_network_predicts_as_before(name, tmp_path):
    # The layers that are this package's own, too.
    model = built(name, restandardize=True)
    for layer in adaptive_layers(model).values():
        layer.aperture.assign(np.linspace(0.4, 0.9, layer.filters))
    images = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    found, expected = (each.predict(images, verbose=0) for each in (loaded, model))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("network", "shape", "classes", "name"),
    [
        ("simple", (28, 28, 1), 1, "classes"),
        ("simple", (28, 28, 1), 2.0, "classes"),
        ("simple", (28, 28), 10, "image_shape"),
        ("resnet", (28, 0, 1), 10, "image_shape"),
        ("unet", (24, 24, 3), 3, "image_shape"),
    ],
)
def test_bad_argument_is_named(network, shape, classes, name):
    with pytest.raises(ValueError, match=rf"`{name}`.*Received"):
        build_network(small_settings(network=network), 3, shape, classes)
