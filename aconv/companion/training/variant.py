"""How the convolutions of a network may depart from the published ones.

Needs no backend, so that whoever only looks at records does not wait for one.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Self

from aconv.companion.training.kinds import KINDS, Kind


@dataclasses.dataclass(frozen=True)
class Variant:
    """How the convolutions of a network depart from those that the authors gave it.

    Without arguments they do not. What only adaptive layers have is without effect on
    ordinary ones.

    Attributes:
        initialization: The kind whose initialisation the convolutions take, bias
            included: ``"adaptive"`` for He-uniform kernels without a bias,
            ``"ordinary"`` for a bias and the initializer that the ordinary network
            has (Glorot uniform, He normal in the ResNet). Their own kind's if None.
        apertures: Initial apertures in grid units, a pair (low, high) that the filters
            share out linearly; those of the network if None.
        train_apertures: Whether apertures are trained or stay as initialised.
        aperture_l2: L2 penalty on the apertures of every adaptive layer, zero or more;
            those of the network if None.
        restandardize: Whether the output of each convolution that the paper exchanges,
            after its activation, is divided by its standard deviation over a sample and
            multiplied by that of the layer's input, as in the authors'
            TensorFlow 2 code.
        everywhere: Whether the convolutions that the paper leaves ordinary, such as
            all but the first of the U-Net, get envelopes as well: every kernel of more
            than one coefficient, on its own grid. They keep their initializers and
            biases.

    Raises:
        ValueError: If a value is not as above; the message names it.
    """

    initialization: Kind | None = None
    apertures: tuple[float, float] | None = None
    train_apertures: bool = True
    aperture_l2: float | None = None
    restandardize: bool = False
    everywhere: bool = False

    def __post_init__(self) -> None:
        if self.initialization not in (None, *KINDS):
            raise ValueError(
                f"`initialization` must be one of {KINDS} or None. "
                f"Received: {self.initialization!r}"
            )
        if self.apertures is not None:
            low, high = self.apertures
            if not 0 < low <= high < math.inf:
                raise ValueError(
                    "`apertures` must be a pair (low, high) with 0 < low <= high. "
                    f"Received: {self.apertures!r}"
                )
            object.__setattr__(self, "apertures", (float(low), float(high)))
        if self.aperture_l2 is not None and not 0 <= self.aperture_l2 < math.inf:
            raise ValueError(
                f"`aperture_l2` must be finite and >= 0, or None. "
                f"Received: {self.aperture_l2!r}"
            )
        for name in ("train_apertures", "restandardize", "everywhere"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(
                    f"`{name}` must be a boolean. Received: {getattr(self, name)!r}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Returns what departs, of JSON's types; empty if nothing does."""
        values = dataclasses.asdict(self)
        if self.apertures is not None:
            values["apertures"] = list(self.apertures)
        return {
            field.name: values[field.name]
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Makes the variant that ``to_dict`` came from.

        Args:
            values: What ``to_dict`` returned, or the same after a trip through JSON.

        Returns:
            An equal variant.

        Raises:
            TypeError, ValueError: If it is not from a variant.
        """
        values = dict(values)
        if values.get("apertures") is not None:
            values["apertures"] = tuple(values["apertures"])
        return cls(**values)


AS_PUBLISHED = Variant()
