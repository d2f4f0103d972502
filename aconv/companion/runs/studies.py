"""The studies of Section 4 and what each profile makes of them.

The numbers of the profile ``paper`` are those of the authors' run scripts; where the
paper prints others (Table 1), the book says so. Those of ``reduced`` come from measured
step times, and from the accuracy that trial runs reached: on two CPU cores all runs of
a study take hours (simple 5, resnet 4, unet 1), with PyTorch for the first two, whose
convolutions are faster there, and TensorFlow for the U-Net.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

import keras
import numpy as np

from aconv.companion.datasets import Dataset, info, stand_in
from aconv.companion.runs.arms import ARMS, PUBLISHED
from aconv.companion.runs.spec import RunSpec, Settings
from aconv.companion.training import augmentation, preprocessing
from aconv.companion.training.augmentation import Augmentation
from aconv.companion.training.kinds import KINDS, Kind
from aconv.companion.training.networks import resnet, simple_cnn, unet
from aconv.companion.training.recipe import Recipe

Profile = Literal["quick", "reduced", "paper"]
PROFILES: tuple[Profile, ...] = get_args(Profile)

# Seeds of the paper's five repeats, in the authors' scripts.
SEEDS = tuple(31 + 17 * repeat for repeat in range(5))

ALL_SEEDS = tuple(31 + 17 * repeat for repeat in range(10))
"""Those of the second look at runs that five seeds do not decide; the first come
first."""

# The rate of the apertures over that of the weights. The authors' ResNet runs had peaks
# of 0.1 and 0.5; for the simple network only that it was smaller is known.
_APERTURE_SHARE = 0.2

Arm = tuple[Kind, int]


@dataclasses.dataclass(frozen=True)
class Study:
    """One comparison of the paper.

    Attributes:
        name: Name, also on the command line.
        datasets: The paper's data sets, in the order of its tables.
        arms: Kinds and kernel sizes that are compared.
        kept: Arms whose first seed keeps its weights.
        network: Function of ``training.networks`` that builds its network.
        settings: From one of the paper's data sets and a profile to settings.
        inputs: From a data set to the network's training and test inputs.
        augmentation: How training images are varied where settings say so.
        reduced_datasets: Smaller sets that stand for ``datasets`` in ``reduced``.
        all_exchanged: Whether all convolutions are exchanged, or the first one only.
        printed: From one of the paper's data sets to what the paper prints otherwise
            than the authors' scripts have it, by field of ``Recipe`` or ``Settings``,
            for the profile ``paper``; empty where nothing differs that can be set.
    """

    name: str
    datasets: tuple[str, ...]
    arms: tuple[Arm, ...]
    kept: tuple[Arm, ...]
    network: Callable[..., keras.Model]
    settings: Callable[[str, Profile], Settings]
    inputs: Callable[[Dataset], tuple[np.ndarray, np.ndarray]]
    augmentation: Augmentation
    reduced_datasets: tuple[str, ...] = ()
    all_exchanged: bool = True
    printed: Callable[[str], Mapping[str, Any]] = lambda dataset: {}

    @property
    def kernel_sizes(self) -> tuple[int, ...]:
        """Kernel sizes of the arms, in order."""
        return tuple(sorted({size for _, size in self.arms}))

    def datasets_of(self, profile: Profile) -> tuple[str, ...]:
        """Data sets that a profile takes unless others are named.

        The embedded stand-ins for ``quick``, the smaller set where a study has one for
        ``reduced``, else the paper's.
        """
        if profile == "quick":
            return tuple(dict.fromkeys(stand_in(name) for name in self.datasets))
        if profile == "reduced" and self.reduced_datasets:
            return self.reduced_datasets
        return self.datasets

    def allowed_datasets(self, profile: Profile) -> tuple[str, ...]:
        """Data sets that a profile can take."""
        if profile == "quick":
            return self.datasets_of(profile)
        return (*self.datasets, *self.reduced_datasets)


def _simple(dataset: str, profile: Profile) -> Settings:
    epochs, batch_size, rate = {
        "mnist": (100, 128, 0.1),
        "mnist_cluttered": (100, 128, 0.01),
        "cifar10": (120, 64, 0.01),
        "fashion_mnist": (100, 256, 0.01),
        "lfw_faces": (100, 8, 0.001),
    }[dataset]
    augment = dataset == "lfw_faces"
    if profile == "paper":
        return Settings(
            Recipe(epochs, batch_size, rate, _APERTURE_SHARE * rate), augment=augment
        )
    if profile == "quick":
        return Settings(
            Recipe(4, 32, 0.05, _APERTURE_SHARE * 0.05),
            train_images=480,
            test_images=450,
        )
    # Few images per step and a higher rate than in the paper: a hundredth of its
    # updates has to do.
    epochs, batch_size, rate, train_images, test_images = {
        "mnist": (6, 64, 0.1, 3000, 2500),
        "mnist_cluttered": (5, 32, 0.01, 8000, 1000),
        "cifar10": (8, 64, 0.05, 3000, 2500),
        "fashion_mnist": (7, 64, 0.05, 4000, 2500),
        "lfw_faces": (8, 32, 0.02, None, None),
    }[dataset]
    # On the large frames of cluttered digits the moving averages of batch normalisation
    # never catch up at a constant rate (the network is at chance on test images while
    # it learns the training ones), and with the paper's dropout it learns nothing yet.
    schedule, dropout = {"mnist_cluttered": ("one_cycle", 0.1)}.get(
        dataset, ("plateau", None)
    )
    return Settings(
        Recipe(epochs, batch_size, rate, _APERTURE_SHARE * rate, schedule=schedule),
        train_images=train_images,
        test_images=test_images,
        augment=augment,
        dropout=dropout,
    )


def _simple_printed(dataset: str) -> dict[str, Any]:
    # Table 1 has the multipliers of these two sets the other way round.
    rates = {"mnist": 0.01, "mnist_cluttered": 0.1}
    if dataset not in rates:
        return {}
    rate = rates[dataset]
    return {"learning_rate": rate, "aperture_rate": _APERTURE_SHARE * rate}


def _resnet(dataset: str, profile: Profile) -> Settings:
    epochs, batch_size, multiplier, blocks = {
        "mnist": (50, 128, 1.0, 1),
        "mnist_cluttered": (50, 128, 1.0, 1),
        "cifar10": (200, 128, 0.1, 3),
        "fashion_mnist": (100, 128, 0.1, 2),
        "lfw_faces": (150, 8, 0.1, 2),
    }[dataset]
    dropout = 0.25 if dataset == "mnist" else 0.0
    augment = dataset in ("cifar10", "fashion_mnist", "lfw_faces")
    peak = 0.5 * multiplier
    train_images = test_images = None
    if profile != "paper":
        # One block per level, and no dropout or augmentation: so few updates underfit.
        blocks, dropout, augment = 1, 0.0, False
        epochs, batch_size, peak = 4, 32, 0.1
        train_images, test_images = 480, 450
    if profile == "reduced":
        epochs, train_images, test_images = {
            "mnist": (6, 3000, 2500),
            "mnist_cluttered": (5, 4000, 1000),
            "cifar10": (7, 3000, 2500),
            "fashion_mnist": (6, 3000, 2500),
            "lfw_faces": (8, None, None),
        }[dataset]
    recipe = Recipe(
        epochs, batch_size, peak, _APERTURE_SHARE * peak, schedule="one_cycle"
    )
    return Settings(recipe, train_images, test_images, augment, blocks, dropout)


def _resnet_printed(dataset: str) -> dict[str, Any]:
    return {"dropout": 0.5} if dataset == "mnist" else {}


def _unet(dataset: str, profile: Profile) -> Settings:
    # With few updates, small batches and a lower rate: batch normalisation predicts by
    # moving averages, which reach back a hundred updates, and at 0.01 they lag behind
    # the weights (14 epochs on the three breeds: 0.68 of the pixels right, not 0.76).
    epochs, batch_size, rate = {
        "quick": (4, 16, 0.01),
        "reduced": (14, 8, 0.003),
        "paper": (75, 32, 0.01),
    }[profile]
    # The published U-Net runs had one rate for all weights.
    recipe = Recipe(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=rate,
        aperture_rate=rate,
        optimizer="adam",
        plateau_factor=0.2,
        plateau_patience=10,
        plateau_cooldown=0,
    )
    # 22 batches of 32: the authors scored a fifth of the test split.
    test_images = 704 if profile == "paper" else None
    return Settings(recipe, test_images=test_images, augment=profile != "quick")


def _unet_printed(dataset: str) -> dict[str, Any]:
    return {"batch_size": 64, "schedule": "constant"}


_CLASSIFICATION = ("mnist", "mnist_cluttered", "cifar10", "fashion_mnist", "lfw_faces")
_THREE_ARMS: tuple[Arm, ...] = (("ordinary", 3), ("ordinary", 7), ("adaptive", 7))


def _all_arms(kernel_sizes: Iterable[int]) -> tuple[Arm, ...]:
    return tuple((kind, size) for size in kernel_sizes for kind in KINDS)


STUDIES: Mapping[str, Study] = {
    study.name: study
    for study in (
        Study(  # Section 4.2
            name="simple",
            datasets=_CLASSIFICATION,
            arms=_all_arms((3, 5, 7, 9)),
            kept=_all_arms((3, 5, 7, 9)),
            network=simple_cnn,
            settings=_simple,
            inputs=preprocessing.simple_network_inputs,
            augmentation=augmentation.SIMPLE_NETWORK_FACES,
            printed=_simple_printed,
        ),
        Study(  # Section 4.3
            name="resnet",
            datasets=_CLASSIFICATION,
            arms=_all_arms((3, 5, 7)),
            kept=_THREE_ARMS,
            network=resnet,
            settings=_resnet,
            inputs=preprocessing.resnet_inputs,
            augmentation=augmentation.RESNET,
            printed=_resnet_printed,
        ),
        Study(  # Section 4.4
            name="unet",
            datasets=("oxford_pets",),
            arms=_THREE_ARMS,
            kept=_THREE_ARMS,
            network=unet,
            settings=_unet,
            inputs=preprocessing.unet_inputs,
            augmentation=augmentation.UNET,
            reduced_datasets=("oxford_pets_3breeds",),
            all_exchanged=False,
            printed=_unet_printed,
        ),
    )
}


def get_study(name: str) -> Study:
    """Returns a study by its name.

    Args:
        name: One of ``STUDIES``.

    Returns:
        The ``Study``.

    Raises:
        ValueError: If there is none of that name.
    """
    if name not in STUDIES:
        raise ValueError(f"`study` must be one of {tuple(STUDIES)}. Received: {name!r}")
    return STUDIES[name]


def make_spec(
    study: str,
    dataset: str,
    arm: str,
    kernel_size: int,
    seed: int,
    profile: Profile = "quick",
    *,
    epochs: int | None = None,
) -> RunSpec:
    """Makes the spec of one run from the profile of a study.

    Args:
        study: One of ``STUDIES``.
        dataset: A data set of the study and the profile. The profile ``quick`` takes
            embedded sets only.
        arm: One of ``runs.ARMS``; ``"adaptive"`` and ``"ordinary"``
            are the published ones.
        kernel_size: A kernel size of the study.
        seed: From 0 to 2^32 - 1.
        profile: One of ``PROFILES``.
        epochs: Number of epochs instead of the profile's.

    Returns:
        The ``RunSpec``.

    Raises:
        ValueError: If a value is not as above; the message names it.

    Example:
        >>> make_spec("simple", "digits", "adaptive", 7, seed=31).settings.recipe.epochs
        4
    """
    found = get_study(study)
    if profile not in PROFILES:
        raise ValueError(f"`profile` must be one of {PROFILES}. Received: {profile!r}")
    allowed = found.allowed_datasets(profile)
    if dataset not in allowed:
        raise ValueError(
            f"`dataset` must be one of {allowed} for study {study!r} and profile "
            f"{profile!r}. Received: {dataset!r}"
        )
    if kernel_size not in found.kernel_sizes:
        raise ValueError(
            f"`kernel_size` must be one of {found.kernel_sizes} for study {study!r}. "
            f"Received: {kernel_size!r}"
        )
    _check_arm(arm)
    info_of_arm = ARMS[arm]
    if (info_of_arm.kind, kernel_size) not in found.arms:
        raise ValueError(
            f"Kind and `kernel_size` of an arm must be one of {found.arms} for study "
            f"{study!r}. Received: {(info_of_arm.kind, kernel_size)}"
        )
    if info_of_arm.variant.everywhere and found.all_exchanged:
        raise ValueError(
            f"`arm` {arm!r} is for studies that exchange some convolutions only. "
            f"Received: study {study!r}, where {info_of_arm.kind!r} exchanges all"
        )
    settings = found.settings(_paper_dataset(found, dataset), profile)
    recipe = settings.recipe
    if epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=epochs)
    if info_of_arm.aperture_share is not None:
        rate = info_of_arm.aperture_share * recipe.learning_rate
        recipe = dataclasses.replace(recipe, aperture_rate=rate)
    if info_of_arm.as_printed:
        settings = _as_printed(found, dataset, profile, settings)
        recipe = settings.recipe
        if epochs is not None:
            recipe = dataclasses.replace(recipe, epochs=epochs)
    dropout = settings.dropout if info_of_arm.dropout is None else info_of_arm.dropout
    settings = dataclasses.replace(
        settings, recipe=recipe, dropout=dropout, variant=info_of_arm.variant
    )
    return RunSpec(
        study, dataset, info_of_arm.kind, kernel_size, seed, profile, settings, arm
    )


def grid(
    study: str,
    profile: Profile = "quick",
    *,
    datasets: Iterable[str] | None = None,
    kernel_sizes: Iterable[int] | None = None,
    arms: Iterable[str] = PUBLISHED,
    seeds: Iterable[int] = SEEDS,
    epochs: int | None = None,
) -> list[RunSpec]:
    """Makes the specs of a study, all of them or a part.

    Args:
        study: One of ``STUDIES``.
        profile: One of ``PROFILES``.
        datasets: Data sets; those of the profile if None.
        kernel_sizes: Kernel sizes; those of the study if None.
        arms: Names of arms, of ``runs.ARMS``; by default the two that
            the paper compares.
        seeds: Seeds, by default those of the paper's five repeats.
        epochs: Number of epochs instead of the profile's.

    Returns:
        The specs. All arms of a data set come with one seed before the next seed, so
        that a sweep that is stopped leaves arms that can be compared.

    Raises:
        ValueError: If a value is unknown, or nothing is left of the grid.
    """
    found = get_study(study)
    if profile not in PROFILES:
        raise ValueError(f"`profile` must be one of {PROFILES}. Received: {profile!r}")
    datasets = found.datasets_of(profile) if datasets is None else tuple(datasets)
    arms = tuple(dict.fromkeys(arms))
    sizes = found.kernel_sizes if kernel_sizes is None else tuple(kernel_sizes)
    seeds = tuple(seeds)
    unknown = [size for size in sizes if size not in found.kernel_sizes]
    if unknown:
        raise ValueError(
            f"`kernel_sizes` must be among {found.kernel_sizes} for study {study!r}. "
            f"Received: {unknown}"
        )
    for arm in arms:
        _check_arm(arm)
    specs = [
        make_spec(study, dataset, arm, size, seed, profile, epochs=epochs)
        for dataset in dict.fromkeys(datasets)
        for seed in dict.fromkeys(seeds)
        for kind, size in found.arms
        for arm in arms
        if ARMS[arm].kind == kind and size in sizes
    ]
    if not specs:
        raise ValueError(
            f"No run of study {study!r} is in the grid. Received: datasets={datasets}, "
            f"arms={arms}, kernel_sizes={sizes}, seeds={seeds}"
        )
    return specs


def _as_printed(
    study: Study, dataset: str, profile: Profile, settings: Settings
) -> Settings:
    printed = study.printed(_paper_dataset(study, dataset))
    if profile != "paper" or not printed:
        raise ValueError(
            "`arm` as printed is for the profile 'paper' of data sets for which the "
            "paper prints settings that differ. Received: "
            f"study {study.name!r}, dataset {dataset!r}, profile {profile!r}"
        )
    fields = {field.name for field in dataclasses.fields(Recipe)}
    of_recipe = {name: value for name, value in printed.items() if name in fields}
    others = {name: value for name, value in printed.items() if name not in fields}
    recipe = dataclasses.replace(settings.recipe, **of_recipe)
    return dataclasses.replace(settings, recipe=recipe, **others)


def _check_arm(arm: str) -> None:
    if arm not in ARMS:
        raise ValueError(f"`arm` must be one of {tuple(ARMS)}. Received: {arm!r}")


def _paper_dataset(study: Study, dataset: str) -> str:
    """The paper's set whose settings a set takes: its own, or what it stands for."""
    if dataset in study.datasets:
        return dataset
    facts = info(dataset)
    names = (*facts.stands_for, facts.made_from)
    return next(name for name in names if name in study.datasets)
