"""Settings are what they say, survive their file, and refuse by name."""

import json

import attrs
import pytest
from small_settings import small_settings

from aconv.companion.training import settings as settings_module
from aconv.companion.training.augmentation import AUGMENTATIONS
from aconv.companion.training.networks import NETWORKS, SIMPLE_BLOCKS
from aconv.companion.training.preprocessing import INPUTS, PIXELS
from aconv.companion.training.settings import AUGMENTATIONS as AUGMENTATION_NAMES
from aconv.companion.training.settings import (
    BLOCKS,
    ENVELOPE,
    Settings,
)
from aconv.companion.training.settings import INPUTS as INPUT_NAMES
from aconv.companion.training.settings import PIXELS as PIXEL_NAMES
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
    settings = Settings(**NEEDED)
    assert attrs.asdict(settings) == DEFAULTS | NEEDED
    assert settings.differing() == NEEDED


def test_names_that_settings_allow_are_those_that_mean_something():
    assert set(BLOCKS) == set(NETWORKS)
    assert set(BLOCKS["simple"]) == set(SIMPLE_BLOCKS)
    assert set(INPUT_NAMES) == set(INPUTS)
    assert set(PIXEL_NAMES) == set(PIXELS)
    assert set(AUGMENTATION_NAMES) == set(AUGMENTATIONS)


def test_equal_settings_are_written_in_one_way():
    one = small_settings(learning_rate=1, dropout=0, apertures=[1, 2])
    other = small_settings(learning_rate=1.0, dropout=0.0, apertures=(1.0, 2.0))
    assert one == other
    assert json.dumps(one.differing()) == json.dumps(other.differing())


def test_settings_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        small_settings().epochs = 9


NAN, INF = float("nan"), float("inf")
BAD = {
    "network": ("one of ('simple', 'resnet', 'unet')", ["vgg", None, 3]),
    "layer": ("one of ('adaptive', 'ordinary')", ["free", None, True]),
    "block": (
        "one of ('conv-bn-relu', 'conv-relu') for network 'simple'",
        ["conv-bn-elu", None, []],
    ),
    "kernel_initializer": (
        "one of ('glorot_uniform', 'he_uniform', 'he_normal')",
        ["zeros", None],
    ),
    "use_bias": ("a boolean", [0, None, "no"]),
    "restandardize": ("a boolean", [1]),
    "method": ("one of ('direct', 'fft')", ["FFT", None, 1]),
    "all_layers": ("a boolean", [1]),
    "apertures": (
        "a pair (low, high) with 0 < low <= high",
        [None, 0.1, (0.1,), (0.5, 0.1), (0.0, 1.0), (0.1, INF), (NAN, 1.0), "ab"],
    ),
    "aperture_bounds": (
        "a pair (low, high) with 0 < low <= high",
        [0.1, (0.1, 0.2, 0.3), (-1.0, 1.0), (True, 2.0)],
    ),
    "aperture_l2": ("a number >= 0", [-1.0, NAN, INF, "0", None, True]),
    "train_apertures": ("a boolean", [1]),
    "aperture_rate": ("a number >= 0", [-0.1, "0.1", None]),
    "residual_blocks": ("an integer >= 1", [0, 1.5, True]),
    "shortcut": ("one of ('zeros', 'itself')", ["ones", 1]),
    "kernel_l2": ("a number >= 0", [-1.0]),
    "dropout": ("a number in [0, 1)", [1.0, -0.1, NAN, "0.5", True, None]),
    "pixels": ("one of ('stored', 'stretched')", ["raw"]),
    "inputs": (
        "one of ('unit', 'pixel-mean', 'global-mean', 'standardized', 'symmetric')",
        ["raw", None],
    ),
    "augmentation": (
        "one of ('none', 'shift-0.1-flip', 'shift-0.2-flip', 'flip-brightness-once')",
        ["flip", None],
    ),
    "optimizer": ("one of ('sgd', 'adam')", ["rmsprop"]),
    "momentum": ("a number in [0, 1)", [1.0, -0.5]),
    "clip_value": ("a number > 0", [0.0, -1.0, INF]),
    "epochs": ("an integer >= 1", [0, 2.5, True, "3", None]),
    "batch_size": ("an integer >= 1", [-1, 0]),
    "learning_rate": ("a number >= 0", [-1.0, NAN, True, None]),
    "rate_factor": ("a number > 0", [0.0, -1.0]),
    "schedule": ("one of ('constant', 'plateau', 'steps', 'one-cycle')", ["cosine"]),
    "schedule_factor": ("a number in (0, 1)", [0.0, 1.0]),
    "schedule_epochs": (
        "increasing epochs, integers >= 1",
        [(2, 1), (1, 1), (0, 1), (1.5,), 3, (True,)],
    ),
    "plateau_patience": ("an integer >= 0", [-1, 0.5]),
    "plateau_cooldown": ("an integer >= 0", [-1, None]),
    "lowest_rate": ("a number >= 0", [-1.0]),
    "cycle_top": ("a number in (0, 1)", [0.0, 1.0, NAN]),
    "cycle_by_batch": ("a boolean", [0]),
    "train_images": ("an integer >= 1", [0, 1.5]),
    "test_images": ("an integer >= 1", [0, "all"]),
    "held_out": ("a boolean", [None, 1]),
}


@pytest.mark.parametrize(
    ("name", "allowed", "value"),
    [(name, allowed, bad) for name, (allowed, all_) in BAD.items() for bad in all_],
)
def test_what_no_run_could_have_is_refused_by_name(name, allowed, value):
    with pytest.raises(ValueError) as refusal:
        small_settings(**{name: value})
    message = str(refusal.value)
    assert message.startswith(f"`{name}` must be {allowed}. Received: ")
    assert message.endswith(repr(value))


def test_every_field_refuses_something():
    assert set(BAD) == {field.name for field in attrs.fields(Settings)}


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
        (
            {"all_layers": True},
            "`all_layers` must be False but for adaptive layers of the network 'unet': "
            "the others exchange all their convolutions. Received: network 'simple', "
            "layer 'adaptive'",
        ),
        (
            {"network": "unet", "layer": "ordinary", "all_layers": True},
            "`all_layers` must be False but for adaptive layers of the network 'unet': "
            "the others exchange all their convolutions. Received: network 'unet', "
            "layer 'ordinary'",
        ),
        (
            {"schedule": "steps"},
            "`schedule_epochs` must be given for the schedule 'steps' and for no "
            "other. Received: () for 'steps'",
        ),
        (
            {"schedule_epochs": (3,)},
            "`schedule_epochs` must be given for the schedule 'steps' and for no "
            "other. Received: (3,) for 'constant'",
        ),
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
    settings = small_settings()
    assert set(ENVELOPES) == set(ENVELOPE)
    assert settings.is_matched_with(settings)
    for changes in (
        ENVELOPES,
        {"layer": "ordinary"},
        {"apertures": (0.2, 0.3)},
        # It is rounding.
        {"method": "fft"},
    ):
        assert settings.is_matched_with(attrs.evolve(settings, **changes))
    for name, value in (
        ("kernel_initializer", "glorot_uniform"),
        ("use_bias", True),
        ("restandardize", True),
        ("block", "conv-relu"),
        ("inputs", "symmetric"),
        ("pixels", "stretched"),
        ("learning_rate", 0.1),
        ("rate_factor", 3.0),
        ("epochs", 5),
        ("held_out", True),
    ):
        for more in ({}, {"layer": "ordinary"}):
            other = attrs.evolve(settings, **{name: value} | more)
            assert not settings.is_matched_with(other)
            assert not other.is_matched_with(settings)


def test_methods_are_those_of_the_layers():
    assert settings_module.Method == method.Method
