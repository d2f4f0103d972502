"""How long runs are: the data sets of each study, at each length.

``full`` is the length of the paper, ``short`` what two processor cores do in hours on
parts of the real data, ``demo`` what they do in seconds on embedded data. The numbers
of ``short`` come from measured step times and from the accuracy that trial runs
reached.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import attrs

from aconv.companion.studies.merging import Patch

Profile = Literal["demo", "short", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)

_NONE: Mapping = {}


def check_profile(profile: str) -> None:
    """Raise if there is no such profile."""
    if profile not in PROFILES:
        raise ValueError(f"`profile` must be one of {PROFILES}. Received: {profile!r}")


@attrs.frozen(kw_only=True)
class SetEntry:
    """What a study trains on one data set, in patches of settings.

    Attributes:
        common: In every version, at every length.
        design: At every length, in versions that have no other design for the set.
        full: At full length, in versions that have no other for the set.
        short: At the length of ``short``, in every version.
    """

    common: Patch = _NONE
    design: Patch
    full: Patch
    short: Patch


# scikit-learn of 2020 stretched the grey values of each photograph.
_FACES = {"pixels": "stretched"}

# Table 1, left.
SIMPLE_DATASETS: Mapping[str, SetEntry] = {
    "mnist": SetEntry(
        design={"inputs": "pixel-mean"},
        full={"epochs": 100, "batch_size": 128, "learning_rate": 0.01},
        short={
            "epochs": 6,
            "batch_size": 64,
            "learning_rate": 0.05,
            "dropout": 0.5,
            "train_images": 3000,
            "test_images": 2500,
        },
    ),
    "mnist_cluttered": SetEntry(
        # As they are in the published file, from 0 to 1.
        design={"inputs": "unit"},
        full={"epochs": 100, "batch_size": 128, "learning_rate": 0.1},
        short={
            "epochs": 5,
            "batch_size": 32,
            "learning_rate": 0.05,
            "dropout": 0.1,
            "train_images": 8000,
            "test_images": 1000,
        },
    ),
    "cifar10": SetEntry(
        design={"inputs": "pixel-mean"},
        full={"epochs": 120, "batch_size": 64, "learning_rate": 0.01},
        short={
            "epochs": 8,
            "batch_size": 64,
            "learning_rate": 0.05,
            "dropout": 0.5,
            "train_images": 3000,
            "test_images": 2500,
        },
    ),
    "fashion_mnist": SetEntry(
        design={"inputs": "pixel-mean"},
        full={"epochs": 100, "batch_size": 256, "learning_rate": 0.01},
        short={
            "epochs": 7,
            "batch_size": 64,
            "learning_rate": 0.05,
            "dropout": 0.5,
            "train_images": 4000,
            "test_images": 2500,
        },
    ),
    "lfw_faces": SetEntry(
        common=_FACES,
        design={"inputs": "pixel-mean"},
        full={
            "epochs": 100,
            "batch_size": 8,
            "learning_rate": 0.001,
            "augmentation": "shift-0.1-flip",
        },
        short={
            "epochs": 8,
            "batch_size": 32,
            "learning_rate": 0.02,
            "dropout": 0.5,
            "augmentation": "shift-0.1-flip",
        },
    ),
}
SIMPLE_DEMO: Patch = {
    "epochs": 4,
    "batch_size": 32,
    "learning_rate": 0.05,
    "dropout": 0.5,
    "train_images": 480,
    "test_images": 450,
}

# One block per level, and no dropout or augmentation: so few updates underfit.
_SHORT_RESNET: Patch = {
    "batch_size": 32,
    "learning_rate": 0.1,
    "schedule": "one-cycle",
    "lowest_rate": 1e-4,
    # So few epochs have no steps of their own to rise by.
    "cycle_by_batch": True,
    "residual_blocks": 1,
}

# Table 1, right.
RESNET_DATASETS: Mapping[str, SetEntry] = {
    "mnist": SetEntry(
        design={"inputs": "global-mean"},
        full={
            "epochs": 50,
            "batch_size": 128,
            "learning_rate": 0.5,
            "residual_blocks": 1,
            "dropout": 0.5,
        },
        short={
            **_SHORT_RESNET,
            "epochs": 6,
            "train_images": 3000,
            "test_images": 2500,
        },
    ),
    "mnist_cluttered": SetEntry(
        design={"inputs": "unit"},
        full={
            "epochs": 50,
            "batch_size": 128,
            "learning_rate": 0.5,
            "residual_blocks": 1,
        },
        short={
            **_SHORT_RESNET,
            "epochs": 5,
            "train_images": 4000,
            "test_images": 1000,
        },
    ),
    "cifar10": SetEntry(
        design={"inputs": "global-mean"},
        full={
            "epochs": 200,
            "batch_size": 128,
            "learning_rate": 0.05,
            "residual_blocks": 3,
            "augmentation": "shift-0.2-flip",
        },
        short={
            **_SHORT_RESNET,
            "epochs": 7,
            "train_images": 3000,
            "test_images": 2500,
        },
    ),
    "fashion_mnist": SetEntry(
        design={"inputs": "global-mean"},
        full={
            "epochs": 100,
            "batch_size": 128,
            "learning_rate": 0.05,
            "residual_blocks": 2,
            "augmentation": "shift-0.2-flip",
        },
        short={
            **_SHORT_RESNET,
            "epochs": 6,
            "train_images": 3000,
            "test_images": 2500,
        },
    ),
    "lfw_faces": SetEntry(
        common=_FACES,
        design={"inputs": "global-mean"},
        full={
            "epochs": 150,
            "batch_size": 8,
            "learning_rate": 0.05,
            "residual_blocks": 2,
            "augmentation": "shift-0.2-flip",
        },
        short={**_SHORT_RESNET, "epochs": 8},
    ),
}
RESNET_DEMO: Patch = {
    **_SHORT_RESNET,
    "epochs": 4,
    "train_images": 480,
    "test_images": 450,
}

UNET_DATASETS: Mapping[str, SetEntry] = {
    "oxford_pets": SetEntry(
        design={"inputs": "symmetric"},
        full={"augmentation": "flip-brightness-once"},
        # Batches of two and a low rate: batch normalisation predicts by moving
        # averages, which reach back a hundred updates and lag behind faster weights.
        short={
            "optimizer": "adam",
            "epochs": 14,
            "batch_size": 2,
            "learning_rate": 0.001,
            "augmentation": "flip-brightness-once",
        },
    ),
}
UNET_DEMO: Patch = {
    "optimizer": "adam",
    "epochs": 4,
    "batch_size": 16,
    "learning_rate": 0.01,
}
