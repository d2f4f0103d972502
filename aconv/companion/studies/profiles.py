"""How long runs are: the data sets of each study, at each length.

``full`` is the length of the paper, ``short`` what two processor cores do in hours on
real data, by measured step times and the accuracy of trial runs, ``demo`` what they do
in seconds on embedded data.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import attrs

Patch = Mapping[str, Any]
"""Settings that take the place of others."""

Profile = Literal["demo", "short", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)


@attrs.frozen(kw_only=True)
class SetEntry:
    """What a study trains on one data set, in patches of settings."""

    common: Patch = attrs.field(factory=dict)
    # Versions may have another design, or another full length, for the set.
    design: Patch
    full: Patch
    short: Patch


def length(
    epochs: int,
    batch_size: int,
    learning_rate: float,
    *,
    images: tuple[int, int] | None = None,
    **others: Any,
) -> Patch:
    """Return the settings of a row of Table 1; ``images`` to train on and to score."""
    row = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    if images is not None:
        row["train_images"], row["test_images"] = images
    return row | others


# scikit-learn of 2020 stretched the grey values of each photograph.
_FACES = {"pixels": "stretched"}

# Table 1, left.
SIMPLE_DATASETS: Mapping[str, SetEntry] = {
    "mnist": SetEntry(
        design={"inputs": "pixel-mean"},
        full=length(100, 128, 0.01),
        short=length(6, 64, 0.05, dropout=0.5, images=(3000, 2500)),
    ),
    "mnist_cluttered": SetEntry(
        # As they are in the published file, from 0 to 1.
        design={"inputs": "unit"},
        full=length(100, 128, 0.1),
        short=length(5, 32, 0.05, dropout=0.1, images=(8000, 1000)),
    ),
    "cifar10": SetEntry(
        design={"inputs": "pixel-mean"},
        full=length(120, 64, 0.01),
        short=length(8, 64, 0.05, dropout=0.5, images=(3000, 2500)),
    ),
    "fashion_mnist": SetEntry(
        design={"inputs": "pixel-mean"},
        full=length(100, 256, 0.01),
        short=length(7, 64, 0.05, dropout=0.5, images=(4000, 2500)),
    ),
    "lfw_faces": SetEntry(
        common=_FACES,
        design={"inputs": "pixel-mean"},
        full=length(100, 8, 0.001, augmentation="shift-0.1-flip"),
        short=length(8, 32, 0.02, dropout=0.5, augmentation="shift-0.1-flip"),
    ),
}
SIMPLE_DEMO = length(4, 32, 0.05, dropout=0.5, images=(480, 450))


def _short_resnet(epochs: int, images: tuple[int, int] | None = None) -> Patch:
    return length(
        epochs,
        32,
        0.1,
        images=images,
        schedule="one-cycle",
        lowest_rate=1e-4,
        # So few epochs have no steps of their own to rise by.
        cycle_by_batch=True,
        # And no dropout or augmentation: so few updates underfit.
        residual_blocks=1,
    )


# Table 1, right.
RESNET_DATASETS: Mapping[str, SetEntry] = {
    "mnist": SetEntry(
        design={"inputs": "global-mean"},
        full=length(50, 128, 0.5, residual_blocks=1, dropout=0.5),
        short=_short_resnet(6, images=(3000, 2500)),
    ),
    "mnist_cluttered": SetEntry(
        design={"inputs": "unit"},
        full=length(50, 128, 0.5, residual_blocks=1),
        short=_short_resnet(5, images=(4000, 1000)),
    ),
    "cifar10": SetEntry(
        design={"inputs": "global-mean"},
        full=length(200, 128, 0.05, residual_blocks=3, augmentation="shift-0.2-flip"),
        short=_short_resnet(7, images=(3000, 2500)),
    ),
    "fashion_mnist": SetEntry(
        design={"inputs": "global-mean"},
        full=length(100, 128, 0.05, residual_blocks=2, augmentation="shift-0.2-flip"),
        short=_short_resnet(6, images=(3000, 2500)),
    ),
    "lfw_faces": SetEntry(
        common=_FACES,
        design={"inputs": "global-mean"},
        full=length(150, 8, 0.05, residual_blocks=2, augmentation="shift-0.2-flip"),
        short=_short_resnet(8),
    ),
}
RESNET_DEMO = _short_resnet(4, images=(480, 450))

_COIN = "flip-brightness-once"
UNET_DATASETS: Mapping[str, SetEntry] = {
    "oxford_pets": SetEntry(
        design={"inputs": "symmetric"},
        full={"augmentation": _COIN},
        # Batches of two and a low rate: batch normalisation predicts by moving
        # averages, which reach back a hundred updates and lag behind faster weights.
        short=length(14, 2, 0.001, optimizer="adam", augmentation=_COIN),
    ),
}
UNET_DEMO = length(4, 16, 0.01, optimizer="adam")
