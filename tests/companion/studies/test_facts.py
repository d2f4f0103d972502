"""Each version of each study is what was read of it, setting by setting.

The tables are typed from the facts that were read in the paper and in the authors'
repository, btekgit/AdaptiveCNN, and from nothing of this package. Where a row was read
is said beside it: T for the paper's text with its section or table; J for the commit
a01db59 of June 2020, S for ``tf2/`` of the commit de50499 of September 2020, followed
by file and, where they were noted, lines. ``k`` is ``Conv2DAdaptive_k.py``, ``k2`` is
``Conv2DAdaptive_k2.py``, ``rt`` the script of the ResNet's trials, ``rs``
``resnet_s.py``, ``ku`` ``keras_utils.py``, ``kd`` ``keras_data.py``, ``pets``
``test_ox_pets_acnn_tf_data.py``.
"""

import keras
import numpy as np
import pytest

from aconv.companion.studies.catalog import STUDIES, make_spec
from aconv.companion.training import preprocessing
from aconv.companion.training.networks import adaptive_layers, build_network

SETS = ("mnist", "mnist_cluttered", "cifar10", "fashion_mnist", "lfw_faces")
VERSIONS = ("paper", "code-2020-06", "code-2020-09")
KINDS = ("ordinary", "adaptive")


def settings_of(study, version, dataset, arm="adaptive", kernel_size=7):
    return make_spec(study, dataset, arm, kernel_size, 31, "full", version).settings


def by_set(study, version, read, arm="adaptive"):
    """What ``read`` finds in the settings of each data set, in their order."""
    datasets = STUDIES[study].datasets
    return [read(settings_of(study, version, name, arm)) for name in datasets]


def network(study, version, arm, dataset=None, kernel_size=7, side=16):
    """The network of a version, on small images."""
    dataset = dataset or STUDIES[study].datasets[0]
    settings = settings_of(study, version, dataset, arm, kernel_size)
    return build_network(settings, kernel_size, (side, side, 1), 3)


def convolutions(model, size):
    return [
        layer
        for layer in model.layers
        if getattr(layer, "kernel_size", None) == (size, size)
    ]


def class_names(model):
    """Classes in order, of either kind of convolution and of ReLU."""
    names = [type(layer).__name__ for layer in model.layers]
    return [{"AdaptiveConv2D": "Conv2D"}.get(name, name) for name in names]


def of_class(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_studies_have_the_versions_that_ran_them():
    # No code of June has the U-Net.
    versions = {name: tuple(study.versions) for name, study in STUDIES.items()}
    of_unet = ("paper", "code-2020-09")
    assert versions == {"simple": VERSIONS, "resnet": VERSIONS, "unet": of_unet}
    assert STUDIES["simple"].datasets == STUDIES["resnet"].datasets == SETS
    assert STUDIES["unet"].datasets == ("oxford_pets",)
    every = {(name, version) for name in versions for version in versions[name]}
    assert set(APERTURES) == set(TRAINING) == set(SCALINGS) == every
    assert set(BLOCKS) == set(versions["simple"])


# The simple network.

END_OF_SIMPLE = [
    # T 4.2; J:k 551-578, the same in S:k2.
    *("MaxPooling2D", "Flatten", "Dropout", "Dense"),
    *("BatchNormalization", "ReLU", "Dropout", "Dense"),
]
WITH_NORMALISATION = ["Conv2D", "BatchNormalization", "ReLU"] * 2
BLOCKS = {
    "paper": WITH_NORMALISATION,  # T 4.2: all layers are followed by BN and ReLU
    "code-2020-06": WITH_NORMALISATION,  # J:k 551-557
    # S:k2 904-912: activation in the layer, BN commented out; 302-307: the output of
    # an adaptive layer is re-standardised, always.
    "code-2020-09": ["Conv2D"] * 2,
}


@pytest.mark.parametrize("arm", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_order_of_the_simple_network(version, arm):
    model = network("simple", version, arm)
    blocks = BLOCKS[version]
    if (version, arm) == ("code-2020-09", "adaptive"):
        blocks = ["Conv2D", "Restandardize"] * 2
    assert class_names(model) == ["InputLayer", *blocks, *END_OF_SIMPLE]
    activation = "relu" if version == "code-2020-09" else "linear"
    found = convolutions(model, 7)
    assert [layer.activation.__name__ for layer in found] == [activation] * 2
    assert [layer.filters for layer in found] == [32, 32]
    assert {layer.padding for layer in found} == {"same"}
    (pool,) = of_class(model, keras.layers.MaxPooling2D)
    assert pool.pool_size == (2, 2)
    dense, last = of_class(model, keras.layers.Dense)
    assert (dense.units, last.activation.__name__) == (256, "softmax")
    # J:k 551-578, the same in S:k2.
    for layer in (dense, last):
        assert layer.use_bias
        assert isinstance(layer.kernel_initializer, keras.initializers.HeUniform)
    # Keras's own, also after the dense layer: nothing is given in any version.
    for layer in of_class(model, keras.layers.BatchNormalization):
        assert (layer.momentum, layer.epsilon) == (0.99, 1e-3)
    # J:k 551-578, the same in S:k2.
    assert [layer.rate for layer in of_class(model, keras.layers.Dropout)] == [0.5] * 2


STARTS = {
    # By study, kind and version: no bias, but in ordinary layers of S:k2.
    # The text is silent; J:k 541-546 is nearest to its block; S:k2 has Keras's own.
    ("simple", "ordinary"): ("GlorotUniform", {"code-2020-09"}),
    ("simple", "adaptive"): ("HeUniform", set()),
    ("resnet", "ordinary"): ("HeNormal", set()),  # J:rs 38, 57; S:rs
    ("resnet", "adaptive"): ("HeUniform", set()),
    ("unet", "ordinary"): ("GlorotUniform", set()),  # S:pets 194, 210, 213
    ("unet", "adaptive"): ("GlorotUniform", set()),
}


@pytest.mark.parametrize(("study", "arm"), STARTS)
def test_initialisers_and_biases_of_the_convolutions(study, arm):
    initializer, biased = STARTS[study, arm]
    for version in STUDIES[study].versions:
        for layer in convolutions(network(study, version, arm), 7):
            assert type(layer.kernel_initializer).__name__ == initializer, version
            assert layer.use_bias == (version in biased), version


INF = 1000.0  # beyond any size that a kernel can learn
APERTURES = {
    # study and version: first and last start, bounds at 7x7 and 3x3, L2 of the first
    # layer.
    ("simple", "paper"): (0.1, 0.5, (1 / 7, 7), (1 / 3, 3), 1e-5),  # T 4.2, Alg. 1
    ("simple", "code-2020-06"): (0.1, 0.3, (0.1, 2), (0.1, 2), 0),  # J:k 522, 534, 822
    # S:k2; the clip 1169-1174.
    ("simple", "code-2020-09"): (0.1, 0.5, (1 / 7, 7), (1 / 3, 3), 1e-5),
    ("resnet", "paper"): (0.1, 0.3, (1 / 7, 7), (1 / 3, 3), 0),  # Alg. 1; J:rt 358
    ("resnet", "code-2020-06"): (0.1, 0.3, (0.05, 2), (0.05, 2), 0),  # J:rt 160, 358
    # S:rt: the clip was forgotten and put back in October.
    ("resnet", "code-2020-09"): (0.1, 0.3, (1e-3, INF), (1e-3, INF), 0),
    ("unet", "paper"): (0.1, 0.25, (1 / 7, 7), None, 1e-10),  # Alg. 1; S:pets
    ("unet", "code-2020-09"): (0.1, 0.25, (1 / 7, 5), None, 1e-10),  # S:pets
}


@pytest.mark.parametrize(("study", "version"), APERTURES)
def test_starts_bounds_and_penalty_of_the_apertures(study, version):
    low, high, at_seven, at_three, penalty = APERTURES[study, version]
    for size, bounds in ((7, at_seven), (3, at_three)):
        if bounds is None:  # the U-Net's adaptive layer is of one size
            continue
        model = network(study, version, "adaptive", kernel_size=size)
        layers = list(adaptive_layers(model).values())
        for layer in layers:
            start = keras.ops.convert_to_numpy(layer.aperture)
            wanted = np.linspace(low, high, layer.filters)
            np.testing.assert_allclose(start, wanted, rtol=1e-6)
            found = layer.aperture.constraint.low, layer.aperture.constraint.high
            assert found == pytest.approx(bounds)
        first, *others = (layer.aperture_regularizer for layer in layers)
        assert (0 if first is None else float(first.l2)) == pytest.approx(penalty)
        assert not any(others)


# What holds of all runs, whatever the version.
ALWAYS = {
    # T Eq. 5 and Algorithm 1; J:k 817; J:ku 609: the other peak of J:rt 177-179 is
    # never used; one rate in S.
    **{"train_apertures": True, "aperture_rate": 1.0},
    # T Algorithm 1: momentum 0.9, gradients clipped at 1; the same in J and S; S:pets
    # for Adam.
    **{"momentum": 0.9, "clip_value": 1.0},
    **{"train_images": None, "test_images": None, "held_out": False},
}
# T 4.2: x 0.9 after 10 epochs without improvement; S:k2 1166: cooldown 10, at least
# 1e-5.
PLATEAU = {
    **{"schedule": "plateau", "schedule_factor": 0.9, "lowest_rate": 1e-5},
    **{"plateau_patience": 10, "plateau_cooldown": 10},
}
OF_FACES = {"pixels": ["stored"] * 4 + ["stretched"]}
# What the names of augmentations say is in ``training/test_augmentation.py``.
RESNET = {
    # T Table 1 and all scripts: peaks of 0.5 times 1, 1, .1, .1, .1.
    "epochs": [50, 50, 200, 100, 150],
    "batch_size": [128, 128, 128, 128, 8],
    "rate": [0.5, 0.5, 0.05, 0.05, 0.05],
    "augmentation": ["none"] * 2 + ["shift-0.2-flip"] * 3,
    "residual_blocks": [1, 1, 3, 2, 2],
    **{"schedule": "one-cycle", "lowest_rate": 1e-4, "optimizer": "sgd", **OF_FACES},
    # J: per batch, highest at half the training; S: per epoch, at a third.
    **{"cycle_top": 0.5, "cycle_by_batch": True},
    # For MNIST only; 0.5 by T Table 1, in all code 0.25 (J:rt 124).
    "dropout": [0.25, 0, 0, 0, 0],
}
UNET = {
    # T 4.4: batch 64; the others S:pets 398-411. One coin for flip and brightness,
    # drawn once: the training images are cached.
    **{"epochs": 75, "rate": 0.01, "augmentation": "flip-brightness-once"},
    **{"optimizer": "adam", "pixels": "stored"},
}
# Settings of all data sets, or a list of those of each in the order of Table 1.
TRAINING = {
    ("simple", "paper"): {
        # T Table 1: 0.1 times multipliers of .1, 1, .1, .1, .01; augmented faces.
        "epochs": [100, 100, 120, 100, 100],
        "batch_size": [128, 128, 64, 256, 8],
        "rate": [0.01, 0.1, 0.01, 0.01, 0.001],
        "augmentation": ["none"] * 4 + ["shift-0.1-flip"],
        **{"optimizer": "sgd", **PLATEAU, **OF_FACES},
    },
    ("simple", "code-2020-06"): {
        # J: run_*.sh, and the default multiplier 0.1 of k; no augmentation is on.
        "epochs": [120, 120, 120, 120, 100],
        "batch_size": [256, 128, 64, 256, 8],
        "rate": [0.01, 0.01, 0.01, 0.01, 0.001],
        **{"augmentation": "none", "optimizer": "sgd", **OF_FACES},
        # J:k 823-826
        **{"schedule": "steps", "schedule_epochs": (20, 40, 60, 80)},
        "schedule_factor": 0.9,
    },
    ("simple", "code-2020-09"): {
        # S: sh/run_*.sh; MNIST without a multiplier, which is 1.0 (k2 1435).
        "epochs": [100, 100, 120, 100, 100],
        "batch_size": [128, 128, 64, 256, 8],
        "rate": [0.1, 0.01, 0.01, 0.01, 0.001],
        "augmentation": ["none"] * 4 + ["shift-0.1-flip"],
        **{"optimizer": "sgd", **PLATEAU, **OF_FACES},
    },
    ("resnet", "paper"): RESNET | {"dropout": [0.5, 0, 0, 0, 0]},
    ("resnet", "code-2020-06"): RESNET,
    ("resnet", "code-2020-09"): RESNET | {"cycle_top": 1 / 3, "cycle_by_batch": False},
    # T 4.4: a fixed rate; all 3669 images are scored.
    ("unet", "paper"): UNET | {"batch_size": 64, "schedule": "constant"},
    # S:pets: x 0.2 after 10 epochs, Keras's cooldown 0, no lower bound; 22 batches of
    # 32 are scored.
    ("unet", "code-2020-09"): UNET
    | PLATEAU
    | {"batch_size": 32, "schedule_factor": 0.2, "plateau_cooldown": 0}
    | {"lowest_rate": 0.0, "test_images": 704},
}


@pytest.mark.parametrize("arm", KINDS)
@pytest.mark.parametrize(("study", "version"), TRAINING)
def test_how_runs_are_trained(study, version, arm):
    expected = ALWAYS | TRAINING[study, version]
    # S:k2 302-307, which S:rt and S:pets use, too, in adaptive layers; not in June.
    expected["restandardize"] = (version, arm) == ("code-2020-09", "adaptive")
    for number, dataset in enumerate(STUDIES[study].datasets):
        settings = settings_of(study, version, dataset, arm)
        for name, value in expected.items():
            wanted = value[number] if isinstance(value, list) else value
            assert getattr(settings, name) == wanted, (dataset, name)


def test_only_fashion_by_large_adaptive_kernels_was_shorter_in_september():
    # S: sh/run_fashion*.sh: 9x9, adaptive: 10 epochs.
    for version, dataset, arm, epochs in (
        ("code-2020-09", "fashion_mnist", "adaptive", 10),
        ("code-2020-09", "fashion_mnist", "ordinary", 100),
        ("code-2020-09", "mnist", "adaptive", 100),
        ("paper", "fashion_mnist", "adaptive", 100),
    ):
        assert settings_of("simple", version, dataset, arm, 9).epochs == epochs


# The ResNet.


@pytest.mark.parametrize("arm", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_order_of_the_resnet(version, arm):
    # J:rs: conv, BN, ReLU; conv, BN; add; ReLU. One block per level.
    model = network("resnet", version, arm, "mnist_cluttered")
    # S: what an adaptive layer gives is re-standardised, before the BN.
    restandardized = (version, arm) == ("code-2020-09", "adaptive")
    conv = ["Conv2D", *["Restandardize"] * restandardized, "BatchNormalization"]
    main = [*conv, "ReLU", *conv]
    # J:rs 101-103: zeros; S:rs: itself. Keras lists parallel paths by depth.
    widen = ["Concatenate"]
    if version != "code-2020-09":
        widen = ["Rescaling", "Concatenate"]
    found = class_names(model)
    assert found[: 1 + len(conv) + 1] == ["InputLayer", *conv, "ReLU"]
    assert found[-2:] == ["GlobalAveragePooling2D", "Dense"]
    body = found[2 + len(conv) : -2]
    shortcut = {"MaxPooling2D", *widen}
    straight = [name for name in body if name not in shortcut]
    assert straight == [*main, "Add", "ReLU"] * 3
    assert [name for name in body if name in shortcut] == ["MaxPooling2D", *widen] * 2
    for layer in of_class(model, keras.layers.BatchNormalization):
        assert (layer.momentum, layer.epsilon) == (0.9, 1e-5)  # J:rs
    layers = convolutions(model, 7)
    widths = [16] * 3 + [32] * 2 + [64] * 2
    assert [layer.filters for layer in layers] == widths
    (dense,) = of_class(model, keras.layers.Dense)
    assert isinstance(dense.kernel_initializer, keras.initializers.HeNormal)
    # J:rs: 1e-4 on kernels, W and not W o U, and on the last layer.
    for layer in (*layers, dense):
        assert float(layer.kernel_regularizer.l2) == pytest.approx(1e-4)


@pytest.mark.backend
@pytest.mark.parametrize("version", VERSIONS)
def test_shortcuts_of_the_resnet(version, rng):
    model = network("resnet", version, "ordinary", "mnist_cluttered")
    (first, _) = of_class(model, keras.layers.MaxPooling2D)
    assert (first.pool_size, first.strides) == ((1, 1), (2, 2))
    add = of_class(model, keras.layers.Add)[1]
    (shortcut,) = (
        tensor
        for tensor in add.input
        if tensor._keras_history.operation.name.startswith("concat")
    )
    path = keras.Model(first.input, shortcut)
    x = rng.normal(size=(2, *first.input.shape[1:])).astype("float32")
    every_second = x[:, ::2, ::2]
    more = every_second if version == "code-2020-09" else 0 * every_second
    np.testing.assert_array_equal(
        path.predict(x, verbose=0), np.concatenate([every_second, more], axis=-1)
    )


def test_dropout_of_the_resnet():
    # After each level and after the pooling.
    model = network("resnet", "paper", "adaptive", "mnist")
    found = class_names(model)
    assert found.count("Dropout") == 4
    assert found[-4:] == ["Dropout", "GlobalAveragePooling2D", "Dropout", "Dense"]


# The U-Net.


@pytest.mark.parametrize("arm", KINDS)
@pytest.mark.parametrize("version", ["paper", "code-2020-09"])
def test_first_layers_and_widths_of_the_unet(version, arm):
    model = network("unet", version, arm)
    found = class_names(model)
    # S: the adaptive layer gives what is re-standardised, before BN and ELU.
    restandardized = (version, arm) == ("code-2020-09", "adaptive")
    assert found[: 4 + restandardized] == [
        "InputLayer",
        "Conv2D",
        *["Restandardize"] * restandardized,
        "BatchNormalization",
        "Activation",
    ]
    (first,) = convolutions(model, 7)
    assert (first.filters, first.strides, first.padding) == (32, (2, 2), "same")
    assert first.activation.__name__ == "linear"
    activations = of_class(model, keras.layers.Activation)
    assert {layer.activation.__name__ for layer in activations} == {"elu"}
    # Supplement, S:pets.
    down = of_class(model, keras.layers.SeparableConv2D)
    assert [layer.filters for layer in down] == [48, 48, 64, 64, 96, 96]
    up = of_class(model, keras.layers.Conv2DTranspose)
    assert [layer.filters for layer in up] == [96, 96, 64, 64, 48, 48, 32, 32]
    last = model.layers[-1]
    assert (last.filters, last.kernel_size, last.use_bias) == (3, (3, 3), True)
    assert last.activation.__name__ == "linear"
    for layer in (*down, *up, last):
        assert layer.use_bias
    for layer in of_class(model, keras.layers.BatchNormalization):
        assert (layer.momentum, layer.epsilon) == (0.99, 1e-3)


# Inputs.


# What is subtracted from images of 0 to 255, and what they are divided by then, as the
# training images say.
def to_unit(train):
    return 0, 255


def minus_pixel_mean(train):
    return train.mean(0), 255


def minus_global_mean(train):
    return train.mean(), 255


def standardized(train):
    return 127, train.std()


def symmetric(train):
    return 127.5, 63.75


SCALINGS = {
    # For cluttered digits, and for the other sets.
    # The text is silent. S:k2 1128-1132: /255 less the mean of each pixel; cluttered
    # digits as they are, from 0 to 1, as in ``tf14/``
    # (keras_data.py 131-137).
    ("simple", "paper"): (to_unit, minus_pixel_mean),
    ("simple", "code-2020-06"): (to_unit, standardized),  # J:kd 99-117
    # S:k2 1128-1132: all sets, cluttered digits, too.
    ("simple", "code-2020-09"): (minus_pixel_mean, minus_pixel_mean),
    ("resnet", "paper"): (to_unit, standardized),  # as J, which made Table 3
    ("resnet", "code-2020-06"): (to_unit, standardized),  # J:kd 99-117
    ("resnet", "code-2020-09"): (to_unit, minus_global_mean),  # S:kd
    ("unet", "paper"): (None, symmetric),  # S:pets
    ("unet", "code-2020-09"): (None, symmetric),
}


@pytest.mark.parametrize("arm", KINDS)
@pytest.mark.parametrize(("study", "version"), SCALINGS)
def test_range_of_the_inputs(study, version, arm, rng):
    images = rng.integers(20, 200, (2, 5, 3, 4, 2)).astype("uint8")
    images.flags.writeable = False
    of_clutter, of_others = SCALINGS[study, version]
    for dataset in STUDIES[study].datasets:
        scale = of_clutter if dataset == "mnist_cluttered" else of_others
        given = images.astype(float)
        if dataset == "lfw_faces":
            given = np.stack([stretched(part) for part in given])
        less, over = scale(given[0])
        settings = settings_of(study, version, dataset, arm)
        found = preprocessing.prepare(settings, *images)
        for actual, whole in zip(found, given, strict=True):
            assert actual.dtype == np.float32
            np.testing.assert_allclose(actual, (whole - less) / over, atol=1e-5)


def stretched(images):
    """scikit-learn of 2020 by way of ``imresize``: each image from 0 to 255."""
    low = images.min(axis=(1, 2, 3), keepdims=True)
    high = images.max(axis=(1, 2, 3), keepdims=True)
    return np.floor((images - low) * 255 / (high - low) + 0.5)


def test_parameters_of_table_1_that_can_be_told():
    # Simple, MNIST 3x3: 1 619 306 with BN and with biases, as June's k2 has it; the 64
    # biases are not in k.
    settings = settings_of("simple", "paper", "mnist", "ordinary", 3)
    model = build_network(settings, 3, (28, 28, 1), 10)
    assert model.count_params() == 1_619_306 - 64
    # ResNets, ordinary, no bias: 75 482 (1 block, 3x3), 1 460 858 (3 blocks, 7x7),
    # 931 546 (2, 7x7), 934 926 (faces).
    for dataset, size, shape, classes, count in (
        ("mnist", 3, (28, 28, 1), 10, 75_482),
        ("cifar10", 7, (32, 32, 3), 10, 1_460_858),
        ("fashion_mnist", 7, (28, 28, 1), 10, 931_546),
        ("lfw_faces", 7, (50, 37, 1), 62, 934_926),
    ):
        settings = settings_of("resnet", "paper", dataset, "ordinary", size)
        model = build_network(settings, size, shape, classes)
        assert model.count_params() == count, dataset
