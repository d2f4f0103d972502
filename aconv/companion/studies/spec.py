"""What a run is, before it is run: a small frozen value."""

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

import attrs

from aconv.companion.training.settings import Layer, Settings


def _seed(instance: Any, field: attrs.Attribute, value: Any) -> None:
    if type(value) is not int or not 0 <= value < 2**32:
        raise ValueError(
            f"`seed` must be an integer from 0 to 2**32 - 1. Received: {value!r}"
        )


@attrs.define(frozen=True, slots=False)
class RunSpec:
    """One training run: what is trained, on what, and from which seed.

    ``settings`` are what the names stood for when the spec was made: old records are
    not mistaken for those of names that stand for something else later.
    """

    study: str
    version: str
    profile: str
    dataset: str
    arm: str
    kernel_size: int
    seed: int = attrs.field(validator=_seed)
    settings: Settings

    @functools.cached_property
    def digest(self) -> str:
        """Twenty hexadecimal digits that stand for all values of the spec."""
        return hashlib.sha256(canonical_json(self.to_dict()).encode()).hexdigest()[:20]

    @property
    def kind(self) -> Layer:
        """Layer of the convolutions, a kind or a peer."""
        return self.settings.layer

    @property
    def kernels(self) -> tuple[str, int]:
        """Arm and kernel size: what a study compares."""
        return self.arm, self.kernel_size

    def directly(self) -> Self:
        """Return the same run with direct convolutions, which differs in rounding."""
        if self.settings.method == "direct":  # the usual case, which costs no copy
            return self
        return attrs.evolve(self, settings=attrs.evolve(self.settings, method="direct"))

    def __str__(self) -> str:
        size = f"{self.kernel_size}x{self.kernel_size}"
        return (
            f"{self.study} {self.version} {self.dataset} {self.arm} {size} "
            f"seed {self.seed} ({self.profile})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as dictionaries of JSON's types; of settings what differs."""
        values = attrs.asdict(self, recurse=False)
        return values | {"settings": self.settings.differing()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make the spec that ``to_dict`` came from."""
        return cls(**{**values, "settings": Settings.from_dict(values["settings"])})


def canonical_json(value: Any) -> str:
    """Return the one JSON text that stands for a value; no NaN, keys in order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
