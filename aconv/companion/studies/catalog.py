"""The studies of Section 4, and the runs that they consist of."""

from collections.abc import Iterable, Mapping

import attrs

from aconv.companion.choices import one_of
from aconv.companion.datasets import info, stand_in
from aconv.companion.studies import profiles, versions
from aconv.companion.studies.arms import COMPARED, Arm, get_arm
from aconv.companion.studies.profiles import PROFILES, Patch, Profile, SetEntry
from aconv.companion.studies.spec import RunSpec
from aconv.companion.studies.versions import Version
from aconv.companion.training.settings import KINDS, Kind, Method, Settings

ALL_SEEDS = tuple(31 + 17 * repeat for repeat in range(10))
"""Those of the second look at runs that five seeds do not decide; the first come
first."""

# Seeds of the paper's five repeats, in the authors' scripts.
SEEDS = ALL_SEEDS[:5]

TUNING_SEEDS = SEEDS[:1]
"""Those of runs that choose a rate on training images held out."""

DEFAULT_VERSION = "paper"

Kernels = tuple[Kind, int]


@attrs.frozen(kw_only=True, eq=False)
class Study:
    """One comparison of the paper.

    ``entries`` are in the order of the paper's tables; of ``kernels``, which are
    compared, those ``kept`` keep the weights of their first seed. ``all_exchanged``:
    whether all convolutions are exchanged or the first one only.
    """

    name: str
    entries: Mapping[str, SetEntry]
    versions: Mapping[str, Version]
    demo: Patch
    kernels: tuple[Kernels, ...]
    kept: tuple[Kernels, ...]
    short_datasets: tuple[str, ...] = ()  # smaller ones, which stand for the paper's
    all_exchanged: bool = True

    @property
    def datasets(self) -> tuple[str, ...]:
        """The paper's data sets, in the order of its tables."""
        return tuple(name for name in self.entries if info(name).kind != "other")

    @property
    def kernel_sizes(self) -> tuple[int, ...]:
        """Kernel sizes, in order."""
        return tuple(sorted({size for _, size in self.kernels}))

    def datasets_of(self, profile: Profile) -> tuple[str, ...]:
        """Return the data sets that a profile takes unless others are named."""
        if profile == "demo":
            return tuple(dict.fromkeys(stand_in(name) for name in self.datasets))
        if profile == "short" and self.short_datasets:
            return self.short_datasets
        return self.datasets

    def allowed_datasets(self, profile: Profile) -> tuple[str, ...]:
        """Return the data sets that a profile can take."""
        if profile == "demo":
            return self.datasets_of(profile)
        return (*self.entries, *self.short_datasets)

    def original(self, dataset: str) -> str:
        """Return the paper's set that a set is, is a part of, or stands for."""
        facts = info(dataset)
        related = (dataset, *facts.stands_for, facts.made_from)
        return next(name for name in related if name in self.entries)


def _all_kernels(kernel_sizes: Iterable[int]) -> tuple[Kernels, ...]:
    return tuple((kind, size) for size in kernel_sizes for kind in KINDS)


_FOUR_SIZES = _all_kernels((3, 5, 7, 9))
_THREE: tuple[Kernels, ...] = (("ordinary", 3), ("ordinary", 7), ("adaptive", 7))

STUDIES: Mapping[str, Study] = {
    study.name: study
    for study in (
        Study(  # Section 4.2
            name="simple",
            entries=profiles.SIMPLE_DATASETS,
            versions=versions.SIMPLE,
            demo=profiles.SIMPLE_DEMO,
            kernels=_FOUR_SIZES,
            kept=_FOUR_SIZES,
        ),
        Study(  # Section 4.3
            name="resnet",
            entries=profiles.RESNET_DATASETS,
            versions=versions.RESNET,
            demo=profiles.RESNET_DEMO,
            kernels=_all_kernels((3, 5, 7)),
            kept=_THREE,
        ),
        Study(  # Section 4.4
            name="unet",
            entries=profiles.UNET_DATASETS,
            versions=versions.UNET,
            demo=profiles.UNET_DEMO,
            kernels=_THREE,
            kept=_THREE,
            short_datasets=("oxford_pets_3breeds",),
            all_exchanged=False,
        ),
    )
}


def get_study(name: str) -> Study:
    """Return a study by its name."""
    one_of("study", name, STUDIES)
    return STUDIES[name]


def check_version(study: str, version: str) -> None:
    """Raise if a study has no such version."""
    one_of("version", version, get_study(study).versions, f" for study {study!r}")


def make_settings(
    study: str, version: str, profile: Profile, dataset: str, arm: Arm, kernel_size: int
) -> Settings:
    """Put together the patches that names stand for; names are not checked.

    A ``TypeError`` names what two patches set.
    """
    found = get_study(study)
    of_version = found.versions[version]
    original = found.original(dataset)
    entry = found.entries[original]
    design = dict(
        network=found.name,
        layer=arm.layer,
        **entry.common,
        **of_version.design,
        **of_version.designs.get(original, entry.design),
        **of_version.starts[arm.start],
        **(of_version.envelope if arm.layer == "adaptive" else {}),
    )
    if profile == "full":
        exception = of_version.exceptions.get((original, kernel_size, arm.layer), {})
        of_set = of_version.fulls.get(original, entry.full)
        length = dict(**of_version.full, **of_set | exception)
    else:
        length = found.demo if profile == "demo" else entry.short
    # An arm departs from its version, so its values take the place of the version's.
    design = {name: v for name, v in design.items() if name not in arm.departs}
    return Settings(**design, **arm.departs, **length)


def make_spec(
    study: str,
    dataset: str,
    arm: str,
    kernel_size: int,
    seed: int,
    profile: Profile = "demo",
    version: str = DEFAULT_VERSION,
    *,
    epochs: int | None = None,
    method: Method = "direct",
) -> RunSpec:
    """Make the spec of one run; a ``ValueError`` names what is not to be had."""
    found = get_study(study)
    one_of("profile", profile, PROFILES)
    check_version(study, version)
    of_study = f" for study {study!r}"
    allowed = found.allowed_datasets(profile)
    one_of("dataset", dataset, allowed, f"{of_study} and profile {profile!r}")
    one_of("kernel_size", kernel_size, found.kernel_sizes, of_study)
    of_arm = get_arm(arm)
    if (of_arm.kind, kernel_size) not in found.kernels:
        raise ValueError(
            f"Kind and `kernel_size` must be one of {found.kernels} for study "
            f"{study!r}. Received: {(of_arm.kind, kernel_size)}"
        )
    settings = make_settings(study, version, profile, dataset, of_arm, kernel_size)
    changes = {"method": method} | ({} if epochs is None else {"epochs": epochs})
    settings = attrs.evolve(settings, **changes)
    return RunSpec(study, version, profile, dataset, arm, kernel_size, seed, settings)


def grid(
    study: str,
    profile: Profile = "demo",
    version: str = DEFAULT_VERSION,
    *,
    datasets: Iterable[str] | None = None,
    kernel_sizes: Iterable[int] | None = None,
    arms: Iterable[str] = COMPARED,
    seeds: Iterable[int] = SEEDS,
    epochs: int | None = None,
    method: Method = "direct",
) -> list[RunSpec]:
    """Make the specs of a study or a part, each seed complete before the next."""
    found = get_study(study)
    one_of("profile", profile, PROFILES)
    datasets = found.datasets_of(profile) if datasets is None else tuple(datasets)
    arms = tuple(dict.fromkeys(arms))
    sizes = found.kernel_sizes if kernel_sizes is None else tuple(kernel_sizes)
    seeds = tuple(dict.fromkeys(seeds))
    for size in sizes:
        one_of("kernel_sizes", size, found.kernel_sizes, f" for study {study!r}")
    kinds = {arm: get_arm(arm).kind for arm in arms}
    options = {"epochs": epochs, "method": method}
    specs = []
    for dataset in dict.fromkeys(datasets):
        of_first_seed = [
            make_spec(study, dataset, arm, size, seed, profile, version, **options)
            for seed in seeds[:1]
            for kind, size in found.kernels
            for arm in arms
            if kinds[arm] == kind and size in sizes
        ]
        specs += [attrs.evolve(s, seed=seed) for seed in seeds for s in of_first_seed]
    if not specs:
        raise ValueError(
            f"No run of study {study!r} is in the grid. Received: datasets={datasets}, "
            f"arms={arms}, kernel_sizes={sizes}, seeds={seeds}"
        )
    return specs
