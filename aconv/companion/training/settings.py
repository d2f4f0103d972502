"""The settings of a training run: what is trained, on which inputs, and how long."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, Self, get_args

import attrs

Kind = Literal["adaptive", "ordinary"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Layers of other authors that learn a size, too; ``peer_layers`` has them.
Peer = Literal["FlexConv", "GMConv", "DCLS"]
PEERS: tuple[Peer, ...] = get_args(Peer)
Layer = Kind | Peer
LAYERS: tuple[Layer, ...] = (*KINDS, *PEERS)
# As in ``aconv.layers.method``, which loads Keras; a test holds them together.
Method = Literal["direct", "fft"]
METHODS: tuple[Method, ...] = get_args(Method)

# One in so many training images is held out, and scored, in runs that find a setting.
HELD_OUT = 5

# What each network may be built of; the networks themselves are in ``networks``.
BLOCKS: Mapping[str, tuple[str, ...]] = {
    "simple": ("conv-bn-relu", "conv-relu"),
    "resnet": ("conv-bn-relu",),
    "unet": ("conv-bn-elu",),
}
INITIALIZERS = ("glorot_uniform", "he_uniform", "he_normal")
SHORTCUTS = ("zeros", "itself")
INPUTS = ("unit", "pixel-mean", "global-mean", "standardized", "symmetric")
PIXELS = ("stored", "stretched")
AUGMENTATIONS = ("none", "shift-0.1-flip", "shift-0.2-flip", "flip-brightness-once")
OPTIMIZERS = ("sgd", "adam")
SCHEDULES = ("constant", "plateau", "steps", "one-cycle")

# Settings that only the envelope of an adaptive layer has.
ENVELOPE = (
    "layer",
    "apertures",
    "aperture_bounds",
    "aperture_l2",
    "train_apertures",
    "aperture_rate",
)
# What goes with peers: they have neither strides, transforms nor penalties.
_OF_PEERS = {"network": "simple", "method": "direct", "kernel_l2": 0.0}


def _must_be(allowed: str, holds: Callable[[Any], bool]) -> Callable:
    def check(instance: Any, field: attrs.Attribute, value: Any) -> None:
        if not holds(value):
            raise ValueError(f"`{field.name}` must be {allowed}. Received: {value!r}")

    return check


def _one_of(*choices: str) -> Callable:
    return _must_be(f"one of {choices}", lambda value: value in choices)


def _block(instance: Any, field: attrs.Attribute, value: Any) -> None:
    allowed = BLOCKS.get(instance.network, ())
    words = f"one of {allowed} for network {instance.network!r}"
    _must_be(words, lambda block: block in allowed)(instance, field, value)


def _integer(low: int) -> Callable:
    return _must_be(f"an integer >= {low}", lambda v: _is_integer(v) and v >= low)


def _number(allowed: str, holds: Callable[[float], bool]) -> Callable:
    return _must_be(f"a number {allowed}", lambda v: isinstance(v, float) and holds(v))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(end, float) for end in value)
        and 0 < value[0] <= value[1] < math.inf
    )


def _are_increasing(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and all(_is_integer(epoch) and epoch > 0 for epoch in value)
        and list(value) == sorted(set(value))
    )


_boolean = _must_be("a boolean", lambda value: isinstance(value, bool))
_pair = _must_be("a pair (low, high) with 0 < low <= high", _is_pair)
_increasing = _must_be("increasing epochs, integers >= 1", _are_increasing)
_or_none = attrs.validators.optional
_positive = _number("> 0", lambda value: 0 < value < math.inf)
_not_negative = _number(">= 0", lambda value: 0 <= value < math.inf)
_below_one = _number("in [0, 1)", lambda value: 0 <= value < 1)
_between = _number("in (0, 1)", lambda value: 0 < value < 1)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _as_floats(value: Any) -> Any:
    # Equal settings are written in one way, 1 as 1.0.
    if isinstance(value, (list, tuple)):
        return tuple(map(_as_floats, value))
    return float(value) if _is_integer(value) else value


def _setting(
    check: Callable, default: Any = attrs.NOTHING, converter: Callable | None = None
) -> Any:
    return attrs.field(default=default, validator=check, converter=converter)


def _numbers(check: Callable, default: Any = attrs.NOTHING) -> Any:
    return _setting(check, default, _as_floats)


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that decides on a run but its data set, kernel size and seed.

    A default must stay what it is: records hold what differs from it. A new field takes
    the value that its runs had before.

    Attributes:
        layer: The convolutions that the paper exchanges; peers in the simple network.
        block: What stands around one. ``"conv-relu"`` has the activation in the layer
            and no batch normalisation.
        restandardize: Whether the output of each is divided by its standard deviation
            over a sample and multiplied by that of the layer's input.
        method: How they are computed; results are the same up to rounding.
        all_layers: Whether the other convolutions of the U-Net are exchanged, too.
        apertures: Initial apertures in grid units, from the first to the last filter.
        aperture_bounds: In grid units; [1/n, n] if None.
        aperture_l2: L2 penalty on the apertures of the first adaptive layer.
        aperture_rate: Rate of the apertures over that of the weights.
        residual_blocks: Per level.
        shortcut: What it is concatenated with where the width changes.
        kernel_l2: L2 penalty on the kernels of the convolutions, and of the last layer.
        pixels: ``"stored"``, or ``"stretched"``: each image from 0 to 255.
        clip_value: Largest absolute value of an element of a gradient.
        rate_factor: What ``learning_rate`` is multiplied by, to find a rate.
        schedule: ``"plateau"`` multiplies the rate by ``schedule_factor`` where the
            test loss has not fallen for ``plateau_patience`` epochs, ``"steps"`` after
            ``schedule_epochs``; for ``"one-cycle"`` see ``algorithm.OneCycle``.
        plateau_cooldown: Epochs after a reduction that do not count.
        lowest_rate: Lowest rate of the plateau schedule, and where the cycle begins.
        cycle_top: Where in the training the rate is highest, in (0, 1).
        train_images: All if None. A subset is the same in all runs on a data set.
        held_out: Whether a fifth of the training images, the same in all runs, is kept
            out of the training and scored in place of the test images.
    """

    network: str = _setting(_one_of(*BLOCKS))
    layer: Layer = attrs.field(default="ordinary", validator=_one_of(*LAYERS))
    block: str = _setting(_block, "conv-bn-relu")
    kernel_initializer: str = _setting(_one_of(*INITIALIZERS), "glorot_uniform")
    use_bias: bool = _setting(_boolean, False)
    restandardize: bool = _setting(_boolean, False)
    method: Method = attrs.field(default="direct", validator=_one_of(*METHODS))
    all_layers: bool = _setting(_boolean, False)
    apertures: tuple[float, float] = _numbers(_pair, (0.1, 0.5))
    aperture_bounds: tuple[float, float] | None = _numbers(_or_none(_pair), None)
    aperture_l2: float = _numbers(_not_negative, 0.0)
    train_apertures: bool = _setting(_boolean, True)
    aperture_rate: float = _numbers(_not_negative, 1.0)
    residual_blocks: int | None = _setting(_or_none(_integer(1)), None)
    shortcut: str | None = _setting(_or_none(_one_of(*SHORTCUTS)), None)
    kernel_l2: float = _numbers(_not_negative, 0.0)
    dropout: float = _numbers(_below_one, 0.0)
    pixels: str = _setting(_one_of(*PIXELS), "stored")
    inputs: str = _setting(_one_of(*INPUTS), "unit")
    augmentation: str = _setting(_one_of(*AUGMENTATIONS), "none")
    optimizer: str = _setting(_one_of(*OPTIMIZERS), "sgd")
    momentum: float = _numbers(_below_one, 0.9)
    clip_value: float = _numbers(_positive, 1.0)
    epochs: int = _setting(_integer(1))
    batch_size: int = _setting(_integer(1))
    learning_rate: float = _numbers(_not_negative)
    rate_factor: float = _numbers(_positive, 1.0)
    schedule: str = _setting(_one_of(*SCHEDULES), "constant")
    schedule_factor: float = _numbers(_between, 0.9)
    schedule_epochs: tuple[int, ...] = _setting(_increasing, (), _as_tuple)
    plateau_patience: int = _setting(_integer(0), 10)
    plateau_cooldown: int = _setting(_integer(0), 10)
    lowest_rate: float = _numbers(_not_negative, 0.0)
    cycle_top: float = _numbers(_between, 0.5)
    cycle_by_batch: bool = _setting(_boolean, False)
    train_images: int | None = _setting(_or_none(_integer(1)), None)
    test_images: int | None = _setting(_or_none(_integer(1)), None)
    held_out: bool = _setting(_boolean, False)

    def __attrs_post_init__(self) -> None:
        is_resnet = self.network == "resnet"
        for name in ("residual_blocks", "shortcut"):
            if (getattr(self, name) is not None) != is_resnet:
                needed = "a value" if is_resnet else "None"
                raise ValueError(
                    f"`{name}` must be {needed} for network {self.network!r}. "
                    f"Received: {getattr(self, name)!r}"
                )
        if self.all_layers and (self.network, self.layer) != ("unet", "adaptive"):
            raise ValueError(
                "`all_layers` must be False but for adaptive layers of the network "
                "'unet': the others exchange all their convolutions. Received: network "
                f"{self.network!r}, layer {self.layer!r}"
            )
        if self.layer in PEERS:
            for name, needed in _OF_PEERS.items():
                if getattr(self, name) != needed:
                    raise ValueError(
                        f"`{name}` must be {needed!r} for layer {self.layer!r}. "
                        f"Received: {getattr(self, name)!r}"
                    )
        if bool(self.schedule_epochs) != (self.schedule == "steps"):
            raise ValueError(
                "`schedule_epochs` must be given for the schedule 'steps' and for no "
                f"other. Received: {self.schedule_epochs!r} for {self.schedule!r}"
            )

    @property
    def rate(self) -> float:
        """Rate of the weights: the first one, or the peak of one cycle."""
        return self.learning_rate * self.rate_factor

    def differing(self) -> dict[str, Any]:
        """Return what is not the default, of JSON's types, in order of the fields."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in attrs.fields(type(self))
            for value in [getattr(self, field.name)]
            if field.default is attrs.NOTHING or value != field.default
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make the settings that ``differing`` came from, or any others."""
        names = {field.name for field in attrs.fields(cls)}
        unknown = sorted(set(values) - names)
        if unknown:
            raise ValueError(f"`settings` must not have {unknown}: no such setting")
        return cls(**values)

    def images(self, train: int, test: int) -> tuple[int, int]:
        """Count the images of a set that a run trains on and is scored on."""
        train = min(self.train_images or train, train)
        if self.held_out:
            scored = train // HELD_OUT
            return train - scored, scored
        return train, min(self.test_images or test, test)

    def is_matched_with(self, other: Self) -> bool:
        """Return whether runs differ in envelope and rounding alone, if they differ."""
        same = {name: getattr(self, name) for name in (*ENVELOPE, "method")}
        return attrs.evolve(other, **same) == self
