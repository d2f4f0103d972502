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
NO_PAIRS = [0.1, (0.1,), (0.5, 0.1), (0.0, 1.0), (0.1, INF), (NAN, 1.0), "ab"]
EPOCHS = "increasing epochs, integers >= 1"
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
    (PAIR, "apertures", [None, (True, 2.0)]),
    (EPOCHS, "schedule_epochs", [(2, 1), (1, 1), (0, 1), (1.5,), 3, (True,)]),
    ("one of ('simple', 'resnet', 'unet')", "network", ["vgg", None, 3]),
    (f"one of {settings.LAYERS}", "layer", ["free", "flexconv", None, True]),
    (
        "one of ('conv-bn-relu', 'conv-relu') for network 'simple'",
        "block",
        ["conv-bn-elu", None, []],
    ),
    (f"one of {settings.INITIALIZERS}", "kernel_initializer", ["zeros", None]),
    ("one of ('direct', 'fft')", "method", ["FFT", None, 1]),
    ("one of ('zeros', 'itself')", "shortcut", ["ones", 1]),
    ("one of ('stored', 'stretched')", "pixels", ["raw"]),
    (f"one of {settings.INPUTS}", "inputs", ["raw", None]),
    (f"one of {settings.AUGMENTATIONS}", "augmentation", ["flip", None]),
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


RESNET, LAYERS = {"network": "resnet"}, {"all_layers": True}
ONLY_UNET = (
    "False but for adaptive layers of the network 'unet': the others exchange all "
    "their convolutions. Received: network "
)
ONLY_STEPS = "given for the schedule 'steps' and for no other. Received: "


@pytest.mark.parametrize(
    ("name", "value", "others", "words"),
    [
        ("residual_blocks", 2, {}, "None for network 'simple'"),
        ("residual_blocks", None, RESNET, "a value for network 'resnet'"),
        ("shortcut", None, RESNET, "a value for network 'resnet'"),
        ("network", "resnet", {"layer": "FlexConv"}, "'simple' for layer 'FlexConv'"),
        ("method", "fft", {"layer": "GMConv"}, "'direct' for layer 'GMConv'"),
        ("kernel_l2", 1e-4, {"layer": "DCLS"}, "0.0 for layer 'DCLS'"),
        ("all_layers", True, {}, f"{ONLY_UNET}'simple', layer 'adaptive'"),
        (
            *("all_layers", True, {"network": "unet", "layer": "ordinary"}),
            f"{ONLY_UNET}'unet', layer 'ordinary'",
        ),
        ("schedule_epochs", (), {"schedule": "steps"}, f"{ONLY_STEPS}() for 'steps'"),
        ("schedule_epochs", (3,), {}, f"{ONLY_STEPS}(3,) for 'constant'"),
    ],
)
def test_what_does_not_go_together_is_refused(name, value, others, words):
    with pytest.raises(ValueError) as refusal:
        small_settings(**{name: value} | others)
    received = "" if "Received" in words else f". Received: {value!r}"
    assert str(refusal.value) == f"`{name}` must be {words}{received}"


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


def test_only_envelope_and_rounding_may_differ_between_matched_runs():
    one = small_settings()
    envelope = {
        "layer": "ordinary",
        "apertures": (0.2, 0.3),
        "aperture_bounds": (0.1, 2.0),
        "aperture_l2": 0.5,
        "train_apertures": False,
        "aperture_rate": 0.2,
    }
    assert set(envelope) == set(ENVELOPE)
    for changes in ({}, envelope, {"layer": "ordinary"}, {"method": "fft"}):
        assert one.is_matched_with(attrs.evolve(one, **changes))
    starts, length = {"kernel_initializer": "glorot_uniform"}, {"epochs": 5}
    for changes in (starts, starts | {"layer": "ordinary"}, length):
        other = attrs.evolve(one, **changes)
        assert not one.is_matched_with(other)
        assert not other.is_matched_with(one)
