"""A cropped model is ordinary, small, and as near to the trained one as is stated."""

import itertools

import keras
import numpy as np
import pytest
from arrays import to_numpy
from exchanging import network, sequential
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers
from perturbing import perturbed

import aconv
from aconv import AdaptiveConv1D, AdaptiveConv2D, AdaptiveConv3D
from aconv.layers.crop import smallest_box
from aconv.layers.fold import ORDINARY

DEEP = {"depth_multiplier": 2}
KINDS = {
    "depthwise_1d": ((11,), aconv.AdaptiveDepthwiseConv1D, DEEP),
    "depthwise_2d": ((9, 10), aconv.AdaptiveDepthwiseConv2D, {}),
    "separable_1d": ((11,), aconv.AdaptiveSeparableConv1D, {"filters": 3}),
    "separable_2d": ((9, 10), aconv.AdaptiveSeparableConv2D, DEEP | {"filters": 3}),
}
BY_RANK = {
    1: (AdaptiveConv1D, aconv.AdaptiveConv1DTranspose),
    2: (AdaptiveConv2D, aconv.AdaptiveConv2DTranspose),
    3: (AdaptiveConv3D, aconv.AdaptiveConv3DTranspose),
}
CHANNELS = 4
# JAX compiles every shape.
EXAMPLES = settings(max_examples=12 if keras.backend.backend() == "jax" else 60)


@st.composite
def convolutions(draw):
    """The size of images of any rank, and a layer for them: its class and arguments."""
    rank = draw(st.sampled_from([1, 1, 2, 2, 3]))
    largest = {1: 9, 2: 7, 3: 4}[rank]
    kernel_size = tuple(draw(st.integers(1, largest)) for _ in range(rank))
    plain, transposed = BY_RANK[rank]
    stride = draw(st.integers(1, 4))
    options = {
        "kernel_size": kernel_size,
        "strides": stride,
        "aperture_initializer": draw(st.sampled_from([0.08, 0.2, 1.0, (0.1, 0.4)])),
    }
    if draw(st.booleans()):
        # TensorFlow takes what makes no more steps of the strides than there are
        # inputs, and no fewer.
        least = 1 - min(n % 2 for n in kernel_size)
        padded = draw(st.sampled_from([None, None, *range(least, stride)]))
        image = tuple(draw(st.integers(2, 5)) for _ in range(rank))
        options |= {"padding": "same", "output_padding": padded}
        return image, transposed, options
    dilation = draw(st.integers(1, 2)) if stride == 1 else 1
    padding = draw(st.sampled_from(["valid", "same", *["causal"] * (rank == 1)]))
    reach = [dilation * (n - 1) + 1 for n in kernel_size]
    image = tuple(
        draw(st.integers(least if padding == "valid" else 1, least + 4))
        for least in reach
    )
    options |= {"padding": padding, "dilation_rate": dilation}
    return image, plain, options | {"groups": draw(st.sampled_from([1, 2]))}


def model_of(image, cls, options):
    conv = cls(4, **options, name="conv")
    model = sequential((*image, CHANNELS), conv)
    conv.bias.assign(np.arange(4))
    return model, conv


def one_layer():
    return model_of((9,), AdaptiveConv1D, {"kernel_size": 5})


def narrowed(model, aperture):
    """The model with one aperture in all of its layers, at every depth."""
    for layer in model._flatten_layers():
        if hasattr(layer, "aperture"):
            layer.aperture.assign(np.full(layer.aperture.shape, aperture))
    return model


def data(image, seed=0):
    return np.random.default_rng(seed).normal(size=(2, *image, CHANNELS))


def computed(model, x):
    return to_numpy(model(x.astype("float32"), training=False))


def assert_near(new, old):
    """What another place of the kernel would be far from."""
    assert np.linalg.norm(new - old) < 0.2 * np.linalg.norm(old)


def kernel_of(layer):
    return to_numpy(layer.effective_kernel()).astype("float64")


@pytest.mark.backend
@EXAMPLES
@given(convolutions(), st.sampled_from([0.0, 0.01, 0.1, 0.5, 0.99]))
def test_outputs_change_within_the_stated_bound(case, tolerance):
    image = case[0]
    model, conv = model_of(*case)
    small, report = aconv.crop(model, tolerance=tolerance)
    (row,) = report.layers
    x = data(image)
    assert small.output_shape == model.output_shape
    change = computed(small, x) - computed(model, x)
    # The squares of the inputs that meet at each place, by a kernel of ones.
    ones = np.ones(conv.kernel.shape, "float32")
    seen = conv.convolution_op(x.astype("float32") ** 2, ones)
    norm = np.sqrt(np.maximum(to_numpy(seen), 0))
    rounding = 1e-5 * (1 + np.sqrt(row.energy) * norm.max())
    assert np.all(np.abs(change) <= np.sqrt(row.dropped) * norm + rounding)
    # Over the filters, by the tolerance alone.
    whole = np.sqrt(tolerance * row.energy) * norm.max(axis=-1)
    assert np.all(np.linalg.norm(change, axis=-1) <= whole + rounding)
    assert row.energy_kept >= 1 - tolerance - 1e-12
    np.testing.assert_allclose(row.energy, np.sum(kernel_of(conv) ** 2), rtol=1e-5)
    # A transposed convolution applies its kernels where its inputs are.
    places = image if hasattr(conv, "output_padding") else model.output_shape[1:-1]
    per_place = np.prod(row.kept) * np.prod(conv.kernel.shape[-2:])
    assert row.multiply_adds_after == np.prod(places) * per_place


@pytest.mark.backend
@EXAMPLES
@given(convolutions(), st.data())
def test_zeros_are_cut_and_the_function_stays(case, draws):
    image = case[0]
    model, conv = model_of(*case)
    cut = [draws.draw(st.integers(0, (n - 1) // 2)) for n in conv.kernel_size]
    middle = tuple(slice(c, n - c) for c, n in zip(cut, conv.kernel_size, strict=True))
    kernel = np.zeros(conv.kernel.shape)
    kernel[middle] = 1 + np.random.default_rng(1).uniform(size=kernel[middle].shape)
    conv.kernel.assign(kernel)
    small, report = aconv.crop(model, tolerance=0)
    (row,) = report.layers
    for n, c, kept, stride, d in zip(
        conv.kernel_size, cut, row.kept, conv.strides, conv.dilation_rate, strict=True
    ):
        assert kept % 2 == n % 2
        # Less only where the envelope has underflowed.
        needed = 1 + (stride - 1) / d if conv.padding == "same" else 1
        assert kept <= max(n - 2 * c, min(n, needed + 1))
    assert small.output_shape == model.output_shape
    x = data(image)
    old = computed(model, x)
    np.testing.assert_allclose(
        computed(small, x), old, atol=1e-5 * (1 + abs(old).max())
    )
    assert small.get_layer("conv").kernel_size == row.kept
    assert type(small.get_layer("conv")) is ORDINARY[type(conv)]


def boxes(shape):
    return itertools.product(*(range(n, 0, -2) for n in shape))


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=3),
    st.floats(0, 0.99),
    st.integers(0, 99),
    st.integers(1, 3),
)
def test_box_is_the_smallest_that_keeps_enough(shape, tolerance, seed, least):
    energy = np.random.default_rng(seed).integers(0, 4, shape).astype("float64")

    def outside(box):
        middle = tuple(
            slice((n - k) // 2, (n - k) // 2 + k)
            for n, k in zip(shape, box, strict=True)
        )
        return energy.sum() - energy[middle].sum()

    allowed = [
        box
        for box in boxes(shape)
        if outside(box) <= tolerance * energy.sum()
        and all(k >= min(least, n) for k, n in zip(box, shape, strict=True))
    ]
    found = smallest_box(energy, tolerance, [least] * len(shape))
    assert found in allowed
    assert (np.prod(found), outside(found)) == min(
        (np.prod(box), outside(box)) for box in allowed
    )


@pytest.mark.backend
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("name", KINDS)
def test_depthwise_and_separable_layers_are_cropped(name, padding):
    image, cls, options = KINDS[name]
    conv = cls(kernel_size=7, padding=padding, strides=2, name="conv", **options)
    model = sequential((*image, CHANNELS), conv)
    envelopes = CHANNELS * options.get("depth_multiplier", 1)
    conv.aperture.assign(np.linspace(0.12, 0.16, envelopes))
    small, report = aconv.crop(model, tolerance=1e-3)
    (row,) = report.layers
    assert row.kept == (5,) * len(image)
    assert len(row.learned_sizes) == len(row.dropped) == envelopes
    places = np.prod(model.output_shape[1:-1])
    assert row.multiply_adds_after == places * 5 ** len(image) * envelopes
    assert type(small.get_layer("conv")) is ORDINARY[cls]
    x = data(image)
    old = computed(model, x)
    assert small.output_shape == model.output_shape
    assert np.linalg.norm(computed(small, x) - old) < 0.05 * np.linalg.norm(old)
    exact, _ = aconv.crop(model, tolerance=0)
    np.testing.assert_allclose(computed(exact, x), old, atol=1e-5)


@pytest.mark.backend
@pytest.mark.parametrize(
    ("padding", "strides", "output_padding", "kept"),
    # With padding "valid" the kernel decides on the size of the output.
    [("same", 4, 3, 5), ("same", 4, 2, 3), ("same", 3, None, 3), ("valid", 2, None, 7)],
)
def test_transposed_kernels_stay_as_large_as_their_place_and_shape_need(
    padding, strides, output_padding, kept
):
    conv = aconv.AdaptiveConv1DTranspose(3, 7, strides, padding, output_padding)
    model = sequential((5, CHANNELS), conv)
    kernel = np.zeros(conv.kernel.shape)
    kernel[3] = 1
    conv.kernel.assign(kernel)
    small, report = aconv.crop(model, tolerance=0)
    (row,) = report.layers
    assert row.kept == small.layers[0].kernel_size == (kept,)
    assert row.energy_kept == 1
    assert report.multiply_adds_after == 5 * kept * CHANNELS * 3
    x = data((5,))
    np.testing.assert_allclose(computed(small, x), computed(model, x), atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "causal"])
def test_a_cropped_model_can_be_unfolded_and_cropped_again(padding):
    options = {"padding": padding, "aperture_initializer": 0.15}
    conv = aconv.AdaptiveConv1D(3, 9, name="conv", **options)
    inputs = keras.Input((20, CHANNELS))
    for model in (keras.Sequential([inputs, conv]), keras.Model(inputs, conv(inputs))):
        once, _ = aconv.crop(model, tolerance=0.05)
        again = aconv.unfold(once)
        again.get_layer("conv").aperture.assign([0.2] * 3)
        twice, report = aconv.crop(again, tolerance=0.05)
        assert report.layers[0].kept < report.layers[0].grid < (9,)
        names = [layer.name for layer in twice.layers]
        assert len(set(names)) == len(names)
        assert {"conv_border", "conv_border_1"} <= set(names)
        assert twice.output_shape == model.output_shape


@pytest.mark.parametrize("transposed", [False, True])
def test_models_inside_are_counted_at_the_size_that_they_are_called_with(transposed):
    cls = aconv.AdaptiveConv2DTranspose if transposed else AdaptiveConv2D
    conv = cls(4, 7, strides=2, padding="same")
    inner = sequential((None, None, 3), layers.ReLU(), conv)
    inputs = keras.Input((16, 12, 3))
    model = keras.Model(inputs, inner(layers.MaxPooling2D(2)(inputs)))
    calls = len(conv._inbound_nodes), len(inner._inbound_nodes)
    _, report = aconv.crop(model, tolerance=0)
    places = 8 * 6 if transposed else 4 * 3
    assert report.multiply_adds_before == places * 7 * 7 * 3 * 4
    aconv.penalize_size(model, 1.0)
    assert conv.aperture_regularizer.strength == pytest.approx(1 / (4 * 7 * 7))
    assert (len(conv._inbound_nodes), len(inner._inbound_nodes)) == calls


def test_an_ellipse_is_cropped_more_along_its_short_axis():
    conv = AdaptiveConv2D(2, 9, envelope_shape="ellipse", kernel_initializer="ones")
    model = sequential((12, 12, 1), conv)
    conv.aperture.assign([0.12, 0.3, 0.1, 0.25])
    _, report = aconv.crop(model, tolerance=0.02)
    (row,) = report.layers
    assert row.kept[0] < row.kept[1]
    assert row.learned_sizes[0][0] < row.learned_sizes[0][1]


@pytest.mark.parametrize(
    "name", [pytest.param("simple", marks=pytest.mark.backend), "resnet", "unet"]
)
def test_cropped_network_is_ordinary_and_smaller(name):
    model = narrowed(perturbed(network(name)), 0.2)
    before = model.get_weights()
    small, report = aconv.crop(model, tolerance=0.02)
    assert not any(hasattr(layer, "aperture") for layer in small.layers)
    assert {layer.name for layer in model.layers} <= {la.name for la in small.layers}
    assert small.count_params() < model.count_params()
    assert report.multiply_adds_after < report.multiply_adds_before
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    # Without a tolerance it is what ``fold`` makes.
    x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    exact, _ = aconv.crop(model, tolerance=0)
    old = computed(aconv.fold(model), x)
    np.testing.assert_allclose(computed(exact, x), old, atol=1e-4 * abs(old).max())


@pytest.mark.backend
def test_nested_and_shared_layers_are_cropped_and_counted_at_each_call():
    shared = AdaptiveConv2D(3, 7, name="shared")
    inner = sequential((12, 11, 3), shared)
    inputs = keras.Input((18, 17, 3))
    x = AdaptiveConv2D(3, 7, name="outer")(inputs)
    y = keras.ops.concatenate([inner(x), shared(inputs=x), inner(x * 2)], axis=-1)
    model = narrowed(keras.Model(inputs, {"y": y, "x": x}), 0.12)
    small, report = aconv.crop(model, tolerance=1e-3)
    outer, of_shared = report.layers
    assert (outer.name, outer.kept) == ("outer", (5, 5))
    assert (of_shared.name, of_shared.kept) == ("shared", (5, 5))
    assert outer.multiply_adds_before == 12 * 11 * 7 * 7 * 3 * 3
    assert of_shared.multiply_adds_after == 3 * (6 * 5 * 5 * 5 * 3 * 3)
    assert small.count_params() == 2 * (5 * 5 * 3 * 3 + 3)
    random = np.random.default_rng(0).normal(size=(2, 18, 17, 3)).astype("float32")
    new, old = small(random), model(random)
    for key in ("x", "y"):
        assert_near(*(to_numpy(found[key]) for found in (new, old)))


@pytest.mark.backend
@pytest.mark.parametrize(
    ("rank", "padding"),
    [(1, "causal"), *itertools.product([1, 2, 3], ["valid", "same"])],
)
def test_channels_first(rank, padding):
    if keras.backend.backend() == "tensorflow":
        pytest.skip("TensorFlow convolves no channels-first images on a processor")
    options = {"data_format": "channels_first", "aperture_initializer": 0.15}
    conv = BY_RANK[rank][0](4, 5, padding=padding, **options)
    model = sequential((2, *(7,) * rank), conv)
    small, report = aconv.crop(model, tolerance=1e-2)
    assert report.layers[0].kept == (3,) * rank
    assert small.output_shape == model.output_shape
    if padding == "same":
        assert report.multiply_adds_after == 7**rank * 3**rank * 2 * 4
    x = np.random.default_rng(0).normal(size=(2, 2, *(7,) * rank))
    assert_near(computed(small, x), computed(model, x))


@pytest.mark.backend
def test_images_of_unknown_size():
    bounds = {"aperture_bounds": (0.05, 9.0)}
    first = AdaptiveConv2D(3, 9, aperture_initializer=0.1, **bounds)
    options = {"strides": 3, "padding": "same", **bounds}
    second = AdaptiveConv2D(3, 8, aperture_initializer=0.05, **options)
    model = sequential((None, None, 2), first, second)
    small, report = aconv.crop(model, tolerance=1e-2)
    assert report.multiply_adds_before is None
    assert "unknown" in str(report)
    # The stride of 3 asks for 3 pixels or more, and an even grid keeps an even size.
    assert [row.kept for row in report.layers] == [(3, 3), (4, 4)]
    for side in (17, 18, 19):
        x = np.random.default_rng(0).normal(size=(2, side, side, 2))
        assert_near(computed(small, x), computed(model, x))


def test_report_says_what_was_done():
    conv = AdaptiveConv2D(4, (9, 5), groups=2, aperture_initializer=(0.1, 0.2))
    model = sequential((20, 20, 2), conv, layers.Conv2D(3, 3))
    small, report = aconv.crop(model, tolerance=0.05)
    (row,) = report.layers
    assert row.grid == (9, 5)
    assert row.kept[0] < 9
    assert row.multiply_adds_before == 12 * 16 * 9 * 5 * 1 * 4
    assert row.multiply_adds_after == 12 * 16 * row.kept[0] * row.kept[1] * 1 * 4
    assert len(row.learned_sizes) == 4
    assert row.learned_sizes == tuple(sorted(row.learned_sizes))
    assert {len(sizes) for sizes in row.learned_sizes} == {2}
    dropped = kernel_of(conv) ** 2
    a, b = ((n - k) // 2 for n, k in zip(row.grid, row.kept, strict=True))
    dropped[a : 9 - a, b : 5 - b] = 0
    np.testing.assert_allclose(row.dropped, dropped.sum(axis=(0, 1, 2)), rtol=1e-5)
    text = str(report).splitlines()
    assert text[0].split()[:2] == ["layer", "grid"]
    assert "9x5" in text[1]
    assert len(text) == 3
    assert text[-1].startswith("all")
    assert f"{report.multiply_adds_after:,}" in text[-1]
    assert [layer.name for layer in small.layers if "border" in layer.name]


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_dtypes_are_kept(policy):
    options = {"aperture_initializer": 0.1, "aperture_bounds": (0.1, 7.0)}
    conv = AdaptiveConv2D(4, 7, dtype=policy, **options)
    model = sequential((12, 12, CHANNELS), conv)
    small, _ = aconv.crop(model, tolerance=0.01)
    x = data((12, 12))
    new, old = computed(small, x), computed(model, x)
    assert new.dtype == old.dtype
    np.testing.assert_allclose(new, old, atol=0.1)


def test_a_kernel_of_zeros_is_cropped_to_one_pixel():
    model, conv = one_layer()
    conv.kernel.assign(np.zeros(conv.kernel.shape))
    _, report = aconv.crop(model, tolerance=0)
    (row,) = report.layers
    assert (row.kept, row.energy_kept) == ((1,), 1)


@pytest.mark.parametrize(
    "tolerance", [-0.1, 1, 1.5, float("nan"), "0.1", True, None, 10**400, 1e300]
)
def test_tolerance_out_of_range_is_named(tolerance):
    model, _ = one_layer()
    with pytest.raises(ValueError, match=r"`tolerance` must be.*Received"):
        aconv.crop(model, tolerance=tolerance)


class OwnCall(keras.Model):
    """Calls its layers by name, and so meets no other."""

    def call(self, inputs, training=None, mask=None):
        return self.get_layer("head")(self.get_layer("conv")(inputs))


def own_call(cls, kernel_size=5, **options):
    """A model with a ``call`` of its own, and narrow envelopes."""
    conv = cls(4, kernel_size, aperture_initializer=0.2, name="conv", **options)
    rank = {AdaptiveConv1D: 1}.get(cls, 2)
    inputs = keras.Input((*[9] * rank, 3))
    head = {1: layers.Conv1D, 2: layers.Conv2D}[rank](2, 1, name="head")
    return OwnCall(inputs, head(conv(inputs)), name="own")


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize(
    ("cls", "padding"),
    [
        (AdaptiveConv1D, "valid"),
        (AdaptiveConv1D, "causal"),
        (AdaptiveConv2D, "valid"),
        (aconv.AdaptiveSeparableConv2D, "valid"),
    ],
)
def test_a_call_of_its_own_that_may_go_around_a_border_is_refused(cls, padding, depth):
    model = own_call(cls, padding=padding)
    for _ in range(depth):
        model = sequential(model.input_shape[1:], model)
    message = rf"`call` of its own.*: 'conv' with padding '{padding}' in 'own'.*OwnCall"
    with pytest.raises(ValueError, match=message):
        aconv.crop(model, tolerance=0.05)
    computed(aconv.fold(model), np.zeros((1, *model.input_shape[1:])))


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (AdaptiveConv2D, {"padding": "same"}),
        (AdaptiveConv1D, {"padding": "same"}),
        (AdaptiveConv2D, {"kernel_size": 2}),
        (aconv.AdaptiveConv2DTranspose, {"strides": 2}),
    ],
)
def test_a_call_of_its_own_keeps_its_meaning(cls, options):
    model = own_call(cls, kernel_initializer="ones", **options)
    small, report = aconv.crop(model, tolerance=0.01)
    assert type(small) is OwnCall
    is_smaller = report.layers[0].kept < report.layers[0].grid
    assert is_smaller == (options.get("padding") == "same")
    x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    new, old = computed(small, x), computed(model, x)
    assert new.shape == old.shape
    assert_near(new, old)


class OwnConv(AdaptiveConv2D):
    pass


def test_what_cannot_be_cropped_is_refused_by_name():
    with pytest.raises(TypeError, match="`model` must be a Keras model"):
        aconv.crop("model", tolerance=0.1)
    model = sequential((9, 9, 1), OwnConv(2, 3, name="hidden"))
    with pytest.raises(ValueError, match="'hidden' of class OwnConv"):
        aconv.crop(model, tolerance=0.1)
    model, conv = one_layer()
    conv.kernel.assign(np.full(conv.kernel.shape, np.nan))
    with pytest.raises(ValueError, match=r"finite weights.*Received: 'conv'"):
        aconv.crop(model, tolerance=0.1)
