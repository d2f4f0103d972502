"""How a network is trained: optimiser, rates and their schedule."""

import dataclasses
import math
from typing import Literal, get_args

OptimizerName = Literal["sgd", "adam"]
Schedule = Literal["constant", "plateau", "one_cycle"]

# Of the plateau and the one-cycle schedule, in the authors' code. (Section 4.3 says
# that the cycle starts at 0.001.)
PLATEAU_LOWEST_RATE = 1e-5
PLATEAU_LEAST_GAIN = 1e-4
ONE_CYCLE_LOWEST_RATE = 1e-4
# Test images at once, where the batches of the training are no larger.
TEST_BATCH = 128


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        epochs: Passes over the training images, one or more.
        batch_size: Images per step; the last batch of an epoch may be smaller.
        learning_rate: Rate of the weights, finite and zero or more: the first of the
            plateau schedule, the peak of the one-cycle schedule.
        aperture_rate: The same for the apertures. Schedules keep its ratio to
            ``learning_rate``; where that is zero, nothing is trained.
        optimizer: ``"sgd"`` (with ``momentum``) or ``"adam"``.
        schedule: ``"constant"``; ``"plateau"``, which multiplies the rate by
            ``plateau_factor`` when the test loss has not fallen for
            ``plateau_patience`` epochs (Section 4.2); or ``"one_cycle"``, a bump over
            the epochs (Section 4.3, see ``one_cycle_rate``).
        momentum: Of SGD, in [0, 1).
        clip_value: Largest absolute value of a gradient's element, positive.
        plateau_factor: In (0, 1).
        plateau_patience: In epochs.
        plateau_cooldown: Epochs after a reduction that do not count.

    Raises:
        ValueError: If a value is not as above; the message names it.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    aperture_rate: float
    optimizer: OptimizerName = "sgd"
    schedule: Schedule = "plateau"
    momentum: float = 0.9
    clip_value: float = 1.0
    plateau_factor: float = 0.9
    plateau_patience: int = 10
    plateau_cooldown: int = 10

    def __post_init__(self) -> None:
        for name, low in (
            ("epochs", 1),
            ("batch_size", 1),
            ("plateau_patience", 0),
            ("plateau_cooldown", 0),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ValueError(
                    f"`{name}` must be an integer >= {low}. Received: {value!r}"
                )
        for name, allowed, holds in (
            ("learning_rate", "finite and >= 0", lambda v: 0 <= v < math.inf),
            ("aperture_rate", "finite and >= 0", lambda v: 0 <= v < math.inf),
            ("momentum", "in [0, 1)", lambda v: 0 <= v < 1),
            ("clip_value", "positive", lambda v: v > 0),
            ("plateau_factor", "in (0, 1)", lambda v: 0 < v < 1),
        ):
            value = getattr(self, name)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not is_number or not holds(value):
                raise ValueError(f"`{name}` must be {allowed}. Received: {value!r}")
            # Equal recipes are written in one way, 1 as 1.0.
            object.__setattr__(self, name, float(value))
        for name, choices in (
            ("optimizer", get_args(OptimizerName)),
            ("schedule", get_args(Schedule)),
        ):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"`{name}` must be one of {choices}. "
                    f"Received: {getattr(self, name)!r}"
                )


def one_cycle_rate(epoch: int, epochs: int, peak: float) -> float:
    """Learning rate of the one-cycle schedule.

    ``low + peak * exp(-((e - c) / (c / 2))^2)`` with ``c`` half the number of epochs,
    as in the runs of Section 4.3.

    Args:
        epoch: Epoch ``e``, from 0.
        epochs: Number of epochs.
        peak: Largest rate, above ``low``; 0 for what is not trained.

    Returns:
        The rate; 0 in all epochs if ``peak`` is 0.

    Example:
        >>> round(one_cycle_rate(25, 50, peak=0.5), 4)
        0.5001
    """
    if not peak:
        return 0.0
    centre = epochs / 2
    bump = math.exp(-(((epoch - centre) / (0.5 * centre)) ** 2))
    return ONE_CYCLE_LOWEST_RATE + peak * bump
