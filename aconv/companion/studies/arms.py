"""The arms of a comparison: each departs from its version in one respect or none."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from aconv.companion.choices import one_of
from aconv.companion.training.settings import PEERS, Kind, Layer


@attrs.frozen
class Arm:
    """One arm, whatever its version, profile and kernel size.

    ``departs`` takes the place of settings of the version; convolutions have the
    initialisation, bias included, of the kind ``start``.
    """

    name: str
    layer: Layer
    title: str
    departs: Mapping[str, Any] = attrs.field(factory=dict)
    start: Kind = attrs.field()

    @start.default
    def _own_start(self) -> Kind:
        return self.kind

    @property
    def kind(self) -> Kind:
        """The kind whose start and kernel sizes it has; peers learn a size, too."""
        return "ordinary" if self.layer == "ordinary" else "adaptive"

    @property
    def is_tuning(self) -> bool:
        """Whether its runs choose a rate, on training images held out."""
        return self.departs.get("held_out", False)


RATE_FACTORS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""What the rate of a profile is multiplied by to find the best one for each layer."""


def tuning_arm(layer: Layer, factor: float) -> str:
    """Return the arm that is scored on training images at a multiple of the rate."""
    return f"{layer}-tuning-x{factor:g}"


def rate_arm(layer: Layer, factor: float) -> str:
    """Return the layer's own arm at a multiple of the rate; itself for 1."""
    return layer if factor == 1 else f"{layer}-rate-x{factor:g}"


def _rate_arms(layer: Layer) -> Iterator[Arm]:
    for factor in RATE_FACTORS:
        title = f"{layer}, {factor:g} times the rate"
        departs = {} if factor == 1 else {"rate_factor": factor}
        if departs:
            yield Arm(rate_arm(layer, factor), layer, title, departs)
        title = f"{title}, scored on training images"
        yield Arm(tuning_arm(layer, factor), layer, title, departs | {"held_out": True})


def _ablation(name: str, title: str, **departs: Any) -> Arm:
    return Arm(name, "adaptive", f"adaptive, {title}", departs)


_STARTED = "ordinary, adaptive start"
_UNNORMALIZED = "no batch normalisation of convolutions"

ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("ordinary", "ordinary", "ordinary"),
        Arm("adaptive", "adaptive", "adaptive"),
        # Between the two: what the start does, what the envelope does, and what the
        # training of its size adds to it.
        Arm("ordinary-adaptive-start", "ordinary", _STARTED, start="adaptive"),
        _ablation("kept-apertures", "apertures kept", train_apertures=False),
        # One choice at a time.
        _ablation("aperture-rate-0", "aperture rate zero", aperture_rate=0.0),
        _ablation("aperture-rate-0.2", "aperture rate a fifth", aperture_rate=0.2),
        _ablation("aperture-rate-5", "aperture rate fivefold", aperture_rate=5.0),
        _ablation("apertures-0.15", "all apertures from 0.15", apertures=(0.15, 0.15)),
        _ablation("apertures-0.6", "all apertures from 0.6", apertures=(0.6, 0.6)),
        _ablation("apertures-0.1-1", "apertures from 0.1 to 1", apertures=(0.1, 1.0)),
        _ablation("no-batch-normalization", _UNNORMALIZED, block="conv-relu"),
        _ablation("restandardized", "output re-standardised", restandardize=True),
        # What the paper leaves out: the other convolutions of the U-Net.
        _ablation("all-adaptive", "all kernels", all_layers=True),
        *_rate_arms("ordinary"),
        *_rate_arms("adaptive"),
        # Other layers that learn a size, in the place of adaptive ones.
        *(Arm(peer, peer, peer) for peer in PEERS),
        *(arm for peer in PEERS for arm in _rate_arms(peer)),
    )
}

COMPARED = ("adaptive", "ordinary")
"""The two arms that the paper compares."""

STEPS = ("ordinary", "ordinary-adaptive-start", "kept-apertures", "adaptive")
"""The arms that lead from ordinary to adaptive kernels, one change at a time."""


def get_arm(name: str) -> Arm:
    """Return an arm by its name."""
    one_of("arm", name, ARMS)
    return ARMS[name]
