"""Settings are what they say, survive their file, and refuse by name."""

import json

import attrs
import pytest
from small_settings import small_settings

from aconv.companion.training import (
    augmentation,
    networks,
    peer_layers,
    preprocessing,
    settings,
)
from aconv.companion.training.settings import ENVELOPE, Settings
from aconv.layers import method

# Spelled out: records hold what differs from these, so that another default would give
# other settings, and other digests, to runs that were done.
DEFAULTS = {
    "layer": "ordinary",
    "block": "conv-bn-relu",
    "kernel_initializer": "glorot_uniform",
    "use_bias": False,
    "restandardize": False,
    "method": "direct",
    "all_layers": False,
    "apertures": (0.1, 0.5),
    "aperture_bounds": None,
    "aperture_l2": 0.0,
    "train_apertures": True,
    "aperture_rate": 1.0,
    "residual_blocks": None,
    "shortcut": None,
    "kernel_l2": 0.0,
    "dropout": 0.0,
    "pixels": "stored",
    "inputs": "unit",
    "augmentation": "none",
    "optimizer": "sgd",
    "momentum": 0.9,
    "clip_value": 1.0,
    "rate_factor": 1.0,
    "schedule": "constant",
    "schedule_factor": 0.9,
    "schedule_epochs": (),
    "plateau_patience": 10,
    "plateau_cooldown": 10,
    "lowest_rate": 0.0,
    "cycle_top": 0.5,
    "cycle_by_batch": False,
    "train_images": None,
    "test_images": None,
    "held_out": False,
}
NEEDED = {"network": "simple", "epochs": 3, "batch_size": 8, "learning_rate": 0.1}


def test_defaults_stay_what_they_are():
    plain = Settings(**NEEDED)
    assert attrs.asdict(plain) == DEFAULTS | NEEDED
    assert plain.differing() == NEEDED


def test_names_that_settings_allow_are_those_that_mean_something():
    for allowed, known in (
        (settings.BLOCKS, networks.NETWORKS),
        (settings.BLOCKS["simple"], networks.SIMPLE_BLOCKS),
        (settings.INPUTS, preprocessing.INPUTS),
        (settings.PIXELS, preprocessing.PIXELS),
        (settings.AUGMENTATIONS, augmentation.AUGMENTATIONS),
        (settings.PEERS, peer_layers.PEER_LAYERS),
    ):
        assert set(allowed) == set(known)
    assert settings.Method == method.Method


def test_equal_settings_are_written_in_one_way():
    one = small_settings(learning_rate=1, dropout=0, apertures=[1, 2])
    other = small_settings(learning_rate=1.0, dropout=0.0, apertures=(1.0, 2.0))
    assert one == other
    assert json.dumps(one.differing()) == json.dumps(other.differing())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.epochs = 9


NAN, INF = float("nan"), float("inf")
PAIR = "a pair (low, high) with 0 < low <= high"
NO_PAIRS = [
    0.1,
    (0.1,),
    (0.5, 0.1),
    (0.0, 1.0),
    (0.1, INF),
    (NAN, 1.0),
    (True, 2.0),
    "ab",
]
INPUT_WORDS = "'unit', 'pixel-mean', 'global-mean', 'standardized', 'symmetric'"
AUGMENTATION_WORDS = (
    "'none', 'shift-0.1-flip', 'shift-0.2-flip', 'flip-brightness-once'"
)
# What is allowed of some fields, in words, and what is not.
BAD = (
    ("a boolean", "use_bias restandardize all_layers", [0, 1, None, "no"]),
    ("a boolean", "train_apertures cycle_by_batch held_out", [0, 1, None]),
    ("a number >= 0", "aperture_l2 aperture_rate kernel_l2", [-1.0, NAN, INF, "0"]),
    ("a number >= 0", "learning_rate lowest_rate", [-1.0, None, True]),
    ("a number > 0", "clip_value rate_factor", [0.0, -1.0, INF]),
    ("a number in [0, 1)", "dropout momentum", [1.0, -0.1, NAN, "0.5", True, None]),
    ("a number in (0, 1)", "schedule_factor cycle_top", [0.0, 1.0, NAN]),
    ("an integer >= 1", "epochs batch_size", [0, -1, 2.5, True, "3", None]),
    ("an integer >= 1", "residual_blocks train_images test_images", [0, 1.5, "all"]),
    ("an integer >= 0", "plateau_patience plateau_cooldown", [-1, 0.5, None]),
    (PAIR, "apertures aperture_bounds", NO_PAIRS),
    (PAIR, "apertures", [None]),
    (
        "increasing epochs, integers >= 1",
        "schedule_epochs",
        [(2, 1), (1, 1), (0, 1), (1.5,), 3, (True,)],
    ),
    ("one of ('simple', 'resnet', 'unet')", "network", ["vgg", None, 3]),
    (
        "one of ('adaptive', 'ordinary', 'FlexConv', 'GMConv', 'DCLS')",
        "layer",
        ["free", "flexconv", None, True],
    ),
    (
        "one of ('conv-bn-relu', 'conv-relu') for network 'simple'",
        "block",
        ["conv-bn-elu", None, []],
    ),
    (
        "one of ('glorot_uniform', 'he_uniform', 'he_normal')",
        "kernel_initializer",
        ["zeros", None],
    ),
    ("one of ('direct', 'fft')", "method", ["FFT", None, 1]),
    ("one of ('zeros', 'itself')", "shortcut", ["ones", 1]),
    ("one of ('stored', 'stretched')", "pixels", ["raw"]),
    (f"one of ({INPUT_WORDS})", "inputs", ["raw", None]),
    (f"one of ({AUGMENTATION_WORDS})", "augmentation", ["flip", None]),
    ("one of ('sgd', 'adam')", "optimizer", ["rmsprop"]),
    ("one of ('constant', 'plateau', 'steps', 'one-cycle')", "schedule", ["cosine"]),
)


@pytest.mark.parametrize(
    ("name", "allowed", "value"),
    [
        (name, allowed, value)
        for allowed, names, values in BAD
        for name in names.split()
        for value in values
    ],
)
def test_what_no_run_could_have_is_refused_by_name(name, allowed, value):
    with pytest.raises(ValueError) as refusal:
        small_settings(**{name: value})
    message = str(refusal.value)
    assert message == f"`{name}` must be {allowed}. Received: {value!r}"


def test_every_field_refuses_something():
    refused = {name for _, names, _ in BAD for name in names.split()}
    assert refused == {field.name for field in attrs.fields(Settings)}


LAYERS = (
    "`all_layers` must be False but for adaptive layers of the network 'unet': the "
    "others exchange all their convolutions. Received: "
)
EPOCHS = (
    "`schedule_epochs` must be given for the schedule 'steps' and for no other. "
    "Received: "
)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"residual_blocks": 2},
            "`residual_blocks` must be None for network 'simple'. Received: 2",
        ),
        (
            {"network": "resnet", "residual_blocks": None},
            "`residual_blocks` must be a value for network 'resnet'. Received: None",
        ),
        (
            {"network": "resnet", "shortcut": None},
            "`shortcut` must be a value for network 'resnet'. Received: None",
        ),
        ({"all_layers": True}, f"{LAYERS}network 'simple', layer 'adaptive'"),
        (
            {"network": "unet", "layer": "ordinary", "all_layers": True},
            f"{LAYERS}network 'unet', layer 'ordinary'",
        ),
        (
            {"network": "resnet", "layer": "FlexConv"},
            "`network` must be 'simple' for layer 'FlexConv'. Received: 'resnet'",
        ),
        (
            {"layer": "GMConv", "method": "fft"},
            "`method` must be 'direct' for layer 'GMConv'. Received: 'fft'",
        ),
        (
            {"layer": "DCLS", "kernel_l2": 1e-4},
            "`kernel_l2` must be 0.0 for layer 'DCLS'. Received: 0.0001",
        ),
        ({"schedule": "steps"}, f"{EPOCHS}() for 'steps'"),
        ({"schedule_epochs": (3,)}, f"{EPOCHS}(3,) for 'constant'"),
    ],
)
def test_what_does_not_go_together_is_refused(values, message):
    with pytest.raises(ValueError) as refusal:
        small_settings(**values)
    assert str(refusal.value) == message


def test_settings_that_are_not_known_are_named():
    with pytest.raises(ValueError, match=r"`settings` must not have \['size'\]: no"):
        Settings.from_dict(NEEDED | {"size": 3})


def test_rate_is_multiplied():
    assert small_settings(learning_rate=0.2, rate_factor=3).rate == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (1000, 300)),
        ({"train_images": 100, "test_images": 50}, (100, 50)),
        ({"train_images": 5000, "test_images": 5000}, (1000, 300)),
        ({"held_out": True}, (800, 200)),
        ({"held_out": True, "train_images": 103, "test_images": 9}, (83, 20)),
    ],
)
def test_images_are_counted(changes, expected):
    assert small_settings(**changes).images(1000, 300) == expected


ENVELOPES = {
    "layer": "ordinary",
    "apertures": (0.2, 0.3),
    "aperture_bounds": (0.1, 2.0),
    "aperture_l2": 0.5,
    "train_apertures": False,
    "aperture_rate": 0.2,
}


def test_only_envelope_and_rounding_may_differ_between_matched_runs():
    one = small_settings()
    assert set(ENVELOPES) == set(ENVELOPE)
    rounding = {"method": "fft"}
    for changes in ({}, ENVELOPES, {"layer": "ordinary"}, rounding):
        assert one.is_matched_with(attrs.evolve(one, **changes))
    for name, value in {
        "kernel_initializer": "glorot_uniform",
        "use_bias": True,
        "restandardize": True,
        "block": "conv-relu",
        "inputs": "symmetric",
        "pixels": "stretched",
        "learning_rate": 0.1,
        "rate_factor": 3.0,
        "epochs": 5,
        "held_out": True,
    }.items():
        for more in ({}, {"layer": "ordinary"}):
            other = attrs.evolve(one, **{name: value} | more)
            assert not one.is_matched_with(other)
            assert not other.is_matched_with(one)
