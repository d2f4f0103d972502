"""The versions of each study: what the paper's text, and its authors' code, train.

A version is a whole: every setting of its runs follows from it, from the data set and
from the length. ``paper`` is the text of the paper; where that is silent, it is the
version of the authors' code that is nearest in its other details. ``code-2020-06`` is
their code of June 2020 (commit a01db59), which made Table 3. ``code-2020-09`` is that
of September 2020 (commit de50499, folder ``tf2``), the nearest to what made Table 2 and
the results of the U-Net.

Not taken from the code of June: its optimisers never move what starts at zero (biases
of dense layers, beta of batch normalisation), which the paper does not say.
"""

from collections.abc import Mapping

import attrs

from aconv.companion.studies.profiles import (
    RESNET_DATASETS,
    SIMPLE_DATASETS,
    Patch,
    length,
)
from aconv.companion.training.settings import Kind


@attrs.frozen(kw_only=True)
class Version:
    """A whole, consistent set of settings, in patches, and where they are from.

    ``design`` is what is trained, ``full`` how, at full length, whatever the data set;
    ``starts`` have the initialisation of convolutions, bias included, by kind, and
    ``envelope`` what only adaptive layers have. ``designs`` and ``fulls`` take the
    place of a data set's own patches, ``exceptions`` that of single settings of these.
    """

    source: str
    design: Patch
    starts: Mapping[Kind, Patch]
    envelope: Patch
    full: Patch
    designs: Mapping[str, Patch] = attrs.field(factory=dict)
    fulls: Mapping[str, Patch] = attrs.field(factory=dict)
    exceptions: Mapping[tuple[str, int, Kind], Patch] = attrs.field(factory=dict)


# The code has no bounds there. These are beyond any size that a kernel can learn.
_NO_BOUNDS = (1e-3, 1e3)


def _starts(ordinary: str, adaptive: str, *, ordinary_bias: bool = False) -> Mapping:
    return {
        "ordinary": {"kernel_initializer": ordinary, "use_bias": ordinary_bias},
        "adaptive": {"kernel_initializer": adaptive, "use_bias": False},
    }


# Section 4.2: "drops the learning rate by a factor of 0.9 when no improvement is seen
# in the past 10 epochs"; the other details are those of September.
_PLATEAU = {
    "schedule": "plateau",
    "schedule_factor": 0.9,
    "plateau_patience": 10,
    "plateau_cooldown": 10,
    "lowest_rate": 1e-5,
    "dropout": 0.5,
}
_CENTRED_IN_SEPTEMBER = {"mnist_cluttered": {"inputs": "pixel-mean"}}
# Cluttered digits are left as they are.
_STANDARDIZED_IN_JUNE = {
    name: {"inputs": "standardized"}
    for name in SIMPLE_DATASETS
    if name != "mnist_cluttered"
}

SIMPLE: Mapping[str, Version] = {
    "paper": Version(
        source="Section 4.2, Table 1 and Algorithm 1; where they are silent, the code "
        "of September 2020, but without its bias, its rescaled outputs and its centred "
        "cluttered digits, none of which June's code has",
        # "All neuronal layers were followed by batch normalization (BN) and rectified
        # linear activation units": as in the code of June.
        design={"block": "conv-bn-relu"},
        starts=_starts("glorot_uniform", "he_uniform"),
        envelope={"apertures": (0.1, 0.5), "aperture_l2": 1e-5},
        full=_PLATEAU,
    ),
    "code-2020-06": Version(
        source="Conv2DAdaptive_k.py and the scripts that call it",
        design={"block": "conv-bn-relu"},
        starts=_starts("glorot_uniform", "he_uniform"),
        envelope={"apertures": (0.1, 0.3), "aperture_bounds": (0.1, 2.0)},
        full={
            "schedule": "steps",
            "schedule_factor": 0.9,
            "schedule_epochs": (20, 40, 60, 80),
            "dropout": 0.5,
        },
        designs=_STANDARDIZED_IN_JUNE,
        fulls={
            "mnist": length(120, 256, 0.01),
            "mnist_cluttered": length(120, 128, 0.01),
            "fashion_mnist": length(120, 256, 0.01),
            # Without augmentation.
            "lfw_faces": length(100, 8, 0.001),
        },
    ),
    "code-2020-09": Version(
        source="tf2/Conv2DAdaptive_k2.py and the scripts that call it",
        # Batch normalisation of the convolutions is commented out there.
        design={"block": "conv-relu"},
        starts=_starts("glorot_uniform", "he_uniform", ordinary_bias=True),
        envelope={"apertures": (0.1, 0.5), "aperture_l2": 1e-5, "restandardize": True},
        full=_PLATEAU,
        designs=_CENTRED_IN_SEPTEMBER,
        fulls={
            "mnist": length(100, 128, 0.1),
            "mnist_cluttered": length(100, 128, 0.01),
        },
        exceptions={("fashion_mnist", 9, "adaptive"): {"epochs": 10}},
    ),
}

# Section 4.3: a cycle that "starts the learning rate from 0.001", which at a multiplier
# of 0.1 is what the formula of the code gives.
_CYCLE = {"schedule": "one-cycle", "lowest_rate": 1e-4}
_DROPOUT_OF_CODE = {"mnist": {**RESNET_DATASETS["mnist"].full, "dropout": 0.25}}

RESNET: Mapping[str, Version] = {
    "paper": Version(
        source="Section 4.3, Table 1 and Algorithm 1; where they are silent, the code "
        "of June 2020, which made Table 3",
        design={"shortcut": "zeros", "kernel_l2": 1e-4},
        starts=_starts("he_normal", "he_uniform"),
        envelope={"apertures": (0.1, 0.3)},
        full={**_CYCLE, "cycle_by_batch": True},
        designs=_STANDARDIZED_IN_JUNE,
    ),
    "code-2020-06": Version(
        source="resnet-acnn-test_trials.py, resnet_s.py, Conv2DAdaptive_k.py",
        design={"shortcut": "zeros", "kernel_l2": 1e-4},
        starts=_starts("he_normal", "he_uniform"),
        envelope={"apertures": (0.1, 0.3), "aperture_bounds": (0.05, 2.0)},
        full={**_CYCLE, "cycle_by_batch": True},
        designs=_STANDARDIZED_IN_JUNE,
        fulls=_DROPOUT_OF_CODE,
    ),
    "code-2020-09": Version(
        source="tf2/resnet_acnn_test_trials.py, tf2/resnet_s.py",
        design={"shortcut": "itself", "kernel_l2": 1e-4},
        starts=_starts("he_normal", "he_uniform"),
        envelope={
            "apertures": (0.1, 0.3),
            # The clip was forgotten, and put back in October.
            "aperture_bounds": _NO_BOUNDS,
            "restandardize": True,
        },
        full={**_CYCLE, "cycle_top": 1 / 3},
        fulls=_DROPOUT_OF_CODE,
    ),
}

# Section 4.4.
_ADAM = {"optimizer": "adam", "epochs": 75, "learning_rate": 0.01}
_UNET_APERTURES = {"apertures": (0.1, 0.25), "aperture_l2": 1e-10}

UNET: Mapping[str, Version] = {
    "paper": Version(
        source="Section 4.4 and Algorithm 1; where they are silent, the code of "
        "September 2020, but without its rescaled outputs",
        design={"block": "conv-bn-elu"},
        starts=_starts("glorot_uniform", "glorot_uniform"),
        envelope=_UNET_APERTURES,
        full={**_ADAM, "batch_size": 64, "schedule": "constant"},
    ),
    "code-2020-09": Version(
        source="tf2/test_ox_pets_acnn_tf_data.py, tf2/Conv2DAdaptive_k2.py",
        design={"block": "conv-bn-elu"},
        starts=_starts("glorot_uniform", "glorot_uniform"),
        envelope={
            **_UNET_APERTURES,
            "aperture_bounds": (1 / 7, 5.0),
            "restandardize": True,
        },
        full={
            **_ADAM,
            "batch_size": 32,
            "schedule": "plateau",
            "schedule_factor": 0.2,
            "plateau_patience": 10,
            "plateau_cooldown": 0,
            # 22 batches of 32: a fifth of the test split.
            "test_images": 704,
        },
    ),
}
