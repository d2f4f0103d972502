"""The studies of Section 4, and the runs that they consist of."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np

from aconv.companion.datasets import Dataset, info, stand_in
from aconv.companion.runs import profiles
from aconv.companion.runs.arms import ARMS, PUBLISHED
from aconv.companion.runs.profiles import PROFILES, Profile
from aconv.companion.runs.spec import RunSpec, Settings
from aconv.companion.training import augmentation, preprocessing
from aconv.companion.training.augmentation import Augmentation
from aconv.companion.training.kinds import KINDS, Kind
from aconv.companion.training.networks import resnet, simple_cnn, unet
from aconv.companion.training.recipe import Recipe

# Seeds of the paper's five repeats, in the authors' scripts.
SEEDS = tuple(31 + 17 * repeat for repeat in range(5))

ALL_SEEDS = tuple(31 + 17 * repeat for repeat in range(10))
"""Those of the second look at runs that five seeds do not decide; the first come
first."""

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
            settings=profiles.simple,
            inputs=preprocessing.simple_network_inputs,
            augmentation=augmentation.SIMPLE_NETWORK_FACES,
            printed=profiles.simple_printed,
        ),
        Study(  # Section 4.3
            name="resnet",
            datasets=_CLASSIFICATION,
            arms=_all_arms((3, 5, 7)),
            kept=_THREE_ARMS,
            network=resnet,
            settings=profiles.resnet,
            inputs=preprocessing.resnet_inputs,
            augmentation=augmentation.RESNET,
            printed=profiles.resnet_printed,
        ),
        Study(  # Section 4.4
            name="unet",
            datasets=("oxford_pets",),
            arms=_THREE_ARMS,
            kept=_THREE_ARMS,
            network=unet,
            settings=profiles.unet,
            inputs=preprocessing.unet_inputs,
            augmentation=augmentation.UNET,
            reduced_datasets=("oxford_pets_3breeds",),
            all_exchanged=False,
            printed=profiles.unet_printed,
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
    if info_of_arm.rate_share != 1:
        recipe = dataclasses.replace(
            recipe,
            learning_rate=info_of_arm.rate_share * recipe.learning_rate,
            aperture_rate=info_of_arm.rate_share * recipe.aperture_rate,
        )
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
        settings,
        recipe=recipe,
        dropout=dropout,
        variant=info_of_arm.variant,
        held_out=info_of_arm.held_out,
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
