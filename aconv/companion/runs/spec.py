"""What a run is, before it is run: a small frozen value."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from aconv.companion.training.kinds import KINDS, Kind
from aconv.companion.training.recipe import Recipe
from aconv.companion.training.variant import AS_PUBLISHED, Variant

HELD_OUT = 5
"""One of so many training images is scored in runs that find a setting."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything about a run that its profile and its arm decide.

    Attributes:
        recipe: How the network is trained.
        train_images: Number of training images, all if None. A subset is the same in
            all runs on a data set.
        test_images: Number of test images, all if None.
        augment: Whether training images are varied, as the study does it.
        blocks: Residual blocks per level, positive; None where the network has none.
        dropout: Rate of the dropout layers, in [0, 1); None for what the network has.
        variant: How its convolutions depart from the published ones.
        held_out: Whether a fifth of the training images, the same in all runs on a data
            set, is kept out of the training and scored in place of the test images.

    Raises:
        ValueError: If a value is not as above; the message names it.
    """

    recipe: Recipe
    train_images: int | None = None
    test_images: int | None = None
    augment: bool = False
    blocks: int | None = None
    dropout: float | None = None
    variant: Variant = AS_PUBLISHED
    held_out: bool = False

    def __post_init__(self) -> None:
        for name in ("train_images", "test_images", "blocks"):
            value = getattr(self, name)
            if value is not None and not (_is_integer(value) and value > 0):
                raise ValueError(
                    f"`{name}` must be a positive integer or None. Received: {value!r}"
                )
        for name in ("augment", "held_out"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(
                    f"`{name}` must be a boolean. Received: {getattr(self, name)!r}"
                )
        if self.dropout is not None:
            is_number = isinstance(self.dropout, (int, float))
            if (
                not is_number
                or isinstance(self.dropout, bool)
                or not (0 <= self.dropout < 1)
            ):
                raise ValueError(
                    "`dropout` must be a number in [0, 1) or None. "
                    f"Received: {self.dropout!r}"
                )
            # Equal settings are written in one way, 0 as 0.0.
            object.__setattr__(self, "dropout", float(self.dropout))

    def images(self, train: int, test: int) -> tuple[int, int]:
        """Counts the images of a run.

        Args:
            train: Number of training images of its data set.
            test: Number of test images.

        Returns:
            How many it trains on, and on how many it is scored after each epoch.
        """
        train = min(self.train_images or train, train)
        if self.held_out:
            scored = train // HELD_OUT
            return train - scored, scored
        return train, min(self.test_images or test, test)


@dataclasses.dataclass(frozen=True)
class RunSpec:
    """One training run: what is trained, on what, and from which seed.

    ``runs.make_spec`` makes one from a study's profile. Equal specs give equal results
    on one machine with the same number of threads, and their ``digest`` names the
    record of the run.

    Attributes:
        study: Name of a study, one of ``runs.STUDIES``.
        dataset: Name of a data set, one of ``datasets.names()``.
        kind: ``"adaptive"`` or ``"ordinary"`` convolutions.
        kernel_size: Size ``n`` of the square kernels, one or more.
        seed: Seed of weights, dropout, order and augmentation, from 0 to 2^32 - 1.
        profile: Name of a profile of the study.
        settings: What the profile stood for when the spec was made. A profile that is
            changed later makes other specs, so old records are not mistaken for new.
        arm_name: Name of the arm, one of ``runs.ARMS``; the published
            arm of its kind, which has the kind's name, if empty.

    Raises:
        ValueError: If a value is not as above; the message names it.
    """

    study: str
    dataset: str
    kind: Kind
    kernel_size: int
    seed: int
    profile: str
    settings: Settings
    arm_name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "arm_name", self.arm_name or self.kind)
        for name in ("study", "dataset", "profile"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise ValueError(f"`{name}` must be a name. Received: {value!r}")
        if self.kind not in KINDS:
            raise ValueError(f"`kind` must be one of {KINDS}. Received: {self.kind!r}")
        if not _is_integer(self.kernel_size) or self.kernel_size < 1:
            raise ValueError(
                f"`kernel_size` must be an integer >= 1. Received: {self.kernel_size!r}"
            )
        if not _is_integer(self.seed) or not 0 <= self.seed < 2**32:
            raise ValueError(
                "`seed` must be an integer from 0 to 2**32 - 1. "
                f"Received: {self.seed!r}"
            )
        if not isinstance(self.settings, Settings):
            raise ValueError(
                f"`settings` must be a Settings. Received: {self.settings!r}"
            )

    @property
    def digest(self) -> str:
        """Twenty hexadecimal digits that stand for all values of the spec."""
        return hashlib.sha256(canonical_json(self.to_dict()).encode()).hexdigest()[:20]

    @property
    def arm(self) -> tuple[Kind, int]:
        """Kind and kernel size: what a study compares."""
        return self.kind, self.kernel_size

    def __str__(self) -> str:
        size = f"{self.kernel_size}x{self.kernel_size}"
        return (
            f"{self.study} {self.dataset} {self.arm_name} {size} seed {self.seed} "
            f"({self.profile})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the spec as nested dictionaries of JSON's types.

        What is as published is left out, so that a spec has the digest that it had
        before there were other arms.
        """
        values = dataclasses.asdict(self)
        if self.arm_name == self.kind:
            del values["arm_name"]
        if self.settings.variant == AS_PUBLISHED:
            del values["settings"]["variant"]
        else:
            values["settings"]["variant"] = self.settings.variant.to_dict()
        if not self.settings.held_out:
            del values["settings"]["held_out"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Makes the spec that ``to_dict`` came from.

        Args:
            values: What ``to_dict`` returned, or the same after a trip through JSON.

        Returns:
            An equal spec.

        Raises:
            KeyError, TypeError, ValueError: If it is not from a spec.
        """
        settings = dict(values["settings"])
        recipe = Recipe(**settings.pop("recipe"))
        variant = Variant.from_dict(settings.pop("variant", {}))
        settings = Settings(recipe=recipe, variant=variant, **settings)
        return cls(**{**values, "settings": settings})


def canonical_json(value: Any) -> str:
    """Returns the one JSON text that stands for a value; no NaN, keys in order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
